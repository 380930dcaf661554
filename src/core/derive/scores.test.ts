import { expect, test } from 'vitest';
import type { Edit } from '../routing/policy.ts';
import { library, traceOf } from './fixture.ts';
import { cellScores, isNearTie } from './scores.ts';

const info = library(4, 1);
const cell = { site: 0, token: 0 };
/** One cell of two sites; expert 2 first, then 0. */
const trace = traceOf(
  [
    [
      [
        [2, 0.7],
        [0, 0.3],
      ],
    ],
    [[[1, 1]]],
  ],
  2,
  4,
  [2, 1, 3, 0.5, 0, 0, 0, 0],
);

test('rows: chosen by weight, then the rest by score; terms are taken out', () => {
  const term = { name: 'c · cos', values: Float32Array.of(0.5, 0.25, 1, 0) };
  const scores = cellScores(trace, [term], [], info, 1, cell);
  expect(scores?.rows.map((r) => [r.unit, r.raw, r.constant, r.chosen])).toEqual([
    [2, 3, 1, true],
    [0, 2, 0.5, true],
    [1, 1, 0.25, false],
    [3, 0.5, 0, false],
  ]);
  expect(scores?.gap).toBe(1);
  // Local scores: 1.5, .75, 2, .5.
  expect(scores?.range).toBe(1.5);
});

test('edits that act at the cell move scores; others do not', () => {
  const edits: Edit[] = [
    { kind: 'bias', amount: 0.5, experts: ['e0'] },
    { kind: 'mute', experts: ['e1', 'e3'] },
    { kind: 'force', experts: ['e3'] },
    { kind: 'scale', factor: 2, experts: ['e2'] },
    { kind: 'bias', amount: 9, experts: ['e2'], sites: { from: 1 } },
    { kind: 'mute', experts: ['e2'], tokens: { part: 'answer' } },
  ];
  const rows = new Map(cellScores(trace, [], edits, info, 1, cell)?.rows.map((r) => [r.unit, r]));
  expect(rows.get(0)).toMatchObject({ raw: 2, edited: 2.5, bias: 0.5, muted: false });
  expect(rows.get(1)).toMatchObject({ edited: -Infinity, muted: true });
  expect(rows.get(2)).toMatchObject({ edited: 3, factor: 2, muted: false });
  // Force outdoes mute.
  expect(rows.get(3)).toMatchObject({ edited: 0.5, forced: true, muted: false });
});

test('no scores or no row: null', () => {
  expect(cellScores(traceOf([[[]]], 1, 4), [], [], info, 1, cell)).toBeNull();
  expect(cellScores(trace, [], [], info, 1, { site: 0, token: 1 })).toBeNull();
});

test('no cut when all are chosen, or an edit forced one in', () => {
  const all = traceOf(
    [
      [
        [
          [0, 0.6],
          [1, 0.4],
        ],
      ],
    ],
    2,
    2,
    [2, 1],
  );
  expect(cellScores(all, [], [], info, 1, cell)?.gap).toBeNull();
  expect(cellScores(trace, [], [{ kind: 'force', experts: ['e0'] }], info, 1, cell)?.gap).toBeNull();
});

test('a near-tie is a gap below twice the error, relative to the range', () => {
  const rows = cellScores(trace, [], [], info, 1, cell);
  if (!rows) throw new Error('no scores');
  expect(rows.range).toBe(2.5);
  expect(isNearTie(rows, 0.19)).toBe(false);
  expect(isNearTie(rows, 0.21)).toBe(true);
  expect(isNearTie({ ...rows, gap: null }, 1)).toBe(false);
});
