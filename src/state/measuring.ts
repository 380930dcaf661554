/** Measures, on this device, how fast the backends are: by itself once nothing else is to be done, or all on request. */
import type { Engine } from '../engine/client.ts';
import { timeEngine } from '../engine/timing.ts';
import type { BackendId } from '../protocol/engine.ts';
import { BACKENDS } from './backends.ts';
import { choose, type Measurements } from './choice.ts';
import type { FactStore } from './facts.ts';
import { failureFrom } from './failures.ts';
import type { Clock } from './runs.ts';

export interface MeasuringOptions {
  readonly store: FactStore;
  /** The page's own: what it has loaded is not loaded twice. */
  readonly engine: Engine;
  /** Another one, for a backend that the page does not run. */
  readonly spawn: () => Engine;
  /** Whether this device has a graphics processor of its own, not an emulated one. */
  readonly hasGpu: () => Promise<boolean>;
  readonly clock: Clock;
  readonly manifest: string;
  /** What the measurements choose now; only after a measurement that the user asked for. */
  readonly onChosen: (backend: BackendId) => void;
}

export interface Measuring {
  /** What has a chance to be chosen and was never measured, one after the other, once the page has rested. */
  auto(): void;
  /** All that this device has, anew. */
  all(): Promise<void>;
  /** Stops; what is measured is kept. */
  stop(): void;
}

/** Milliseconds without anything to compute before the page measures by itself. */
const REST = 2000;

export function createMeasuring({
  store,
  engine,
  spawn,
  hasGpu,
  clock,
  manifest,
  onChosen,
}: MeasuringOptions): Measuring {
  let running: AbortController | undefined;
  let cancelWait: (() => void) | undefined;

  const note = (backend: BackendId, entry: Measurements[BackendId]): void => {
    store.setState(({ measured }) => ({ measured: { ...measured, [backend]: entry } }));
  };

  async function time(backend: BackendId, signal: AbortSignal): Promise<void> {
    const { model } = store.getState();
    const loaded = model.kind === 'ready' && model.model.backend.id === backend ? model.model : undefined;
    const own = loaded === undefined ? spawn() : undefined;
    const timed = own ?? engine;
    try {
      const { threads } = (loaded ?? (await timed.load(signal, { manifest, backend }, () => undefined))).backend;
      note(backend, { ...(await timeEngine(timed, signal)), threads });
    } catch (thrown) {
      const failure = failureFrom(thrown);
      if (failure.code === 'aborted') throw thrown;
      note(backend, { failed: failure.why });
    } finally {
      own?.dispose();
    }
  }

  /** @returns false when it was stopped */
  async function measure(backends: readonly BackendId[]): Promise<boolean> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      for (const backend of backends) {
        store.setState({ measuring: backend });
        await time(backend, mine.signal);
        if (mine.signal.aborted) return false;
      }
      return true;
    } catch {
      // Failures are noted one by one: this is a stop.
      return false;
    } finally {
      if (running === mine) {
        running = undefined;
        store.setState({ measuring: null });
      }
    }
  }

  async function untimed(): Promise<readonly BackendId[]> {
    const { backend, measured } = store.getState();
    // ONNX on WASM computes the same on the same processor in float32, behind a download of its own: on request only.
    const contenders: readonly BackendId[] = (await hasGpu()) ? [backend, 'onnx-webgpu'] : [backend];
    return [...new Set(contenders)].filter((id) => measured[id] === undefined);
  }

  const resting = (): boolean => {
    const { model, parity, choice } = store.getState();
    return running === undefined && choice === 'auto' && model.kind === 'ready' && parity.kind === 'done';
  };

  return {
    auto() {
      cancelWait?.();
      if (!resting()) return;
      cancelWait = clock.after(REST, () => {
        void untimed().then((backends) => (resting() && backends.length > 0 ? measure(backends) : false));
      });
    },
    async all() {
      cancelWait?.();
      store.setState({ measured: {} });
      const gpu = await hasGpu();
      const done = await measure(BACKENDS.map(({ id }) => id).filter((id) => id !== 'onnx-webgpu' || gpu));
      const { choice, measured } = store.getState();
      if (done && choice === 'auto') onChosen(choose(choice, measured).backend);
    },
    stop() {
      cancelWait?.();
      running?.abort();
    },
  };
}
