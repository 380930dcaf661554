import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../routing/policy.ts';
import type { TaskDocument } from '../tasks/task.ts';
import { summariesOf } from './half.ts';
import type { Measurement } from './measurement.ts';
import {
  canonical,
  jobsOf,
  policyHash,
  resultKeys,
  type Conditions,
  type EvaluatedTask,
  type Evaluation,
} from './plan.ts';
import { runEvaluation, type Progress, type Result, type ResultStore } from './runner.ts';
import { scoreDocument } from './score.ts';
import { createTally } from './tally.ts';

const policy = (id: string): Policy => ({
  method: id,
  score: { id, params: {} },
  select: { id: 'top-k', params: { k: 2 } },
  mix: 'outputs',
  edits: [],
});
const document = (task: string, n: number): TaskDocument => ({
  id: `${task}/test/${String(n)}`,
  prompt: `${task} ${String(n)}?`,
  answer: 'yes',
  options: ['yes', 'no'],
  gold: 0,
  items: [],
});
const task = (id: string, documents: number, half: EvaluatedTask['half'] = 'held-in'): EvaluatedTask => ({
  id,
  label: id,
  half,
  split: 'test',
  metric: 'accuracy over options',
  chance: 0.5,
  documents: Array.from({ length: documents }, (_, n) => document(id, n)),
});
const conditions: Conditions = { package: 'p', backend: 'simd', seed: 1, raw: false, beyond: 4 };
const measurement = (right: boolean, changes: Partial<Measurement> = {}): Measurement => {
  const [yes, no] = right ? [-1, -2] : [-2, -1];
  const of = (logprob: number) => ({ logprob, tokens: 2 });
  return {
    gold: of(yes),
    options: [of(yes), of(no)],
    answer: right ? 'yes' : 'no',
    routing: { share: [0.75, 0.25], first: [1, 0], entropy: 0.5, chosen: 2 },
    milliseconds: 3,
    ...changes,
  };
};
const evaluation = (changes: Partial<Evaluation> = {}): Evaluation => ({
  tasks: [task('a', 3), task('b', 2, 'held-out')],
  contestants: [
    { name: 'A', label: 'A', policy: policy('uniform') },
    { name: 'B', label: 'B', policy: policy('phatgoose') },
  ],
  conditions,
  ...changes,
});

function memory(): ResultStore & { readonly kept: Map<string, Measurement> } {
  const kept = new Map<string, Measurement>();
  return {
    kept,
    get: (keys) => Promise.resolve(keys.map((key) => kept.get(key))),
    put(entries) {
      for (const [key, value] of entries) kept.set(key, value);
      return Promise.resolve();
    },
  };
}

interface RunSetup {
  readonly store?: ResultStore;
  /** Stops after so many documents. */
  readonly most?: number;
  readonly of?: Evaluation;
}
async function run({ store = memory(), most = Infinity, of = evaluation() }: RunSetup = {}) {
  const results: Result[] = [];
  const progress: Progress[] = [];
  const measured: string[] = [];
  let clock = 0;
  let jobs = 0;
  await runEvaluation({
    evaluation: of,
    store,
    measure(job) {
      jobs++;
      clock += 1000 * job.contestants.length;
      for (const { name } of job.contestants) measured.push(`${job.document.id} ${name}`);
      return Promise.resolve(
        job.contestants.map(({ name }) => measurement(name === 'B', { milliseconds: job.document.id.length })),
      );
    },
    stopped: () => jobs >= most,
    onResults(found, now) {
      results.push(...found);
      progress.push(now);
    },
    now: () => clock,
  });
  return { results, progress, measured };
}
const sorted = (results: readonly Result[]) =>
  results
    .map(({ document: { id }, contestant, measurement: { gold } }) => `${id} ${contestant} ${String(gold.logprob)}`)
    .sort();

describe('scores', () => {
  const asked = document('a', 0);
  const likelihoods = (...logprobs: number[]) => logprobs.map((logprob) => ({ logprob, tokens: 2 }));
  test('the first of equals counts; length is in characters or bytes', () => {
    const of = (options: readonly string[], gold: number, ...logprobs: number[]) =>
      scoreDocument(
        { answer: options[gold] ?? '', options, gold },
        measurement(true, { options: likelihoods(...logprobs) }),
      );
    expect(of(['a', 'b'], 1, -1, -1).acc).toBe(false);
    expect(of(['a', 'b'], 0, -1, -1).acc).toBe(true);
    // −3 over 1 byte loses to −4 over the 2 bytes of é, which are 1 character, as the 4 bytes of 𝄞 are.
    expect(of(['e', 'é'], 1, -3, -4)).toMatchObject({ acc: false, accNorm: false, accBytes: true });
    expect(of(['e', '𝄞'], 1, -3, -4)).toMatchObject({ acc: false, accNorm: false, accBytes: true });
    expect(of(['e', 'ee'], 1, -3, -4)).toMatchObject({ acc: false, accNorm: true, accBytes: true });
  });
  test('exact is character for character, NLL a mean over tokens', () => {
    expect(scoreDocument(asked, measurement(true, { answer: 'yes' })).exact).toBe(true);
    expect(scoreDocument(asked, measurement(true, { answer: 'yes.' })).exact).toBe(false);
    expect(scoreDocument(asked, measurement(true)).nll).toBe(0.5);
  });
});

describe('keys', () => {
  test('canonical JSON does not know the order of fields', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonical(turned)).toBe(canonical(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  test('what changes a measurement changes its key; names do not', () => {
    const one = document('a', 0);
    const key = resultKeys(conditions)(one, policy('uniform'));
    expect(resultKeys({ ...conditions })({ ...one }, { ...policy('uniform'), method: 'mine' })).toBe(key);
    for (const other of [
      { package: 'q' },
      { backend: 'onnx-wasm' },
      { seed: 2 },
      { raw: true },
      { system: 's' },
      { beyond: 5 },
    ])
      expect(resultKeys({ ...conditions, ...other })(one, policy('uniform'))).not.toBe(key);
    for (const other of [{ prompt: 'x' }, { answer: 'no' }, { options: ['yes'] }, { id: 'x' }])
      expect(resultKeys(conditions)({ ...one, ...other }, policy('uniform'))).not.toBe(key);
    expect(policyHash(policy('arrow'))).not.toBe(policyHash(policy('uniform')));
  });
});

describe('a run', () => {
  test('takes tasks in turn and measures everything once', async () => {
    const { results, measured, progress } = await run();
    expect(jobsOf(evaluation()).map((job) => job.document.id)).toEqual([
      'a/test/0',
      'b/test/0',
      'a/test/1',
      'b/test/1',
      'a/test/2',
    ]);
    expect(new Set(measured).size).toBe(10);
    expect(results.length).toBe(10);
    expect(progress[0]).toEqual({ done: 2, total: 10, reused: 0, secondsLeft: 8 });
    expect(progress.at(-1)).toEqual({ done: 10, total: 10, reused: 0, secondsLeft: 0 });
  });

  test('stopped anywhere and begun again, nothing is measured twice and the end is the same', async () => {
    const whole = sorted((await run()).results);
    for (let most = 0; most <= 5; most++) {
      const store = memory();
      const before = await run({ store, most });
      const after = await run({ store });
      expect(before.measured.length + after.measured.length).toBe(10);
      expect(sorted(after.results)).toEqual(whole);
      expect(after.progress.at(-1)?.reused ?? 0).toBe(before.measured.length);
    }
  });

  test('another contestant costs only itself', async () => {
    const store = memory();
    await run({ store });
    const more = evaluation();
    const of = { ...more, contestants: [...more.contestants, { name: 'C', label: 'C', policy: policy('arrow') }] };
    const { measured } = await run({ store, of });
    expect(measured).toEqual(jobsOf(of).map(({ document: { id } }) => `${id} C`));
  });

  test('a contestant may have a policy for each task, and none for some', async () => {
    const of = evaluation({ contestants: [{ name: 'O', label: 'O', policy: { b: policy('uniform') } }] });
    const { measured } = await run({ of });
    expect(measured).toEqual(['b/test/0 O', 'b/test/1 O']);
  });

  test('what was measured before an error is kept', async () => {
    const store = memory();
    let calls = 0;
    const failing = runEvaluation({
      evaluation: evaluation(),
      store,
      measure(job) {
        if (++calls === 3) throw new Error('lost');
        return Promise.resolve(job.contestants.map(() => measurement(true)));
      },
      stopped: () => false,
      onResults: () => undefined,
      now: () => 0,
    });
    await expect(failing).rejects.toThrow('lost');
    expect(store.kept.size).toBe(4);
  });
});

describe('a tally', () => {
  const filled = (rightOf: (contestant: string, n: number) => boolean, documents = 20) => {
    const tasks = [task('a', documents), task('b', documents, 'held-out')];
    const tally = createTally(tasks, ['A', 'B'], ['a', 'other']);
    for (const of of tasks)
      for (const contestant of ['A', 'B'])
        tally.add(
          of.documents.map((d, n) => ({
            task: of,
            document: d,
            contestant,
            measurement: measurement(rightOf(contestant, n)),
            reused: false,
          })),
        );
    return tally;
  };

  test('counts, interval and routing by task', () => {
    const [row] = filled((contestant, n) => contestant === 'B' || n < 5).rows();
    expect(row?.cells.get('A')).toMatchObject({ n: 20, right: 5, routing: { own: 0.75, agreement: 1, entropy: 0.5 } });
    expect(row?.cells.get('A')?.share.estimate).toBe(0.25);
    expect(row?.differences.get('B')).toMatchObject({ won: 15, lost: 0, verdict: 'better' });
    expect(row?.differences.has('A')).toBe(false);
  });

  test('a task without an expert of its own has no share of it', () => {
    const rows = filled(() => true).rows();
    expect(rows[1]?.cells.get('A')?.routing).not.toHaveProperty('own');
  });

  test('few documents tell nothing, and say so', () => {
    const [row] = filled((contestant) => contestant === 'B', 3).rows();
    expect(row?.differences.get('B')?.verdict).toBe('cannot be told at this n');
  });

  test('halves: average, normalised, difference to the first', () => {
    const tally = filled((contestant, n) => contestant === 'B' || n < 10);
    const summaries = summariesOf([{ name: 'A' }, { name: 'B' }], tally, { resamples: 199, seed: 0 });
    const b = summaries.get('B')?.['held-in'];
    expect(b?.average.estimate).toBe(1);
    expect(b?.difference?.estimate).toBe(1);
    const a = summaries.get('A')?.['held-out'];
    expect(a?.average.estimate).toBe(0.5);
    expect(a?.normalised.estimate).toBe(0);
    expect(a).not.toHaveProperty('difference');
    expect(filled(() => true, 1).sample('held-in', 'A')).toBeUndefined();
  });

  test('differences are of the documents that both have', () => {
    const tasks = [task('a', 4)];
    const tally = createTally(tasks, ['A', 'B'], ['a']);
    const add = (contestant: string, n: number, right: boolean) => {
      const own = tasks[0];
      const d = own?.documents[n];
      if (own && d) tally.add([{ task: own, document: d, contestant, measurement: measurement(right), reused: false }]);
    };
    add('A', 0, false);
    add('A', 1, true);
    add('B', 1, true);
    add('B', 2, true);
    const [row] = tally.rows();
    expect(row?.differences.get('B')).toMatchObject({ n: 1, won: 0, lost: 0 });
    expect(row?.cells.get('B')?.n).toBe(2);
  });
});
