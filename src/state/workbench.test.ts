import { describe, expect, test, vi } from 'vitest';
import type { Policy } from '../core/routing/policy.ts';
import { RULES } from '../core/routing/rules.ts';
import type { Engine } from '../engine/client.ts';
import type {
  LoadedModel,
  LoadProgress,
  LoadRequest,
  ParityReport,
  RunEvent,
  RunRequest,
  RunResult,
} from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import type { Workbench, WorkbenchOptions } from './actions.ts';
import { createWorkbench } from './workbench.ts';

const EXPERTS = ['past-tense', 'plural', 'addition'];

const model: LoadedModel = {
  package: { id: 'smollm2-135m', label: 'Test', licence: 'none', hash: 'ab'.repeat(32) },
  library: {
    experts: EXPERTS.map((id) => ({ id, label: id, badge: id.slice(0, 2), family: 'words' })),
    sites: [0, 1].map((i) => ({ layer: 0, input: i === 0 ? 'attn' : 'ffn', name: `L0.${String(i)}` })),
    width: 4,
    has: ['gates'],
  },
  context: 128,
  backend: {
    id: 'onnx-wasm',
    label: 'fake',
    threads: 1,
    scoreError: 0,
    logitError: 0,
    notices: [],
    milliseconds: {},
    bytes: 0,
  },
};
const loadedBy = ({ backend }: LoadRequest): LoadedModel => ({ ...model, backend: { ...model.backend, id: backend } });
/** Milliseconds a token of the page's own engine while its speed is measured. */
const OWN = 20;
const timed = (request: RunRequest, token: number): RunResult => ({
  prompt: { text: request.prompt.text, tokens: [] },
  answer: { text: 'a b', tokens: [word('a'), word('b')] },
  trace: trace(3),
  terms: [],
  policy: request.policy,
  end: 'limit',
  milliseconds: { prefill: 5 * token, decode: token, policy: 0, total: 6 * token },
  reused: { tokens: 0, site: 0 },
});
const report: ParityReport = {
  backend: 'fake',
  prompts: 1,
  logits: { largest: 0, bound: 1, compared: 1 },
  scores: { largest: 0, bound: 1 },
  choices: { equal: 1, compared: 1, bound: 1 },
  passed: true,
  milliseconds: 1,
};

const trace = (tokens: number) => ({
  sites: 2,
  tokens,
  slots: 1,
  units: 3,
  experts: new Int16Array(2 * tokens),
  weights: new Float32Array(2 * tokens).fill(1),
});
const word = (text: string) => ({ id: 1, text, template: false, logprob: -1, top: [] });

interface FakeRun {
  readonly request: RunRequest;
  readonly signal: AbortSignal;
  /** The prompt (two tokens) and the first token of the answer. */
  begin(): void;
  amended: Policy | undefined;
  emit(event: RunEvent): void;
  finish(text?: string, policy?: Policy): Promise<void>;
  fail(error: Error): Promise<void>;
}

interface Extras {
  readonly measuring?: WorkbenchOptions['measuring'];
  readonly kept?: Map<string, string>;
}

function setUp(hash = '', { measuring, kept = new Map<string, string>() }: Extras = {}) {
  const runs: FakeRun[] = [];
  const parity = { report };
  const loads: { finish(): Promise<void>; fail(e: Error): Promise<void>; progress(p: LoadProgress): void }[] = [];
  let crash: (error: EngineError) => void = () => undefined;
  const settle = () => vi.advanceTimersByTimeAsync(1);
  const engine: Engine = {
    load: (signal, request, onProgress) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new EngineError('aborted', 'cancelled'));
        });
        loads.push({
          progress: onProgress,
          finish() {
            resolve(loadedBy(request));
            return settle().then(() => undefined);
          },
          fail(error) {
            reject(error);
            return settle().then(() => undefined);
          },
        });
      }),
    measure: () => Promise.resolve([]),
    run: (signal, request, onEvent) =>
      new Promise<RunResult>((resolve, reject) => {
        if (request.id.startsWith('timing')) {
          resolve(timed(request, OWN));
          return;
        }
        const result = (text: string, end: RunResult['end'], policy = run.amended ?? request.policy): RunResult => ({
          prompt: { text: request.prompt.text, tokens: [] },
          answer: { text, tokens: [word(text)] },
          trace: trace(3),
          terms: [],
          policy,
          end,
          milliseconds: { prefill: 1, decode: 1, policy: 0, total: 2 },
          reused: { tokens: 0, site: 0 },
        });
        const run: FakeRun = {
          request,
          signal,
          amended: undefined,
          emit: onEvent,
          begin() {
            onEvent({ kind: 'prompt', tokens: [] });
            onEvent({ kind: 'block', block: { ...trace(2), first: 0 } });
            onEvent({ kind: 'token', token: word('one') });
          },
          finish(text = 'done', policy) {
            resolve(result(text, 'end-of-turn', policy));
            return settle().then(() => undefined);
          },
          fail(error) {
            reject(error);
            return settle().then(() => undefined);
          },
        };
        signal.addEventListener('abort', () => {
          resolve(result('half', 'stopped'));
        });
        runs.push(run);
      }),
    amend(id, policy) {
      const run = runs.find((r) => r.request.id === id);
      if (run) run.amended = policy;
      return Promise.resolve(run !== undefined);
    },
    tokenize: () => Promise.resolve([]),
    parity: () => Promise.resolve(parity.report),
    onCrash(listener) {
      crash = listener;
      return () => undefined;
    },
    dispose: () => undefined,
  };
  const entries: string[] = [hash];
  const replaced = { count: 0 };
  let at = 0;
  let popped: () => void = () => undefined;
  const put = (url: string | URL | null | undefined) => String(url).replace('/app', '');
  const bar = {
    location: {
      origin: 'https://example.org',
      pathname: '/app',
      search: '',
      get hash() {
        return entries[at] ?? '';
      },
    },
    history: {
      pushState(_: unknown, __: string, url?: string | URL | null) {
        entries.splice(at + 1, Infinity, put(url));
        at += 1;
      },
      replaceState(_: unknown, __: string, url?: string | URL | null) {
        replaced.count += 1;
        entries[at] = put(url);
      },
    },
    addEventListener: (_: 'popstate', listener: () => void) => {
      popped = listener;
    },
    removeEventListener: () => undefined,
    setTimeout: (task: () => void, ms: number) => Number(setTimeout(task, ms)),
  };
  const workbench = createWorkbench({
    engine,
    rules: RULES,
    bar,
    keep: { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v) },
    clock: {
      now: () => Date.now(),
      after(ms, task) {
        const timer = setTimeout(task, ms);
        return () => {
          clearTimeout(timer);
        };
      },
    },
    manifest: 'https://example.org/app/models/x/manifest.json',
    ...(measuring && { measuring }),
  });
  return {
    workbench,
    runs,
    loads,
    parity,
    entries,
    replaced,
    kept,
    crash: (error: EngineError) => {
      crash(error);
    },
    go: async (by: number) => {
      at += by;
      popped();
      await wait(10);
    },
  };
}

const wait = (ms = 1000) => vi.advanceTimersByTimeAsync(ms);
const roomy = { memory: 8, phone: false, saveData: false };
const lane = (workbench: Workbench, i = 0) => workbench.store.getState().lanes[i];
const policyOf = (workbench: Workbench, i = 0) => workbench.store.getState().experiment.policies[i];

async function ready(hash?: string, extras?: Extras) {
  vi.useFakeTimers();
  const page = setUp(hash, extras);
  await page.workbench.begin(undefined);
  page.workbench.beginLoad(roomy);
  await page.loads[0]?.finish();
  return page;
}

describe('model', () => {
  test('a small device is asked first, a cancelled load can be repeated, a failed one says why', async () => {
    vi.useFakeTimers();
    const { workbench, loads } = setUp();
    await workbench.begin(undefined);
    workbench.beginLoad({ memory: 1, phone: false, saveData: false });
    expect(workbench.store.getState().model.kind).toBe('asking');
    workbench.loadModel();
    await wait(0);
    loads[0]?.progress({ phase: 'base', done: 10, total: 100, unit: 'bytes' });
    await wait(2000);
    loads[0]?.progress({ phase: 'base', done: 50, total: 100, unit: 'bytes' });
    expect(workbench.store.getState().model).toMatchObject({ kind: 'loading', secondsLeft: 2 });
    workbench.cancelLoad();
    await wait(0);
    expect(workbench.store.getState().model.kind).toBe('cancelled');
    workbench.loadModel();
    await loads[1]?.fail(new EngineError('hash', 'experts/plural: wrong hash'));
    expect(workbench.store.getState().model).toMatchObject({
      kind: 'failed',
      failure: { why: 'experts/plural: wrong hash' },
    });
    workbench.loadModel();
    await loads[2]?.finish();
    expect(workbench.store.getState().model.kind).toBe('ready');
    expect(workbench.store.getState().parity.kind).toBe('done');
  });

  test('a graphics processor that computes something else is not taken', async () => {
    const { workbench, loads, parity } = await ready();
    parity.report = { ...report, passed: false };
    workbench.setBackend('onnx-webgpu');
    await loads[1]?.finish();
    expect(workbench.store.getState()).toMatchObject({
      backend: 'simd',
      model: { kind: 'loading' },
      incident: { code: 'gpu' },
    });
    parity.report = report;
    await loads[2]?.finish();
    expect(workbench.store.getState().model.kind).toBe('ready');
  });

  test('kernels that compute something else, or that cannot be had, give way to ONNX Runtime', async () => {
    for (const fault of ['wrong', 'missing']) {
      vi.useFakeTimers();
      const { workbench, loads, parity } = setUp();
      await workbench.begin(undefined);
      workbench.beginLoad(roomy);
      if (fault === 'wrong') parity.report = { ...report, passed: false };
      if (fault === 'wrong') await loads[0]?.finish();
      else await loads[0]?.fail(new EngineError('unsupported', 'This browser has no WebAssembly SIMD.'));
      expect(workbench.store.getState()).toMatchObject({
        backend: 'onnx-wasm',
        model: { kind: 'loading' },
        incident: { todo: expect.stringContaining('ONNX') as string },
      });
      parity.report = report;
      await loads[1]?.finish();
      expect(workbench.store.getState()).toMatchObject({ model: { kind: 'ready' }, parity: { kind: 'done' } });
    }
  });

  test('a crash is told, and the model loads again', async () => {
    const { workbench, loads, crash } = await ready();
    crash(new EngineError('worker', 'the worker stopped answering'));
    expect(workbench.store.getState().incident?.why).toBe('the worker stopped answering');
    expect(loads).toHaveLength(2);
  });
});

describe('runs', () => {
  test('a run asked for before the model is there starts with it', async () => {
    vi.useFakeTimers();
    const { workbench, loads, runs } = setUp();
    await workbench.begin(undefined);
    workbench.beginLoad(roomy);
    workbench.setPrompt({ text: 'Hello' });
    workbench.run();
    expect(lane(workbench)?.state).toBe('waiting');
    expect(runs).toHaveLength(0);
    await loads[0]?.finish();
    expect(runs).toHaveLength(1);
    await runs[0]?.finish('Hi');
    expect(lane(workbench)).toMatchObject({ state: 'idle', shown: { answer: { text: 'Hi' }, end: 'end-of-turn' } });
  });

  test('a streaming run shows its tokens; stopped, it keeps them', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    runs[0]?.begin();
    await wait(100);
    expect(lane(workbench)).toMatchObject({ state: 'running', shown: { end: null, trace: { tokens: 2 } } });
    workbench.stop();
    await wait(0);
    expect(lane(workbench)).toMatchObject({ state: 'idle', shown: { end: 'stopped', answer: { text: 'half' } } });
  });

  test('a changed slider runs again by itself, once for a drag; undo shows the old run without a new one', async () => {
    const { workbench, runs } = await ready();
    workbench.setMethod(0, 'glider');
    await wait();
    await runs[0]?.finish('three');
    for (const c of [4, 5, 6]) workbench.setParam(0, 'score', 'c', c, { gesture: 'drag-1' });
    await wait();
    expect(runs).toHaveLength(2);
    expect(runs[1]?.request.policy.score.params.c).toBe(6);
    await runs[1]?.finish('six');
    workbench.undo();
    await wait();
    expect(runs).toHaveLength(2);
    expect(policyOf(workbench)?.score.params.c).toBe(3);
    expect(lane(workbench)?.shown?.answer.text).toBe('three');
    workbench.redo();
    await wait();
    expect(lane(workbench)?.shown?.answer.text).toBe('six');
  });

  test('a newer change supersedes a run in progress', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    workbench.setParam(0, 'select', 'k', 3);
    await wait();
    expect(runs[0]?.signal.aborted).toBe(true);
    await runs[1]?.finish('new');
    expect(lane(workbench)?.shown?.answer.text).toBe('new');
  });

  test('Run, pressed while just this is computed, leaves it alone; with another prompt it starts that one', async () => {
    const { workbench, runs } = await ready();
    workbench.setPrompt({ text: 'Name an animal.' });
    workbench.run();
    await wait(0);
    workbench.run();
    await wait();
    expect(runs).toHaveLength(1);
    expect(runs[0]?.signal.aborted).toBe(false);
    workbench.setPrompt({ text: 'Name a plant.' });
    workbench.run();
    await wait(0);
    expect(runs[0]?.signal.aborted).toBe(true);
    await runs[1]?.finish('Fern');
    expect(lane(workbench)).toMatchObject({ state: 'idle', shown: { answer: { text: 'Fern' } } });
  });

  test('what is given up by a change of the backend waits no longer, and runs again once the other is there', async () => {
    const { workbench, runs, loads } = await ready();
    workbench.run();
    await wait(0);
    workbench.setBackend('onnx-wasm');
    expect(lane(workbench)?.state).toBe('idle');
    expect(runs[0]?.signal.aborted).toBe(true);
    await loads.at(-1)?.finish();
    await wait();
    await runs.at(-1)?.finish('again');
    expect(lane(workbench)).toMatchObject({ state: 'idle', shown: { answer: { text: 'again' } } });
  });

  test('an edit made while the answer is written reaches that run and is kept with its first token', async () => {
    const { workbench, runs, entries } = await ready();
    workbench.run();
    await wait(0);
    runs[0]?.begin();
    await wait(100);
    workbench.addEdit(0, { kind: 'mute', experts: ['plural'] });
    await wait();
    expect(runs).toHaveLength(1);
    const sent = runs[0]?.amended;
    expect(sent?.edits).toEqual([{ kind: 'mute', experts: ['plural'] }]);
    if (!sent || !runs[0]) return;
    const settled: Policy = { ...sent, edits: [{ kind: 'mute', experts: ['plural'], since: 3 }] };
    runs[0].emit({ kind: 'policy', policy: settled, since: 3 });
    expect(policyOf(workbench)?.edits).toEqual(settled.edits);
    await runs[0].finish('half muted', settled);
    await wait();
    expect(entries.at(-1)).toContain('A.edits.0.since=3');
    expect(runs).toHaveLength(1);

    workbench.applyFromStart(0);
    await wait();
    expect(runs[1]?.request.policy.edits).toEqual([{ kind: 'mute', experts: ['plural'] }]);
  });

  test('an edit that comes with the last token, too late to take part, holds from the start of a new run', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    runs[0]?.begin();
    await wait(100);
    workbench.addEdit(0, { kind: 'mute', experts: ['plural'] });
    await wait(0);
    await runs[0]?.finish('done', runs[0].request.policy);
    await wait();
    expect(runs).toHaveLength(2);
    expect(runs[1]?.request.policy.edits).toEqual([{ kind: 'mute', experts: ['plural'] }]);
  });

  test('a parameter changed while the answer is written starts anew', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    runs[0]?.begin();
    workbench.setParam(0, 'select', 'k', 3);
    await wait();
    expect(runs).toHaveLength(2);
  });

  test('a failed run says why, keeps the last good one, and the next runs', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    await runs[0]?.finish('good');
    workbench.run();
    await wait(0);
    await runs[1]?.fail(new EngineError('context', 'too long by 3 tokens'));
    expect(lane(workbench)).toMatchObject({
      state: 'idle',
      shown: { answer: { text: 'good' } },
      failure: { code: 'context', why: 'too long by 3 tokens' },
    });
    workbench.run();
    await wait(0);
    await runs[2]?.finish('again');
    expect(lane(workbench)).toMatchObject({ failure: null, shown: { answer: { text: 'again' } } });
  });

  test('how likely each answer is under the other policy is computed, and void with another run', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    await runs[0]?.finish('as A');
    workbench.addPolicy();
    workbench.setParam(1, 'select', 'k', 1);
    await wait();
    await runs[1]?.finish('as B');
    const computed = workbench.computeLikelihoods();
    await wait(0);
    expect(runs[2]?.request).toMatchObject({ answer: [1], policy: { select: { params: { k: 1 } } } });
    await runs[2]?.finish();
    await runs[3]?.finish();
    await computed;
    expect(workbench.store.getState().likelihoods).toEqual({ aUnderB: -1, bUnderA: -1 });
    workbench.run();
    await wait(0);
    await runs[4]?.finish('another');
    expect(workbench.store.getState().likelihoods).toEqual({});
  });

  test('A is kept while B changes', async () => {
    const { workbench, runs } = await ready();
    workbench.run();
    await wait(0);
    await runs[0]?.finish('as A');
    workbench.addPolicy();
    await wait();
    expect(workbench.store.getState().active).toBe(1);
    expect(lane(workbench, 1)?.shown?.answer.text).toBe('as A');
    workbench.setParam(1, 'select', 'k', 1);
    await wait();
    expect(runs).toHaveLength(2);
    await runs[1]?.finish('as B');
    expect([0, 1].map((i) => lane(workbench, i)?.shown?.answer.text)).toEqual(['as A', 'as B']);
    workbench.removePolicy(0);
    await wait();
    expect(workbench.store.getState().lanes.map((l) => l.shown?.answer.text)).toEqual(['as B']);
    expect(runs).toHaveLength(2);
  });
});

describe('address', () => {
  test('a drag leaves one entry, and back brings the old experiment and its run', async () => {
    const { workbench, runs, entries, replaced, go } = await ready();
    workbench.setMethod(0, 'glider');
    await wait();
    await runs[0]?.finish('three');
    const before = entries.length;
    for (let c = 4; c < 40; c++) {
      workbench.setParam(0, 'score', 'c', c, { gesture: 'drag-1' });
      await wait(16);
    }
    await wait();
    expect(entries).toHaveLength(before + 1);
    // Browsers refuse more than about a hundred changes of the address in half a minute.
    expect(replaced.count).toBeLessThan(6);
    expect(entries.at(-1)).toContain('A.score.c=39');
    await go(-1);
    await wait();
    expect(policyOf(workbench)?.score.params.c).toBe(3);
    expect(lane(workbench)?.shown?.answer.text).toBe('three');
    await go(1);
    expect(policyOf(workbench)?.score.params.c).toBe(39);
  });

  test('an opened link recomputes, names what it could not use, and tells whether it came out the same', async () => {
    const link = '#v1&prompt.text=Hi&A=phatgoose&A.select.k=99&A.answer=0123456789abcdef&A.routes=0123456789abcdef';
    const { workbench, runs } = await ready(link);
    await wait();
    expect(workbench.store.getState().problems.map((p) => p.field)).toEqual(['A.select.k']);
    expect(runs).toHaveLength(1);
    vi.useRealTimers();
    await runs[0]?.finish().catch(() => undefined);
    await vi.waitFor(() => {
      expect(workbench.store.getState().digests).toEqual([false]);
    });
  });

  test('a shared link tells the same page that it came out the same', async () => {
    const { workbench, runs } = await ready('#v1&prompt.text=Hi&A=phatgoose');
    await wait();
    await runs[0]?.finish('Hello');
    vi.useRealTimers();
    const link = await workbench.makeLink();
    expect(link).toMatch(/^https:\/\/example\.org\/app#v1&prompt\.text=Hi&A=phatgoose&A\.answer="?[0-9a-f%"]+/);
    const again = await ready((link ?? '').replace('https://example.org/app', ''));
    await wait();
    const finished = again.runs[0]?.finish('Hello');
    vi.useRealTimers();
    await finished;
    await vi.waitFor(() => {
      expect(again.workbench.store.getState().digests).toEqual([true]);
    });
    expect(again.workbench.store.getState().problems).toEqual([]);
  });

  test('looks at held-out test stay with an experiment that is edited, and go along in its link', async () => {
    vi.useRealTimers();
    const { workbench } = await ready('#v1&prompt.text=Hi&A=phatgoose');
    for (const id of ['ab'.repeat(8), '0123456789012345', 'ab'.repeat(8)]) workbench.addLook(id);
    workbench.setMethod(0, 'uniform');
    const looks = ['0123456789012345', 'ab'.repeat(8)];
    expect(workbench.store.getState().experiment.looks).toEqual(looks);
    const link = (await workbench.makeLink()) ?? '';
    const again = await ready(link.slice(link.indexOf('#')));
    expect(again.workbench.store.getState().problems).toEqual([]);
    expect(again.workbench.store.getState().experiment.looks).toEqual(looks);
  });
});

test('preferences are kept in the browser and read again, whatever else stands there', async () => {
  const { workbench, kept } = await ready();
  workbench.setTheme('dark');
  expect(JSON.parse([...kept.values()][0] ?? '')).toEqual({ theme: 'dark', choice: 'auto', measured: {} });
});

describe('what computes', () => {
  const fake = (token: number): Pick<Engine, 'load' | 'run' | 'dispose'> => ({
    load: (_signal, request) => Promise.resolve(loadedBy(request)),
    run: (_signal, request) => Promise.resolve(timed(request, token)),
    dispose: () => undefined,
  });
  const measuring = (tokens: readonly number[], gpu = true) => {
    const left = [...tokens];
    return { spawn: () => ({ ...fake(left.shift() ?? NaN) }) as Engine, hasGpu: () => Promise.resolve(gpu) };
  };

  test('measured once the page rests, kept, and chosen on the next visit', async () => {
    const page = await ready('', { measuring: measuring([4]) });
    await wait(5000);
    const { measured, backend, choice } = page.workbench.store.getState();
    expect(measured).toMatchObject({ simd: { token: 20, prefill: 100 }, 'onnx-webgpu': { token: 4 } });
    expect({ backend, choice }).toEqual({ backend: 'simd', choice: 'auto' });
    const again = setUp('', { measuring: measuring([]), kept: page.kept });
    expect(again.workbench.store.getState().backend).toBe('onnx-webgpu');
  });

  test('without a graphics processor the rival on the same processor is not loaded unasked', async () => {
    const { workbench } = await ready('', { measuring: measuring([], false) });
    await wait(5000);
    expect(Object.keys(workbench.store.getState().measured)).toEqual(['simd']);
    expect(workbench.store.getState().measuring).toBeNull();
  });

  test('a measurement asked for takes effect at once; a small gain does not', async () => {
    for (const [onnx, taken] of [
      [19, 'simd'],
      [10, 'onnx-wasm'],
    ] as const) {
      const { workbench, loads } = await ready('', { measuring: measuring([onnx], false) });
      workbench.measureBackends();
      await wait(100);
      expect(workbench.store.getState().backend).toBe(taken);
      expect(loads).toHaveLength(taken === 'simd' ? 1 : 2);
    }
  });

  test('a run stops the measurement; what failed is not taken again but on the user’s word', async () => {
    const { workbench, loads, parity, kept } = await ready('', { measuring: measuring([20], false) });
    parity.report = { ...report, passed: false };
    workbench.setBackend('onnx-webgpu');
    await loads[1]?.finish();
    const { backend, choice, measured } = workbench.store.getState();
    expect({ backend, choice }).toEqual({ backend: 'simd', choice: 'auto' });
    expect(measured['onnx-webgpu']).toMatchObject({ failed: expect.stringContaining('differ') as string });
    expect(kept.get('switchyard.preferences')).toContain('failed');
    parity.report = report;
    workbench.setBackend('onnx-webgpu');
    await loads[3]?.finish();
    expect(workbench.store.getState()).toMatchObject({ backend: 'onnx-webgpu', model: { kind: 'ready' } });
    workbench.measureBackends();
    await wait(0);
    workbench.run();
    await wait(0);
    expect(workbench.store.getState().measuring).toBeNull();
  });
});
