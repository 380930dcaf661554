import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { presetPolicy } from '../routing/presets.ts';
import { askedContestant, AskedError, bestExperts, MOST_ASKED, parseAsked, pick, singleContestants } from './asked.ts';
import type { Measurement } from './measurement.ts';
import { ownTaskId, ownTasks } from './own.ts';
import type { EvaluatedTask } from './plan.ts';
import { singleExpert } from './single.ts';
import { createTally } from './tally.ts';

const names = (list: string) => parseAsked(list).map((asked) => asked.names);

describe('lists', () => {
  test('commas part policies, braces make sweeps', () => {
    expect(names('none, phatgoose,single:a')).toEqual([['none'], ['phatgoose'], ['single:a']]);
    expect(names('none,glider:c={0, 1,3}')).toEqual([['none'], ['glider:c=0', 'glider:c=1', 'glider:c=3']]);
    expect(names('glider:c={0,1}:k={1,2}')).toEqual([
      ['glider:c=0:k=1', 'glider:c=0:k=2', 'glider:c=1:k=1', 'glider:c=1:k=2'],
    ]);
  });

  test.each([
    ['', /the list is empty/],
    [' , ', /the list is empty/],
    ['glider:c={0,1', /a brace is open/],
    ['glider:c=0,1}', /a brace is open/],
    ['glider:c={}', /the sweep lacks a value/],
    ['none,glider:c={1,1}', /glider:c=1 is asked for twice/],
    ['none,none', /none is asked for twice/],
    [`glider:c={${Array.from({ length: MOST_ASKED + 1 }, (_, n) => n).join(',')}}`, /more than 100 values/],
    ['glider:c={1,2,3,4,5,6,7,8,9,10,11}:k={1,2,3,4,5,6,7,8,9,10}', /more than 100 policies/],
  ])('%s', (list, message) => {
    expect(() => {
      parseAsked(list).flatMap((asked) =>
        asked.names.map((name) => askedContestant(name, { tasks: [], experts: [], best: {} })),
      );
    }).toThrow(message);
  });

  test('any text ends in policies or in an AskedError', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '{', '}', ',', ':', '=', '1', ' '), maxLength: 40 });
    fc.assert(
      fc.property(text, (list) => {
        try {
          const asked = parseAsked(list).flatMap((of) => of.names);
          expect(new Set(asked).size).toBe(asked.length);
          expect(asked.join('')).not.toMatch(/[{},]/);
        } catch (error) {
          expect(error).toBeInstanceOf(AskedError);
        }
      }),
    );
  });
});

describe('policies', () => {
  const context = { tasks: [], experts: ['a', 'b'], best: {} };
  test('presets with settings, base, one expert', () => {
    expect(askedContestant('base', context)).toEqual({
      name: 'base',
      label: 'Base alone',
      policy: presetPolicy('none'),
    });
    const { label, policy } = askedContestant('glider:c=10:select.k=1', context);
    expect(label).toBe('GLIDER, c=10, select.k=1');
    expect(policy).toMatchObject({ method: 'glider', score: { params: { c: 10 } }, select: { params: { k: 1 } } });
    expect(askedContestant('single:b', context).policy).toEqual(singleExpert('b'));
  });

  test.each([
    ['nobody', /there is no nobody; there are base, none, .* oracle and single:EXPERT/],
    ['glider:z=1', /glider:z=1: z=1: this policy has no parameter z; it has score\.c/],
    ['glider:c', /NAME=VALUE is meant/],
    ['glider:c=x', /c: expected a number from 0 to 1000, not "x"/],
    ['single:', /there is no expert ; there are a, b/],
    ['single:c', /there is no expert c/],
  ])('%s', (name, message) => {
    expect(() => askedContestant(name, context)).toThrow(message);
  });
});

const task = (changes: Partial<EvaluatedTask> = {}): EvaluatedTask => ({
  id: 't',
  label: 't',
  half: 'held-in',
  split: 'validation',
  metric: 'exact match',
  chance: 0,
  documents: Array.from({ length: 4 }, (_, n) => ({ id: String(n), prompt: '', answer: 'yes', items: [] })),
  ...changes,
});
const measurement = (right: boolean): Measurement => ({
  gold: { logprob: -1, tokens: 1 },
  answer: right ? 'yes' : 'no',
  routing: { share: [], first: [], entropy: 0, chosen: 0 },
  milliseconds: 0,
});
/** @param right number of documents right, by task and contestant */
function tallied(tasks: readonly EvaluatedTask[], right: Readonly<Record<string, Readonly<Record<string, number>>>>) {
  const contestants = [...new Set(Object.values(right).flatMap((of) => Object.keys(of)))];
  const tally = createTally(tasks, contestants, []);
  for (const of of tasks)
    for (const [contestant, n] of Object.entries(right[of.id] ?? {}))
      tally.add(
        of.documents.map((document, i) => ({
          ...{ task: of, document, contestant, reused: false },
          measurement: measurement(i < n),
        })),
      );
  return tally;
}

test('the oracle’s experts: most right, of equals the first', () => {
  const tasks = [task({ id: 'one' }), task({ id: 'two' })];
  const tally = tallied(tasks, { one: { a: 1, b: 3, c: 3 }, two: { a: 0, b: 0, c: 0 } });
  expect(bestExperts(tally, tasks, ['a', 'b', 'c'])).toEqual({ one: 'b', two: 'a' });
  expect(bestExperts(tally, tasks, [])).toEqual({});
  expect(singleContestants(['a']).map(({ name }) => name)).toEqual(['a']);
});

describe('a search', () => {
  const [sweep = { spec: '', names: [] }] = parseAsked('glider:c={0,1,3}');
  test('takes what does most over tasks that weigh the same, of equals the first', () => {
    // The second has 2 of 4 where guessing gives 1 of 2: worth nothing.
    const tasks = [task({ id: 'one' }), task({ id: 'two', chance: 0.5 })];
    const right = {
      one: { 'glider:c=0': 2, 'glider:c=1': 3, 'glider:c=3': 3 },
      two: { 'glider:c=0': 2, 'glider:c=1': 2, 'glider:c=3': 2 },
    };
    const picked = pick(sweep, tallied(tasks, right), tasks);
    expect(picked).toEqual({
      spec: 'glider:c={0,1,3}',
      chosen: 'glider:c=1',
      tasks: 2,
      documents: 8,
      scores: [
        { name: 'glider:c=0', score: 0.25 },
        { name: 'glider:c=1', score: 0.375 },
        { name: 'glider:c=3', score: 0.375 },
      ],
    });
  });

  test.each([[task({ half: 'held-out' })], [task({ split: 'test' })], [task({ split: 'train' })]])(
    'sees no other documents: %#',
    (wrong) => {
      const tasks = [task({ id: 'good' }), wrong];
      expect(() => pick(sweep, tallied(tasks, {}), tasks)).toThrow(/held-in tasks alone; t \(.*\) is none/);
    },
  );
  test('needs a task', () => {
    expect(() => pick(sweep, tallied([], {}), [])).toThrow(/there are none/);
  });
});

describe('own tasks', () => {
  const free = { prompt: 'p', answer: 'a', items: [] };
  const choice = { ...free, options: ['a', 'b', 'c', 'd'], gold: 0 };
  test('documents with and without options are scored apart', () => {
    const documents = [
      { ...free, id: '0' },
      { ...choice, id: '1' },
      { ...choice, options: ['a', 'b'], id: '2' },
    ];
    const tasks = ownTasks({ id: 'own-x', label: 'x.csv', half: 'held-out', documents });
    expect(tasks.map(({ id, metric, chance, documents: of }) => [id, metric, chance, of.length])).toEqual([
      ['own-x', 'exact match', 0, 1],
      ['own-x-choice', 'accuracy over options', 0.375, 2],
    ]);
    expect(ownTasks({ id: 'own-x', label: 'x', half: 'held-in', documents: documents.slice(1) }, 1)).toMatchObject([
      { id: 'own-x', chance: 0.25, half: 'held-in', split: 'test' },
    ]);
  });

  test('an id fits into names of files, whatever the file is called', () => {
    expect(ownTaskId('C:\\data\\My Task (2).csv')).toBe('own-my-task-2');
    expect(ownTaskId('日本.jsonl')).toBe('own-task');
    fc.assert(
      fc.property(fc.string(), (file) => {
        expect(ownTaskId(file)).toMatch(/^own-[a-z0-9-]{1,60}$/);
      }),
    );
  });
});
