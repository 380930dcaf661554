import { expect, test, vi } from 'vitest';
import { countLooks, lookIds } from '../../core/evaluation/looks.ts';
import { EngineError } from '../../protocol/error.ts';
import type { EvaluationChoice } from './choice.ts';
import type { RunState } from './facts.ts';
import { bed, fakeModel, type Bed, type BedOptions } from './fixture.ts';
import { memoryShelf } from './shelf.ts';
import { until } from './until.ts';

const CHOICE: EvaluationChoice = {
  tasks: ['addition', 'plural'],
  documents: 4,
  split: 'validation',
  without: [],
  base: true,
  oracle: false,
};

async function open(options: BedOptions = {}): Promise<Bed> {
  const own = bed(options);
  await own.evaluation.begin();
  return own;
}

/** The evaluation has come to this state. */
const reached = (own: Bed, ...kinds: RunState['kind'][]): Promise<RunState> =>
  until(own.evaluation.store, AbortSignal.timeout(5000), ({ run }) => (kinds.includes(run.kind) ? run : undefined));

async function evaluate(own: Bed, change: Partial<EvaluationChoice> = {}): Promise<RunState> {
  own.evaluation.choose({ ...CHOICE, ...change });
  await own.evaluation.start();
  return reached(own, 'done', 'stopped', 'failed', 'paused');
}

const table = (own: Bed): unknown =>
  own.evaluation.store
    .getState()
    .outcome?.tally.rows()
    .map(({ task, cells }) => [task.id, [...cells].map(([name, { n, right }]) => [name, n, right])]);

test('measures every document under every policy and tallies it', async () => {
  const own = await open();
  expect(await evaluate(own)).toEqual({ kind: 'done' });
  expect(own.measured.length).toBe(16);
  expect(table(own)).toEqual([
    ['addition', [['A', 4, 2], ['base', 4, 4]]],
    ['plural', [['A', 4, 2], ['base', 4, 4]]],
  ]); // prettier-ignore
  expect(own.evaluation.store.getState().costs.simd?.pairs).toBe(16);
});

test('killed anywhere and opened again: it waits, goes on, measures nothing twice and comes out the same', async () => {
  const whole = await open();
  await evaluate(whole);
  for (let kills = 0; kills < 8; kills++) {
    const [results, shelf] = [memoryShelf(), memoryShelf()];
    let calls = 0;
    const first = await open({
      results,
      shelf,
      // Never answers: the page is gone with the document in hand.
      before: () => (++calls > kills ? new Promise<void>(() => undefined) : undefined),
    });
    first.evaluation.choose(CHOICE);
    await first.evaluation.start();
    await vi.waitFor(() => {
      expect(calls).toBe(kills + 1);
    });

    const second = await open({ results, shelf });
    expect(await reached(second, 'paused')).toEqual({ kind: 'paused' });
    await vi.waitFor(() => {
      expect(second.evaluation.store.getState().outcome?.progress?.done ?? 0).toBe(2 * kills);
    });
    expect(second.measured).toEqual([]);
    second.evaluation.resume();
    await reached(second, 'done');
    expect(first.measured.length + second.measured.length).toBe(16);
    expect(table(second)).toEqual(table(whole));
  }
});

test('a finished evaluation shows its results again after a reload, without the model', async () => {
  const shelves = { results: memoryShelf(), shelf: memoryShelf() };
  await evaluate(await open(shelves));
  const again = bed(shelves);
  again.workbench.setState({ model: { kind: 'idle' } });
  void again.evaluation.begin();
  await reached(again, 'done');
  expect(again.measured).toEqual([]);
  expect(again.evaluation.store.getState().outcome?.progress).toMatchObject({ done: 16, reused: 16 });
});

test('pause holds before the next document; stop ends; both keep what was measured', async () => {
  const own = await open({
    before({ id }, { evaluation }) {
      if (id === 'addition/validation/1') evaluation.pause();
    },
  });
  expect(await evaluate(own)).toEqual({ kind: 'paused' });
  await until(own.evaluation.store, AbortSignal.timeout(5000), ({ outcome }) =>
    outcome?.progress?.done === 6 ? true : undefined,
  );
  expect(own.measured.length).toBe(6);
  own.evaluation.stop();
  await reached(own, 'stopped');
  own.evaluation.resume();
  await reached(own, 'done');
  expect(own.measured.length).toBe(16);
});

test('a run of the workbench comes first', async () => {
  const own = await open();
  const { lanes } = own.workbench.getState();
  own.workbench.setState({ lanes: lanes.map((lane) => ({ ...lane, state: 'running' })) });
  own.evaluation.choose(CHOICE);
  await own.evaluation.start();
  await until(own.evaluation.store, AbortSignal.timeout(5000), ({ run }) =>
    run.kind === 'running' && run.waits === 'workbench' ? true : undefined,
  );
  expect(own.measured).toEqual([]);
  own.workbench.setState({ lanes });
  await reached(own, 'done');
  expect(own.measured.length).toBe(16);
});

test('a worker that is lost is waited for, and its document measured again', async () => {
  let lost = 0;
  const own = await open({
    before({ id }, { workbench }) {
      if (id !== 'plural/validation/1' || lost++ > 0) return;
      workbench.setState({ model: { kind: 'loading', progress: null, secondsLeft: null } });
      setTimeout(() => {
        workbench.setState({ model: { kind: 'ready', model: fakeModel() } });
      }, 20);
      throw new EngineError('worker', 'The worker crashed.');
    },
  });
  expect(await evaluate(own)).toEqual({ kind: 'done' });
  expect(own.measured.length).toBe(16);
});

test('a document that loses the worker three times ends the evaluation with the reason', async () => {
  const own = await open({
    before({ id }) {
      if (id === 'plural/validation/1') throw new EngineError('worker', 'The worker crashed.');
    },
  });
  expect(await evaluate(own)).toMatchObject({ kind: 'failed', failure: { why: 'The worker crashed.' } });
  expect(own.measured.length).toBe(6);
});

test('another backend in the middle stops it with a message, as results are not mixed; back on the first it goes on', async () => {
  const own = await open({
    before({ id }, { workbench }) {
      if (id === 'addition/validation/0')
        workbench.setState({ model: { kind: 'ready', model: fakeModel('onnx-wasm') } });
    },
  });
  expect(await evaluate(own)).toMatchObject({ kind: 'failed', failure: { why: /ONNX WASM computes now.*SIMD/ } });
  own.workbench.setState({ model: { kind: 'ready', model: fakeModel() } });
  own.evaluation.resume();
  await reached(own, 'done');
  expect(own.measured.length).toBe(16);
});

test('a document that is too long is left out by name, the rest goes on', async () => {
  const own = await open({
    before({ id }) {
      if (id === 'addition/validation/2') throw new EngineError('context', 'The prompt has 99 tokens too many.');
    },
  });
  expect(await evaluate(own)).toEqual({ kind: 'done' });
  expect(own.evaluation.store.getState().outcome?.leftOut).toEqual([
    { task: 'addition', document: 'addition/validation/2', why: 'The prompt has 99 tokens too many.' },
  ]);
  expect(own.measured.length).toBe(14);
});

test('a look at held-out test is counted once, kept over a reload; validation and held-in are none', async () => {
  const shelves = { results: memoryShelf(), shelf: memoryShelf() };
  const own = await open(shelves);
  const looks = (of: Bed): number => countLooks(of.evaluation.store.getState().looks);
  await evaluate(own);
  await evaluate(own, { split: 'test', tasks: ['addition'] });
  expect(looks(own)).toBe(0);
  await evaluate(own, { split: 'test' });
  await evaluate(own, { split: 'test' });
  expect(looks(own)).toBe(1);
  await evaluate(own, { split: 'test', documents: 5 });
  expect(looks(own)).toBe(2);
  // The experiment that was open tells of both in its link.
  expect([...new Set(own.workbench.getState().experiment.looks)].sort()).toEqual(
    lookIds(own.evaluation.store.getState().looks),
  );
  const again = await open(shelves);
  await reached(again, 'done');
  expect(looks(again)).toBe(2);
});

test('a policy is sealed before its look, and not after it', async () => {
  const own = await open();
  const { store } = own.evaluation;
  own.evaluation.seal('A', '0123456789abcdef');
  expect(store.getState().looks.seals).toMatchObject([{ name: 'A', hash: '0123456789abcdef' }]);
  await evaluate(own, { split: 'test' });
  const hash = store.getState().looks.looks[0]?.policies[0]?.hash ?? '';
  own.evaluation.seal('A', hash);
  expect(store.getState().looksFault).toMatch(/cannot be sealed/);
  expect(store.getState().looks.seals.length).toBe(1);
});

test('own tasks: good ones are evaluated and kept, bad ones are told, the rest stays', async () => {
  const shelves = { results: memoryShelf(), shelf: memoryShelf() };
  const own = await open({
    ...shelves,
    readOwn(file, task) {
      if (file.name === 'bad.csv') return Promise.reject(new Error('bad.csv: header: no column prompt'));
      const documents = [0, 2].map((n) => ({ id: `${task}/test/${String(n)}`, prompt: 'p', answer: 'yes', items: [] }));
      return Promise.resolve({ documents, problems: [{ row: 3, column: 'answer', message: 'is empty' }], refused: 1 });
    },
  });
  const { evaluation } = own;
  const file = (name: string) => ({ name }) as File;
  await evaluation.addOwn([file('Mine.csv'), file('bad.csv'), file('mine.csv')]);
  const state = evaluation.store.getState();
  expect(state.own.map(({ id }) => id)).toEqual(['own-mine', 'own-mine-2']);
  expect(state.ownFaults).toEqual([{ file: 'bad.csv', why: 'bad.csv: header: no column prompt', problems: [] }]);
  evaluation.markOwn('own-mine', 'held-in');
  await evaluate(own, { tasks: ['own-mine', 'own-mine-2'] });
  const tasks = evaluation.store.getState().outcome?.evaluation.tasks;
  expect(tasks?.map(({ id, half }) => [id, half])).toEqual([['own-mine', 'held-in'], ['own-mine-2', 'held-out']]); // prettier-ignore
  evaluation.removeOwn('own-mine-2');
  await new Promise((resolve) => setTimeout(resolve, 0));
  const again = await open(shelves);
  expect(again.evaluation.store.getState().own).toMatchObject([{ id: 'own-mine', half: 'held-in', refused: 1 }]);
});

test('a document opens under the first policy and the one named', async () => {
  const own = await open();
  await evaluate(own);
  expect(own.evaluation.open({ task: 'addition', document: 'addition/validation/1', contestant: 'base' })).toBe(true);
  expect(own.opened).toMatchObject([
    {
      prompt: { text: 'addition 1' },
      policies: [{ method: 'phatgoose' }, { method: 'none' }],
      sampling: { temperature: 0 },
    },
  ]);
  expect(own.evaluation.open({ task: 'addition', document: 'no', contestant: 'base' })).toBe(false);
});
