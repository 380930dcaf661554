import { expect, test } from 'vitest';
import { cellDifference, choices, entropy, hasCell, margin, topUnit, topWeight } from './cells.ts';
import { traceOf } from './fixture.ts';

const trace = traceOf(
  [
    [
      [
        [2, 0.75],
        [0, 0.25],
      ],
      [[1, 1]],
    ],
    [
      [],
      [
        [0, 0.5],
        [1, 0.5],
      ],
    ],
  ],
  2,
  3,
);

test('choices come in order and stop at the first empty slot', () => {
  expect(choices(trace, 0, 0)).toEqual([
    { unit: 2, weight: 0.75 },
    { unit: 0, weight: 0.25 },
  ]);
  expect(choices(trace, 0, 1)).toEqual([{ unit: 1, weight: 1 }]);
  expect(choices(trace, 1, 0)).toEqual([]);
});

test('cells outside the trace have no choice', () => {
  expect(hasCell(trace, 0, 2)).toBe(false);
  expect(choices(trace, 2, 0)).toEqual([]);
  expect(topUnit(trace, 0, -1)).toBe(-1);
  expect(topWeight(trace, 9, 9)).toBe(0);
});

test('a trace without slots (the base alone) has no choice', () => {
  const base = traceOf([[[], []]], 0, 3);
  expect(choices(base, 0, 0)).toEqual([]);
  expect(topUnit(base, 0, 0)).toBe(-1);
});

test('entropy in bits: 0 alone, 1 for an even pair, 0.811 for three quarters', () => {
  expect(entropy(trace, 0, 1)).toBe(0);
  expect(entropy(trace, 1, 1)).toBeCloseTo(1, 12);
  expect(entropy(trace, 0, 0)).toBeCloseTo(0.8112781244591328, 6);
  expect(entropy(trace, 1, 0)).toBe(0);
});

test('margin is the lead of the first, all of it when alone', () => {
  expect(margin(trace, 0, 0)).toBeCloseTo(0.5, 6);
  expect(margin(trace, 0, 1)).toBe(1);
  expect(margin(trace, 1, 1)).toBe(0);
  expect(margin(trace, 1, 0)).toBe(0);
});

test('differences: first expert, set, weights, none', () => {
  const one = (...cell: [number, number][]) => traceOf([[cell]], 2, 3);
  const a = one([0, 0.6], [1, 0.4]);
  expect(cellDifference(a, one([1, 0.6], [0, 0.4]), 0, 0)).toBe('top');
  expect(cellDifference(a, one([0, 0.6], [2, 0.4]), 0, 0)).toBe('set');
  expect(cellDifference(a, one([0, 1]), 0, 0)).toBe('set');
  expect(cellDifference(a, one([0, 0.7], [1, 0.3]), 0, 0)).toBe('weights');
  expect(cellDifference(a, one([0, 0.605], [1, 0.395]), 0, 0)).toBe('same');
  expect(cellDifference(a, one(), 0, 0)).toBe('top');
  expect(cellDifference(one(), one(), 0, 0)).toBe('same');
  expect(cellDifference(a, a, 0, 1)).toBe('none');
});
