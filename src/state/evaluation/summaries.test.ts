import { expect, test } from 'vitest';
import { presetPolicy } from '../../core/routing/presets.ts';
import { RESAMPLES, summariseHalf, type HalfSummary, type SummaryOptions } from '../../core/evaluation/half.ts';
import type { EvaluatedTask, Evaluation } from '../../core/evaluation/plan.ts';
import { createTally, type Tally } from '../../core/evaluation/tally.ts';
import { createEvaluationFacts, type EvaluationStore, type RunState } from './facts.ts';
import { fakeMeasurement } from './fixture.ts';
import { followSummaries, type Summarise } from './summaries.ts';

const documents = Array.from({ length: 4 }, (_, n) => ({ id: String(n), prompt: 'p', answer: 'yes', items: [] }));
const task: EvaluatedTask = {
  id: 'plural',
  label: 'Plural',
  half: 'held-out',
  split: 'test',
  metric: 'exact match',
  chance: 0,
  documents,
};
const contestants = [{ name: 'A', label: 'A', policy: presetPolicy('phatgoose') }];

/** A computing thread that answers when it is told to. */
function thread(): { readonly summarise: Summarise; readonly asked: SummaryOptions[]; readonly answer: () => void } {
  const asked: SummaryOptions[] = [];
  const waiting: (() => void)[] = [];
  return {
    asked,
    summarise(sample, options) {
      asked.push(options);
      return new Promise<HalfSummary>((resolve) => {
        waiting.push(() => {
          resolve(summariseHalf(sample, options));
        });
      });
    },
    answer() {
      waiting.shift()?.();
    },
  };
}

const add = (tally: Tally, ids: readonly number[]): void => {
  tally.add(
    ids.flatMap((n) => {
      const document = documents[n];
      return document === undefined
        ? []
        : [{ task, document, contestant: 'A', measurement: fakeMeasurement(n % 2 === 0), reused: false }];
    }),
  );
};

/** What `followSummaries` reads of an outcome. */
function show(
  store: EvaluationStore,
  tally: Tally,
  revision: number,
  run: RunState = { kind: 'running', waits: null },
) {
  // No more of an evaluation than averages are made from.
  const evaluation = { contestants, tasks: [task], conditions: { seed: 0 } } as unknown as Evaluation;
  const plan = {} as never;
  store.setState({ run, outcome: { plan, evaluation, tally, revision, progress: null, leftOut: [] } });
}

/** Two results are in, and their averages are being computed. */
function begun() {
  const store = createEvaluationFacts();
  const { summarise, asked, answer } = thread();
  followSummaries(store, summarise);
  const tally = createTally([task], ['A'], []);
  add(tally, [0, 1]);
  show(store, tally, 1);
  return { store, tally, asked, answer };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const shown = (store: EvaluationStore) => store.getState().summaries.get('A')?.['held-out']?.documents;

test('results that come while averages are computed are taken in by the next round, once', async () => {
  const { store, tally, asked, answer } = begun();
  add(tally, [2]);
  show(store, tally, 2);
  add(tally, [3]);
  show(store, tally, 3);
  expect(asked.length).toBe(1);
  answer();
  await turn();
  expect(shown(store)).toBe(2);
  expect(asked.length).toBe(2);
  answer();
  await turn();
  expect(shown(store)).toBe(4);
  expect(asked.length).toBe(2);
});

test('what stays on screen takes more resamples than what still moves', async () => {
  const { store, tally, asked, answer } = begun();
  answer();
  await turn();
  show(store, tally, 1, { kind: 'done' });
  answer();
  await turn();
  expect(asked.map(({ resamples }) => resamples)).toEqual([RESAMPLES.running, RESAMPLES.shown]);
});

test('averages of an evaluation that was put away never come on screen', async () => {
  const { store, answer } = begun();
  store.setState({ outcome: null });
  answer();
  await turn();
  expect(shown(store)).toBeUndefined();
});
