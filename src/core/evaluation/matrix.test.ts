import { describe, expect, test } from 'vitest';
import { verdicts } from '../stats/index.ts';
import { matrixJson, parseMatrix } from './matrix-json.ts';
import {
  BASE_NAME,
  expertName,
  matrixCells,
  matrixContestants,
  matrixTask,
  type ExpertMatrix,
  type MatrixCount,
} from './matrix.ts';
import type { EvaluatedTask } from './plan.ts';
import type { Outcome } from './tally.ts';

const task: EvaluatedTask = {
  id: 'addition',
  label: 'Two-digit addition',
  half: 'held-in',
  split: 'validation',
  metric: 'exact match',
  chance: 0,
  documents: [{ id: 'd0', prompt: '1 + 1?', answer: '2', items: [] }],
};

/** One letter for each document: `+` right, `-` wrong, `.` not measured. */
const outcomes = (text: string): Outcome[] =>
  Array.from(text).flatMap((sign, i) =>
    sign === '.'
      ? []
      : [
          {
            document: `d${String(i)}`,
            right: sign === '+',
            scores: { nll: 1 },
            measurement: {
              gold: { logprob: -1, tokens: 1 },
              routing: { share: [], first: [], entropy: 0, chosen: 0 },
              milliseconds: 1,
            },
          },
        ],
  );

const count = (n: number, right: number, won: number, lost: number): MatrixCount => ({ n, right, won, lost });

function matrix(cells: readonly (MatrixCount | null)[][], experts = ['addition', 'antonym', 'rhyme']): ExpertMatrix {
  return {
    conditions: { package: 'abc', backend: 'simd', seed: 0, beyond: 4 },
    split: 'validation',
    date: '2026-01-31T09:30:00.000Z',
    experts,
    tasks: cells.map((row, i) => ({
      id: ['addition', 'plural'][i] ?? `t${String(i)}`,
      label: `Task ${String(i)}`,
      half: i === 0 ? 'held-in' : 'held-out',
      metric: 'exact match',
      chance: 0,
      documents: '0123456789abcdef',
      base: { n: 200, right: 20 },
      cells: row,
    })),
  };
}

describe('counts', () => {
  const by: Readonly<Record<string, string>> = {
    [BASE_NAME]: '++----++',
    [expertName('addition')]: '+++++-..',
    [expertName('antonym')]: '-.-.--..',
  };
  const row = matrixTask(task, ['addition', 'antonym', 'rhyme'], (name) => outcomes(by[name] ?? ''));

  test('an expert is compared with the base on the documents that both have', () => {
    expect(row.base).toEqual({ n: 8, right: 4 });
    expect(row.cells).toEqual([count(6, 5, 3, 0), count(4, 0, 0, 1), null]);
  });

  test('an expert that is called like the base is not taken for it', () => {
    const names = matrixContestants(['base', 'x']).map(({ name }) => name);
    expect(new Set(names).size).toBe(3);
    expect(matrixContestants(['a', 'b'], 'b').map(({ name }) => name)).toEqual([BASE_NAME, expertName('b')]);
  });
});

describe('verdicts', () => {
  test('own, transfer, harm; what the correction leaves open is not told', () => {
    const [one, two] = matrixCells(
      matrix([
        [count(200, 150, 135, 5), count(50, 4, 0, 1), null],
        [count(50, 30, 25, 0), count(50, 0, 0, 25), count(50, 11, 6, 0)],
      ]),
    );
    expect(one?.map((cell) => cell?.kind)).toEqual(['own', 'cannot be told at this n', undefined]);
    expect(two?.map((cell) => cell?.kind)).toEqual(['transfer', 'harm', 'cannot be told at this n']);
    // Alone, 6 won and none lost would be significant.
    expect(verdicts([{ n: 50, won: 6, lost: 0 }])[0]?.verdict).toBe('better');
    expect(one?.[0]?.share.lower).toBeLessThan(0.75);
    expect(one?.[0]?.difference.lower).toBeGreaterThan(0.5);
  });

  test('two cells with the same counts are two cells', () => {
    const same = count(50, 0, 0, 25);
    const cells = matrixCells(matrix([[same, same, null]]));
    expect(cells[0]?.slice(1)).toEqual([expect.objectContaining({ kind: 'harm' }), null]);
  });
});

describe('the file', () => {
  const whole = matrix([[count(200, 150, 135, 5), count(50, 4, 0, 1), null]]);
  const json = () => JSON.parse(matrixJson(whole)) as Record<string, never>;

  test('is read as it was written', () => {
    expect(parseMatrix(json())).toEqual(whole);
  });

  test.each([
    ['another format', { format: 'x' }, 'format'],
    ['a newer version', { version: 2 }, 'version'],
    ['no experts', { experts: null }, 'experts'],
    ['an unknown split', { split: 'all' }, 'split'],
    ['too few cells', { tasks: [{ ...whole.tasks[0], cells: [] }] }, 'tasks[0].cells'],
    ['more right than documents', { tasks: [{ ...whole.tasks[0], cells: [count(5, 6, 0, 0), null, null] }] }, 'right'],
    ['more won than right', { tasks: [{ ...whole.tasks[0], cells: [count(5, 1, 2, 0), null, null] }] }, 'cells[0].won'],
    ['an empty cell', { tasks: [{ ...whole.tasks[0], cells: [count(0, 0, 0, 0), null, null] }] }, 'cells[0].n'],
    ['a chance above 1', { tasks: [{ ...whole.tasks[0], chance: 2 }] }, 'tasks[0].chance'],
  ])('%s is refused by name', (_, change, field) => {
    expect(() => parseMatrix({ ...json(), ...change })).toThrow(field);
  });

  test.each([[null], [[]], ['text'], [3]])('%j is no matrix', (value) => {
    expect(() => parseMatrix(value)).toThrow('format');
  });
});
