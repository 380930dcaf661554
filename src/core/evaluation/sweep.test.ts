import { describe, expect, test } from 'vitest';
import type { Edit } from '../routing/policy.ts';
import { presetPolicy } from '../routing/presets.ts';
import { draws } from '../tasks/random.ts';
import { askedContestant, parseAsked } from './asked.ts';
import type { Contestant } from './plan.ts';
import { findSweeps } from './sweep.ts';

const asked = (list: string): Contestant[] =>
  parseAsked(list).flatMap(({ names }) =>
    names.map((name) => askedContestant(name, { tasks: [], experts: ['x'], best: {} })),
  );

describe('sweeps', () => {
  test('one parameter varied is a path in the order of its value, whatever the order of the contestants', () => {
    expect(findSweeps(asked('base,glider:c=10,phatgoose,glider:c={0,100,3},oracle'))).toEqual([
      {
        parameter: 'score.c',
        points: [0, 3, 10, 100].map((value) => ({ name: `glider:c=${String(value)}`, value })),
      },
    ]);
  });

  test('two parameters varied at once are no path; a grid is one for each row and column', () => {
    expect(findSweeps(asked('glider:c=1:select.k=1,glider:c=3:select.k=2'))).toEqual([]);
    const grid = findSweeps(asked('glider:c={1,3,10}:select.k={1,2}'));
    expect(grid.map(({ parameter, points }) => [parameter, points.length]).sort()).toEqual([
      ['score.c', 3],
      ['score.c', 3],
      ['select.k', 2],
      ['select.k', 2],
      ['select.k', 2],
    ]);
  });

  test('the strength of an edit is a parameter too; another edit is not', () => {
    const biased = (name: string, expert: string, amount: number) => {
      const edits: readonly Edit[] = [{ kind: 'bias', experts: [expert], amount }];
      return { name, policy: { ...presetPolicy('phatgoose'), edits } };
    };
    expect(findSweeps([biased('A', 'x', 2), biased('B', 'x', 1), biased('C', 'y', 3)])).toEqual([
      {
        parameter: 'edits.0.amount',
        points: [
          { name: 'B', value: 1 },
          { name: 'A', value: 2 },
        ],
      },
    ]);
  });

  test('any values in any order: each once, ascending, and only of contestants that there are', () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = draws(seed, 'sweep');
      const values = Array.from({ length: 2 + draw.int(7) }, () => draw.int(20));
      const contestants = values.flatMap((value, i) =>
        asked(`glider:c=${String(value)}`).map((contestant) => ({ ...contestant, name: `n${String(i)}` })),
      );
      const sweeps = findSweeps(contestants);
      const distinct = [...new Set(values)].sort((a, b) => a - b);
      expect(sweeps.length).toBe(distinct.length >= 2 ? 1 : 0);
      for (const { points } of sweeps) {
        expect(points.map(({ value }) => value)).toEqual(distinct);
        for (const { name, value } of points) expect(values[Number(name.slice(1))]).toBe(value);
      }
    }
  });
});
