import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HALVES, type EvaluatedTask } from './plan.ts';
import type { Result } from './runner.ts';
import { createTally, type Tally } from './tally.ts';

const TASKS = [
  ['a', 'held-in'],
  ['b', 'held-in'],
  ['c', 'held-out'],
] as const;
const CONTESTANTS = ['first', 'second', 'third'] as const;
const EXPERTS = ['a', 'b'];
const DOCUMENTS = 12;

const tasks: readonly EvaluatedTask[] = TASKS.map(([id, half]) => ({
  ...{ id, label: id, half, split: 'test', metric: 'accuracy over options', chance: 0.5 },
  documents: Array.from({ length: DOCUMENTS }, (_, n) => ({
    ...{ id: `${id}/${String(n)}`, prompt: '?', answer: 'yes', options: ['yes', 'no'], gold: 0, items: [] },
  })),
}));

const result = fc
  .record({
    t: fc.nat(TASKS.length - 1),
    n: fc.nat(DOCUMENTS - 1),
    contestant: fc.constantFrom(...CONTESTANTS),
    right: fc.boolean(),
    own: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ t, n, contestant, right, own }): Result[] => {
    const task = tasks[t];
    const document = task?.documents[n];
    if (task === undefined || document === undefined) return [];
    const [yes, no] = [right ? -1 : -2, right ? -2 : -1].map((logprob) => ({ logprob, tokens: 1 }));
    if (yes === undefined || no === undefined) return [];
    const routing = { share: [own, 1 - own], first: [own, 1 - own], entropy: own, chosen: 2 };
    const measurement = { gold: yes, options: [yes, no], routing, milliseconds: 1 };
    return [{ task, document, contestant, measurement, reused: false }];
  });

const tallyOf = (batches: readonly (readonly Result[])[]): Tally => {
  const tally = createTally(tasks, CONTESTANTS, EXPERTS);
  for (const batch of batches) tally.add(batch);
  return tally;
};

/** All that a tally can be asked. */
const everything = (tally: Tally) => [
  tally.rows(),
  ...CONTESTANTS.flatMap((name) => HALVES.map((half) => tally.sample(half, name))),
];

describe('what a tally keeps', () => {
  test('asked after every batch, it says what one says that was asked only at the end', () => {
    const batches = fc.array(
      fc.array(result, { maxLength: 8 }).map((found) => found.flat()),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(batches, (added) => {
        const asked = createTally(tasks, CONTESTANTS, EXPERTS);
        for (const batch of added) {
          asked.add(batch);
          everything(asked);
        }
        expect(everything(asked)).toEqual(everything(tallyOf(added)));
      }),
      { numRuns: 60 },
    );
  });

  test('what nothing new bears on is not computed again', () => {
    const full = tasks.flatMap((task) =>
      task.documents.flatMap((document) =>
        CONTESTANTS.map((contestant): Result => {
          const routing = { share: [1, 0], first: [1, 0], entropy: 0, chosen: 1 };
          const of = (logprob: number) => ({ logprob, tokens: 1 });
          const measurement = { gold: of(-1), options: [of(-1), of(-2)], routing, milliseconds: 1 };
          return { task, document, contestant, measurement, reused: false };
        }),
      ),
    );
    const tally = tallyOf([full]);
    const rowOf = (task: number) => tally.rows()[task];
    const before = { cells: [rowOf(0), rowOf(1)].map((row) => row?.cells.get('second')), third: rowOf(0)?.differences };
    tally.add(full.filter(({ task, contestant }) => task.id === 'a' && contestant === 'second'));
    expect(rowOf(0)?.cells.get('second')).not.toBe(before.cells[0]);
    expect(rowOf(1)?.cells.get('second')).toBe(before.cells[1]);
    const interval = (of = rowOf(0)?.differences) => of?.get('third')?.difference;
    expect(interval()).toBe(interval(before.third));
    tally.add(full.filter(({ task, contestant }) => task.id === 'a' && contestant === 'first'));
    expect(interval()).not.toBe(interval(before.third));
  });
});
