import fc from 'fast-check';
import { expect, test } from 'vitest';
import { integer, number, type NumberParam } from '../../core/params.ts';
import { placeOf, valueAt } from './scale.ts';

const words = { label: 'x', help: 'x' };
const specs: readonly NumberParam[] = [
  number({ ...words, default: 1, min: -5, max: 5, step: 0.1 }),
  number({ ...words, default: 1, min: 0.01, max: 100, step: 0.01, scale: 'log' }),
  number({ ...words, default: 3, min: 0, max: 1000, step: 0.1, scale: 'log' }),
];

test('places run from 0 to 1 with the value, and the ends are the ends', () => {
  for (const spec of specs) {
    expect(placeOf(spec, spec.min)).toBe(0);
    expect(placeOf(spec, spec.max)).toBeCloseTo(1, 12);
    expect(valueAt(spec, 0)).toBe(spec.min);
    expect(valueAt(spec, 1)).toBe(spec.max);
  }
});

test('a place gives a value in range whose place is near, without dust of the steps', () => {
  fc.assert(
    fc.property(fc.constantFrom(...specs), fc.double({ min: 0, max: 1, noNaN: true }), (spec, place) => {
      const value = valueAt(spec, place);
      expect(value).toBeGreaterThanOrEqual(spec.min);
      expect(value).toBeLessThanOrEqual(spec.max);
      expect(String(value).length).toBeLessThan(8);
      expect(Math.abs(placeOf(spec, value) - place)).toBeLessThan(0.06);
    }),
  );
});

test('a logarithmic scale gives small values as much room as large ones', () => {
  const [, log] = specs;
  if (log) expect(placeOf(log, 1)).toBeCloseTo(0.5, 6);
});

test('whole numbers stay whole', () => {
  const k = integer({ ...words, default: 2, min: 1, max: 16 });
  expect(valueAt(k, 0.49)).toBe(8);
  expect(placeOf(k, 16)).toBe(1);
});
