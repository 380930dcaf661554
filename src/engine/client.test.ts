import { afterEach, describe, expect, test } from 'vitest';
import type { Engine as WorkerEngine } from '../../workers/engine.ts';
import { serve } from '../../workers/serve.ts';
import { presetPolicy } from '../core/routing/presets.ts';
import type { LoadRequest, LoadedModel, RunRequest, RunResult } from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import { createEngine, type Engine, type EngineOptions } from './client.ts';
import type { WorkerLike } from './thread.ts';

const never = new AbortController().signal;
const nothing = (): void => undefined;
const loadRequest: LoadRequest = { manifest: 'http://page/models/m/manifest.json', backend: 'onnx-wasm' };
const model = { context: 128 } as unknown as LoadedModel;
const run = (id: string): RunRequest => ({
  id,
  prompt: { text: 'hi', raw: false },
  policy: presetPolicy('none'),
  seed: 0,
  sampling: { temperature: 0, topP: 1, maxTokens: 4 },
  scores: false,
  top: 1,
});
const result = (id: string, end: RunResult['end'] = 'limit') => ({ answer: { text: id }, end }) as unknown as RunResult;

/** What a worker does; each test changes a part. */
const fine: WorkerEngine = {
  load: () => Promise.resolve(model),
  run: ({ id }) => Promise.resolve(result(id)),
  measure: () => Promise.resolve([]),
  amend: () => true,
  cancel: nothing,
  tokenize: (texts) => Promise.resolve(texts.map(() => [])),
  parity: () => Promise.reject(new EngineError('format', 'manifest.json: reference is missing')),
  ping: () => true,
  endOfTurn: () => Promise.resolve([2]),
  dispose: () => Promise.resolve(),
};

interface FakeWorker extends WorkerLike {
  crash(message: string): void;
  terminated: boolean;
}

/** A worker in this thread: a channel with the engine at its other end, and errors at will. */
function fakeWorker(engine: Partial<WorkerEngine>): FakeWorker {
  const { port1, port2 } = new MessageChannel();
  serve({ ...fine, ...engine }, port2);
  port2.start();
  port1.start();
  const onError: ((event: Event) => void)[] = [];
  return {
    terminated: false,
    postMessage: (message: unknown, transfer: Transferable[] = []) => {
      port1.postMessage(message, transfer);
    },
    addEventListener(type: string, listener: EventListenerOrEventListenerObject) {
      if (type === 'error') onError.push(listener as (event: Event) => void);
      else port1.addEventListener(type, listener as EventListener);
    },
    removeEventListener(type: string, listener: EventListenerOrEventListenerObject) {
      port1.removeEventListener(type, listener as EventListener);
    },
    terminate() {
      this.terminated = true;
      port1.close();
      port2.close();
    },
    crash(message) {
      const event = Object.assign(new Event('error', { cancelable: true }), { message });
      for (const listener of onError) listener(event);
    },
  };
}

let engine: Engine | undefined;
afterEach(() => {
  engine?.dispose();
});
/** Each worker that is started behaves as the next of the list, the last one for ever. */
function start(behaviours: readonly Partial<WorkerEngine>[], options: EngineOptions = {}) {
  const workers: FakeWorker[] = [];
  const created = createEngine({
    spawn: () => {
      const worker = fakeWorker(behaviours[Math.min(workers.length, behaviours.length - 1)] ?? {});
      workers.push(worker);
      return worker;
    },
    ...options,
  });
  engine = created;
  return { engine: created, workers };
}
const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('calls', () => {
  test('a worker is started by the first call, not before', async () => {
    const { engine, workers } = start([{}]);
    expect(workers).toHaveLength(0);
    await engine.load(never, loadRequest, nothing);
    await engine.tokenize(never, ['a']);
    expect(workers).toHaveLength(1);
  });

  test('events come before the result, in order', async () => {
    const { engine } = start([
      {
        run({ id }, onEvent) {
          for (let i = 0; i < 50; i++) onEvent({ kind: 'policy', policy: presetPolicy('none'), since: i });
          return Promise.resolve(result(id));
        },
      },
    ]);
    const since: number[] = [];
    await engine.run(never, run('a'), (event) => {
      if (event.kind === 'policy') since.push(event.since);
    });
    expect(since).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test('a listener that throws does not stop the run', async () => {
    const { engine } = start([
      {
        run({ id }, onEvent) {
          onEvent({ kind: 'prompt', tokens: [] });
          return Promise.resolve(result(id));
        },
      },
    ]);
    const thrown = engine.run(never, run('a'), () => {
      throw new Error('the page');
    });
    expect((await thrown).answer.text).toBe('a');
  });

  test('errors keep their code and message', async () => {
    const { engine } = start([{}]);
    await expect(engine.parity(never, 3)).rejects.toSatisfy(
      (error) => error instanceof EngineError && error.code === 'format' && error.message.includes('reference'),
    );
  });

  test('runs wait for each other, and a failed one holds nobody up', async () => {
    const order: string[] = [];
    const { engine } = start([
      {
        async run({ id }) {
          order.push(`begin ${id}`);
          await later(10);
          order.push(`end ${id}`);
          if (id === 'a') throw new EngineError('policy', 'bad');
          return result(id);
        },
      },
    ]);
    const a = engine.run(never, run('a'), nothing);
    const b = engine.run(never, run('b'), nothing);
    await expect(a).rejects.toMatchObject({ code: 'policy' });
    expect((await b).answer.text).toBe('b');
    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b']);
  });
});

describe('aborting', () => {
  test('a run that computes is cancelled by its id and ends by itself', async () => {
    let stop: (() => void) | undefined;
    const { engine } = start([
      {
        run: ({ id }) =>
          new Promise(
            (resolve) =>
              (stop = () => {
                resolve(result(id, 'stopped'));
              }),
          ),
        cancel: (what) => {
          if (what === 'a') stop?.();
        },
      },
    ]);
    const control = new AbortController();
    const running = engine.run(control.signal, run('a'), nothing);
    await later(20);
    control.abort();
    expect((await running).end).toBe('stopped');
  });

  test('a run that waits leaves at once, and never starts', async () => {
    const started: string[] = [];
    const { engine } = start([
      {
        async run({ id }) {
          started.push(id);
          await later(60);
          return result(id);
        },
      },
    ]);
    const a = engine.run(never, run('a'), nothing);
    const control = new AbortController();
    const b = engine.run(control.signal, run('b'), nothing);
    control.abort();
    await expect(b).rejects.toMatchObject({ code: 'aborted' });
    await a;
    await engine.run(never, run('c'), nothing);
    expect(started).toEqual(['a', 'c']);
  });

  test('a policy changed while its run waits is the one it runs with', async () => {
    const policies: string[] = [];
    const { engine } = start([
      {
        async run({ id, policy }) {
          policies.push(policy.method);
          await later(20);
          return result(id);
        },
      },
    ]);
    const a = engine.run(never, run('a'), nothing);
    const b = engine.run(never, run('b'), nothing);
    expect(await engine.amend('b', presetPolicy('uniform'))).toBe(true);
    await Promise.all([a, b]);
    expect(policies).toEqual(['none', 'uniform']);
  });
});

describe('loading', () => {
  test('the same load in progress is shared, and both hear of its progress', async () => {
    let loads = 0;
    const { engine } = start([
      {
        async load(_, onProgress) {
          loads++;
          onProgress({ phase: 'base', done: 1, total: 2, unit: 'bytes' });
          await later(20);
          onProgress({ phase: 'base', done: 2, total: 2, unit: 'bytes' });
          return model;
        },
      },
    ]);
    const heard: number[] = [];
    const control = new AbortController();
    const one = engine.load(control.signal, loadRequest, nothing);
    const two = engine.load(never, { ...loadRequest }, ({ done }) => heard.push(done));
    // One who leaves does not take it from the other.
    control.abort();
    await expect(one).rejects.toMatchObject({ code: 'aborted' });
    expect(await two).toEqual(model);
    expect(loads).toBe(1);
    expect(heard.at(-1)).toBe(2);
  });

  test('when the last one leaves the worker is told; the next call loads anew', async () => {
    let loads = 0;
    const cancelled: string[] = [];
    let reject: ((error: Error) => void) | undefined;
    const { engine } = start([
      {
        load: () => (++loads === 1 ? new Promise((_, fail) => (reject = fail)) : Promise.resolve(model)),
        cancel: (what) => {
          cancelled.push(what);
          reject?.(new EngineError('aborted', 'cancelled'));
        },
      },
    ]);
    const control = new AbortController();
    const one = engine.load(control.signal, loadRequest, nothing);
    await later(20);
    control.abort();
    await expect(one).rejects.toMatchObject({ code: 'aborted' });
    expect(await engine.load(never, loadRequest, nothing)).toEqual(model);
    expect(cancelled).toEqual(['load']);
    expect(loads).toBe(2);
  });

  test('a failed load is forgotten', async () => {
    let loads = 0;
    const { engine } = start([
      {
        load: () =>
          ++loads === 1 ? Promise.reject(new EngineError('fetch', 'base/part2: broke off')) : Promise.resolve(model),
      },
    ]);
    await expect(engine.load(never, loadRequest, nothing)).rejects.toMatchObject({ code: 'fetch' });
    expect(await engine.load(never, loadRequest, nothing)).toEqual(model);
  });
});

describe('a worker that is lost', () => {
  test('by a crash: the run fails with `worker`, the next starts another and loads the model again', async () => {
    let loads = 0;
    const load = () => {
      loads++;
      return Promise.resolve(model);
    };
    const { engine, workers } = start([{ load, run: () => new Promise(nothing) }, { load }]);
    const crashes: EngineError[] = [];
    engine.onCrash((error) => crashes.push(error));
    await engine.load(never, loadRequest, nothing);
    const running = engine.run(never, run('a'), nothing);
    const waiting = engine.run(never, run('b'), nothing);
    await later(20);
    workers[0]?.crash('RuntimeError: unreachable');
    await expect(running).rejects.toMatchObject({
      code: 'worker',
      message: expect.stringMatching(/unreachable.*next run/) as string,
    });
    expect((await waiting).answer.text).toBe('b');
    expect(workers).toHaveLength(2);
    expect(workers[0]?.terminated).toBe(true);
    expect(loads).toBe(2);
    expect(crashes).toHaveLength(1);
  });

  test('by silence', async () => {
    const { engine } = start(
      [{ run: () => new Promise(nothing), ping: (() => new Promise(nothing)) as unknown as () => boolean }, {}],
      { pingMilliseconds: 10, pingsMissed: 3 },
    );
    await expect(engine.run(never, run('a'), nothing)).rejects.toThrow(/did not answer/);
    expect((await engine.run(never, run('b'), nothing)).answer.text).toBe('b');
  });

  test('one that answers is left alone, however long it takes', async () => {
    const { engine, workers } = start(
      [
        {
          async run({ id }) {
            await later(200);
            return result(id);
          },
        },
      ],
      { pingMilliseconds: 10, pingsMissed: 3 },
    );
    await engine.run(never, run('a'), nothing);
    expect(workers).toHaveLength(1);
  });

  test('by not ending after a cancel', async () => {
    const { engine } = start([{ run: () => new Promise(nothing) }, {}], { graceMilliseconds: 30 });
    const control = new AbortController();
    const running = engine.run(control.signal, run('a'), nothing);
    await later(20);
    control.abort();
    await expect(running).rejects.toThrow(/did not stop within/);
    expect((await engine.run(never, run('b'), nothing)).answer.text).toBe('b');
  });

  test('by an error its runtime does not recover from: the next run gets another, loaded again', async () => {
    let loads = 0;
    const load = () => {
      loads++;
      return Promise.resolve(model);
    };
    const lost = () => Promise.reject(new EngineError('gpu', 'The GPU was lost.'));
    const { engine, workers } = start([{ load, run: lost }, { load }]);
    await engine.load(never, loadRequest, nothing);
    await expect(engine.run(never, run('a'), nothing)).rejects.toMatchObject({ code: 'gpu' });
    expect(workers[0]?.terminated).toBe(true);
    expect((await engine.run(never, run('b'), nothing)).answer.text).toBe('b');
    expect(loads).toBe(2);
  });

  test('an error of the policy leaves it as it is', async () => {
    const { engine, workers } = start([{ run: () => Promise.reject(new EngineError('policy', 'bad')) }]);
    await expect(engine.run(never, run('a'), nothing)).rejects.toMatchObject({ code: 'policy' });
    await expect(engine.run(never, run('b'), nothing)).rejects.toMatchObject({ code: 'policy' });
    expect(workers).toHaveLength(1);
  });

  test('after dispose every call is refused', async () => {
    const { engine } = start([{}]);
    await engine.load(never, loadRequest, nothing);
    engine.dispose();
    await expect(engine.run(never, run('a'), nothing)).rejects.toMatchObject({ code: 'worker' });
  });
});
