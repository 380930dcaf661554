import { expect, test } from 'vitest';
import { judge, ratiosOf, slower, type Figure, type Target } from './ratios.ts';

const figure = (row: string, values: readonly number[], more: Partial<Figure> = {}): Figure => ({
  threads: 1,
  row,
  measure: 'decode',
  unit: 'ms',
  values,
  ...more,
});
const isOurs = (row: string): boolean => row === 'ours';

test('a ratio is the median of the rounds’ own, with its spread', () => {
  // A machine that slows down threefold in the last round changes no ratio.
  const [ratio] = ratiosOf([figure('ours', [2, 2, 6]), figure('peer', [8, 10, 24])], isOurs);
  expect(ratio).toMatchObject({ ours: 'ours', peer: 'peer', median: 4, smallest: 4, largest: 5, rounds: 3 });
});

test('figures of other measures, threads and units are not divided', () => {
  const others = [
    figure('a', [1], { measure: 'prefill' }),
    figure('b', [1], { threads: 2 }),
    figure('c', [1], { unit: 'MB' }),
    figure('d', []),
  ];
  expect(ratiosOf([figure('ours', [2]), ...others], isOurs)).toEqual([]);
});

test('a target takes the best of several rows, and says when it could not be measured', () => {
  const target: Target = { text: '', measure: 'decode', of: ['q4', 'q8'], by: ['ours'], is: 'at least', bound: 5 };
  const figures = [figure('ours', [1, 1]), figure('q4', [9, 9]), figure('q8', [4, 6])];
  expect(judge(target, figures, 1)).toMatchObject({ rows: ['q8', 'ours'], measured: { median: 5 }, met: true });
  expect(judge({ ...target, is: 'at most', bound: 4.9 }, figures, 1).met).toBe(false);
  expect(judge(target, figures, 2).met).toBeUndefined();
  expect(judge(target, figures.slice(1), 1).met).toBeUndefined();
});

test('a bound in the unit of its measure needs no other row', () => {
  const target: Target = { text: '', measure: 'peak', of: ['ours'], is: 'at most', bound: 450 };
  expect(judge(target, [figure('ours', [440], { measure: 'peak', unit: 'MB' })], 1).met).toBe(true);
});

test('slower: by more than a tenth, against the same row, measure and threads', () => {
  const before = ratiosOf([figure('ours', [1]), figure('peer', [10])], isOurs);
  const now = (peer: number, threads = 1) =>
    ratiosOf([figure('ours', [1], { threads }), figure('peer', [peer], { threads })], isOurs);
  expect(slower(before, now(9.1))).toEqual([]);
  expect(slower(before, now(8.9))).toHaveLength(1);
  expect(slower(before, now(8.9, 2))).toEqual([]);
});
