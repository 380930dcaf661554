/** The model's life on the page: asked for, loading, ready, failed; and the self-test when nothing else is to be done. */
import type { Engine } from '../engine/client.ts';
import type { LoadProgress, LoadRequest, ParityReport } from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import { backendChoice } from './backends.ts';
import { choose } from './choice.ts';
import { failureFrom, type Failure } from './failures.ts';
import type { FactStore } from './facts.ts';
import type { Clock } from './runs.ts';

/** What the page knows of the device before it loads anything. */
export interface Device {
  /** GiB, rounded down by the browser; absent where it does not tell. */
  readonly memory?: number;
  readonly phone: boolean;
  /** The user asked the browser to save data. */
  readonly saveData: boolean;
}

/** GiB. With less the page is likely to be killed: its peak is about 0.6 GB, and twice that where ONNX Runtime has to take over. */
const ENOUGH_MEMORY = 2;

/** Why the user is asked before the model is loaded; undefined where it can simply load. */
export function reasonToAsk({ memory, phone, saveData }: Device): string | undefined {
  if (memory !== undefined && memory < ENOUGH_MEMORY)
    return `This device has about ${String(memory)} GB of memory; the model needs about 0.6 GB of it for this page alone.`;
  if (phone)
    return 'This looks like a phone: the model is a download of about 150 MB and needs about 0.6 GB of memory.';
  return saveData ? 'Your browser is set to save data; the model is a download of about 150 MB.' : undefined;
}

export interface ModelLife {
  /** Loads at once, or asks first where the device may be too small. */
  begin(device: Device): void;
  load(): void;
  cancel(): void;
  /** Runs the self-test when nothing else runs; a run that comes calls it off until the next pause. */
  test(): void;
  pauseTest(): void;
}

/** Seconds left of a phase, from how long its part so far took; null until that says something. */
export function secondsLeft(progress: LoadProgress, began: number, now: number): number | null {
  const { done, total, cached = 0 } = progress;
  const spent = (now - began) / 1000;
  const fresh = done - cached;
  if (total <= 0 || fresh <= 0 || spent < 1 || done >= total) return null;
  return Math.max(1, Math.round(((total - done) / fresh) * spent));
}

const distance = ({ logits, choices }: ParityReport): string =>
  `On this device its logits differ from the reference by up to ${logits.largest.toPrecision(2)} (allowed: ${String(logits.bound)}), and ${String(choices.equal)} of ${String(choices.compared)} choices are equal.`;

const PROMPTS_TESTED = 1;
/** Milliseconds between two pictures of a phase's progress: nobody reads faster. */
const PROGRESS_EVERY = 100;

export interface ModelOptions {
  readonly store: FactStore;
  readonly engine: Pick<Engine, 'load' | 'parity' | 'onCrash'>;
  readonly clock: Clock;
  readonly manifest: string;
  readonly onReady: () => void;
  /** The self-test has passed. */
  readonly onTested: () => void;
}

export function createModelLife({ store, engine, clock, manifest, onReady, onTested }: ModelOptions): ModelLife {
  let loading: AbortController | undefined;
  let testing: AbortController | undefined;

  function progressed(began: { phase: string; at: number; shown: number }, progress: LoadProgress): void {
    const now = clock.now();
    const news = began.phase !== progress.phase || progress.done >= progress.total;
    if (began.phase !== progress.phase) {
      began.phase = progress.phase;
      began.at = now;
    }
    if (!news && now - began.shown < PROGRESS_EVERY) return;
    began.shown = now;
    store.setState({ model: { kind: 'loading', progress, secondsLeft: secondsLeft(progress, began.at, now) } });
  }

  async function load(): Promise<void> {
    loading?.abort();
    testing?.abort();
    const own = new AbortController();
    loading = own;
    store.setState({ model: { kind: 'loading', progress: null, secondsLeft: null }, parity: { kind: 'none' } });
    const request: LoadRequest = { manifest, backend: store.getState().backend };
    const began = { phase: '', at: clock.now(), shown: 0 };
    try {
      const model = await engine.load(own.signal, request, (progress) => {
        if (loading === own) progressed(began, progress);
      });
      if (loading !== own) return;
      if (request.backend === 'onnx-webgpu') await admit(own.signal);
      if (loading !== own) return;
      store.setState({ model: { kind: 'ready', model } });
      onReady();
    } catch (thrown) {
      if (loading !== own) return;
      const failure = failureFrom(thrown);
      if ((failure.code === 'gpu' || failure.code === 'unsupported') && fallBack(failure)) return;
      store.setState({ model: failure.code === 'aborted' ? { kind: 'cancelled' } : { kind: 'failed', failure } });
    } finally {
      if (loading === own) loading = undefined;
    }
  }

  /** The next best computes the same: the page goes on with it and says why. False where there is none. */
  function fallBack(failure: Failure): boolean {
    const { backend: failed, measured: before } = store.getState();
    const measured = { ...before, [failed]: { failed: failure.why } };
    const { backend } = choose('auto', measured);
    if (backend === failed) return false;
    const incident = { ...failure, todo: `${backendChoice(backend).label} computes instead.` };
    store.setState({ incident, backend, measured, choice: 'auto' });
    void load();
    return true;
  }

  /**
   * Graphics processors differ: one is taken only if it computes what the reference says.
   * @throws EngineError `gpu` when it does not, or when that could not be tested
   */
  async function admit(signal: AbortSignal): Promise<void> {
    store.setState({
      model: {
        kind: 'loading',
        progress: { phase: 'self-test', done: 0, total: 1, unit: 'steps' },
        secondsLeft: null,
      },
    });
    let report: ParityReport;
    try {
      report = await engine.parity(signal, PROMPTS_TESTED);
    } catch (thrown) {
      const failure = failureFrom(thrown);
      if (failure.code === 'aborted') throw thrown;
      throw new EngineError('gpu', `It could not be tested against the reference. ${failure.why}`);
    }
    if (!report.passed) throw new EngineError('gpu', distance(report));
    store.setState({ parity: { kind: 'done', report } });
  }

  async function test(): Promise<void> {
    const { model, parity } = store.getState();
    if (model.kind !== 'ready' || parity.kind !== 'none') return;
    const own = new AbortController();
    testing = own;
    store.setState({ parity: { kind: 'running' } });
    try {
      const report = await engine.parity(own.signal, PROMPTS_TESTED);
      store.setState({ parity: { kind: 'done', report } });
      if (report.passed) onTested();
      else {
        const what = 'The self-test failed';
        fallBack({ ...failureFrom(new EngineError('unsupported', distance(report))), what });
      }
    } catch (thrown) {
      const failure = failureFrom(thrown);
      store.setState({ parity: failure.code === 'aborted' ? { kind: 'none' } : { kind: 'failed', failure } });
    } finally {
      if (testing === own) testing = undefined;
    }
  }

  engine.onCrash((error) => {
    // A crash while loading rejects the load itself.
    if (store.getState().model.kind !== 'ready') return;
    store.setState({ incident: failureFrom(error) });
    void load();
  });

  return {
    begin(device) {
      // Somebody pressed Run before.
      if (store.getState().model.kind !== 'idle') return;
      const reason = reasonToAsk(device);
      if (reason === undefined) void load();
      else store.setState({ model: { kind: 'asking', reason } });
    },
    load() {
      void load();
    },
    cancel() {
      loading?.abort();
    },
    test() {
      void test();
    },
    pauseTest() {
      testing?.abort();
    },
  };
}
