import { expect, test } from 'vitest';
import { answerLogprob, compareRuns, type ComparedRun } from './compare.ts';
import { library, traceOf } from './fixture.ts';

const { sites } = library(3, 2);
type Pair = readonly [first: number, second: number];
/** `cells[site][token]` as pairs of units with weights .6 and .4. */
const run = (prompt: number[], answer: number[], cells: readonly (readonly Pair[])[]): ComparedRun => ({
  prompt: { tokens: prompt.map((id) => ({ id })) },
  answer: { tokens: answer.map((id) => ({ id })) },
  trace: traceOf(
    cells.map((row) =>
      row.map(
        ([a, b]) =>
          [
            [a, 0.6],
            [b, 0.4],
          ] as const,
      ),
    ),
    2,
    3,
  ),
});
const same: readonly Pair[] = [
  [0, 1],
  [0, 1],
  [0, 1],
];

test('two equal runs', () => {
  const a = run([1, 2], [3, 4], [same, same, same, same]);
  expect(compareRuns(a, a, sites)).toMatchObject({
    samePrompt: true,
    compared: 3,
    firstRoute: null,
    firstAnswer: null,
    top: 1,
    set: 1,
  });
});

test('first difference by token, then site; agreement by layer', () => {
  const a = run([1, 2], [3, 4], [same, same, same, same]);
  const b = run(
    [1, 2],
    [3, 5],
    [
      same,
      [
        [0, 1],
        [0, 1],
        [1, 0],
      ],
      same,
      [
        [0, 1],
        [0, 2],
        [2, 1],
      ],
    ],
  );
  const c = compareRuns(a, b, sites);
  expect(c.firstRoute).toEqual({ token: 1, site: 3 });
  expect(c.firstAnswer).toBe(1);
  expect(c.layers).toEqual([
    { layer: 0, top: 5 / 6, set: 5 / 6 },
    { layer: 1, top: 5 / 6, set: 4 / 6 },
  ]);
  expect(c.top).toBeCloseTo(10 / 12, 12);
  expect(c.set).toBeCloseTo(9 / 12, 12);
});

test('routes are compared only where both read the same text', () => {
  const other: readonly Pair[] = [
    [0, 1],
    [0, 1],
    [2, 1],
  ];
  const a = run([1, 2], [3, 4], [same, same, same, same]);
  const b = run([1, 2], [9, 4], [other, other, other, other]);
  expect(compareRuns(a, b, sites)).toMatchObject({ compared: 2, firstAnswer: 0, firstRoute: null, set: 1 });
});

test('another prompt: nothing but the common beginning', () => {
  const a = run([1, 2], [3], [same, same, same, same]);
  const b = run([7, 2], [3], [same, same, same, same]);
  expect(compareRuns(a, b, sites)).toMatchObject({ samePrompt: false, compared: 0, layers: [], firstRoute: null });
});

test('an answer that begins with the other parts at its end', () => {
  const a = run([1], [3], [same, same, same, same]);
  const b = run([1], [3, 4], [same, same, same, same]);
  expect(compareRuns(a, b, sites).firstAnswer).toBe(1);
});

test('log-probability of an answer', () => {
  expect(answerLogprob([{ logprob: -0.5 }, { logprob: -1 }])).toBe(-1.5);
  expect(answerLogprob([])).toBe(0);
});
