/**
 * The page's side of the engine: starts the worker, keeps calls in order, hears of aborts, notices a worker that crashed or
 * no longer answers, and replaces it. All rejections are EngineErrors.
 */
import * as Comlink from 'comlink';
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { Policy } from '../core/routing/policy.ts';
import type {
  EngineApi,
  EngineErrorCode,
  LoadProgress,
  LoadRequest,
  LoadedModel,
  MeasureRequest,
  ParityReport,
  RunEvent,
  RunRequest,
  RunResult,
  TokenText,
} from '../protocol/engine.ts';
import { EngineError, engineErrorFrom } from '../protocol/error.ts';
import { shareLoads } from './shared-load.ts';
import { startThread, type Thread, type ThreadOptions, type WorkerLike } from './thread.ts';

export interface Engine {
  /**
   * Loads a model, or joins the same load in progress. An abort rejects at once with `aborted`; the download itself stops
   * when nobody waits for it any more, and what was finished is kept. A failed load is forgotten: call again to try again.
   */
  load(signal: AbortSignal, request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<LoadedModel>;
  /**
   * Runs wait for each other. Aborted while it waits, a run rejects at once with `aborted`; aborted while it computes, it
   * resolves within 200 ms with what it has, `end: 'stopped'`.
   */
  run(signal: AbortSignal, request: RunRequest, onEvent: (event: RunEvent) => void): Promise<RunResult>;
  /** One measurement for each policy. Waits its turn as runs do; aborted, it rejects with `aborted`. */
  measure(signal: AbortSignal, request: MeasureRequest): Promise<readonly Measurement[]>;
  /** A changed policy for a run that waits or computes; false when it is over. */
  amend(run: string, policy: Policy): Promise<boolean>;
  tokenize(signal: AbortSignal, texts: readonly string[]): Promise<readonly (readonly TokenText[])[]>;
  parity(signal: AbortSignal, prompts: number): Promise<ParityReport>;
  /** Told each time a worker was lost; a new one is started, and the model loaded again, by the next call. Returns how to stop listening. */
  onCrash(listener: (error: EngineError) => void): () => void;
  dispose(): void;
}

export interface EngineOptions extends Partial<ThreadOptions> {
  readonly spawn?: () => WorkerLike;
}

const SPOILT: readonly EngineErrorCode[] = ['memory', 'gpu'];
/** A session that could not be made may have left the runtime half initialised. */
const SPOILT_BY_LOADING: readonly EngineErrorCode[] = [...SPOILT, 'internal'];

const spawnWorker = (): WorkerLike =>
  new Worker(new URL('../../workers/inference.worker.ts', import.meta.url), { type: 'module', name: 'switchyard' });

export function createEngine(options: EngineOptions = {}): Engine {
  const listeners = new Set<(error: EngineError) => void>();
  const waiting = new Map<string, { policy: Policy }>();
  const loads = shareLoads();
  let thread: Thread | undefined;
  /** The model that was asked for last: what a new worker loads before it runs anything. */
  let wanted: LoadRequest | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let disposed = false;

  function current(): Thread {
    if (disposed) throw new EngineError('worker', 'This engine was closed.');
    if (thread !== undefined) return thread;
    const started = startThread((options.spawn ?? spawnWorker)(), options, (error) => {
      if (thread === started) thread = undefined;
      for (const listener of listeners) listener(error);
    });
    thread = started;
    return started;
  }

  /** One after the other; an abort while waiting rejects at once. */
  function inOrder<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        reject(new EngineError('aborted', 'It was cancelled before its turn came.'));
      };
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave, { once: true });
      tail = tail.then(async () => {
        signal.removeEventListener('abort', leave);
        if (signal.aborted) return;
        try {
          resolve(await task());
        } catch (error) {
          reject(engineErrorFrom(error));
        }
      });
    });
  }

  /** A runtime that ran out of memory or lost its GPU does not recover in the same thread: the next call gets another. */
  async function retiring<T>(from: Thread, codes: readonly EngineErrorCode[], answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const { code } = engineErrorFrom(error);
      if (thread === from && codes.includes(code)) {
        thread = undefined;
        from.stop(new EngineError('worker', 'The engine is started again.'));
      }
      throw error;
    }
  }

  function load(
    signal: AbortSignal,
    request: LoadRequest,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<LoadedModel> {
    wanted = request;
    return loads.join(signal, JSON.stringify(request), onProgress, (stop, send) => {
      const into = current();
      const loaded = into.call(
        (api) => api.load(request, Comlink.proxy(send)),
        stop,
        (api) => api.cancel('load'),
      );
      return retiring(into, SPOILT_BY_LOADING, loaded);
    });
  }

  /** The worker, with a model: after a crash the one that was lost is loaded again. */
  async function ready(signal: AbortSignal): Promise<Thread> {
    const into = current();
    if (wanted !== undefined && !into.used) await load(signal, wanted, () => undefined);
    return current();
  }

  /** Calls that need a model. */
  const ask = <T>(
    signal: AbortSignal,
    call: (api: Comlink.Remote<EngineApi>) => Promise<T>,
    cancel?: (api: Comlink.Remote<EngineApi>) => Promise<unknown>,
  ): Promise<T> =>
    inOrder(signal, async () => {
      const from = await ready(signal);
      return retiring(from, SPOILT, from.call(call, signal, cancel));
    });

  return {
    async load(signal, request, onProgress) {
      return load(signal, request, onProgress);
    },
    async run(signal, request, onEvent) {
      const entry = { policy: request.policy };
      waiting.set(request.id, entry);
      try {
        return await ask(
          signal,
          (api) => {
            waiting.delete(request.id);
            return api.run({ ...request, policy: entry.policy }, Comlink.proxy(onEvent));
          },
          (api) => api.cancel(request.id),
        );
      } finally {
        waiting.delete(request.id);
      }
    },
    async amend(run, policy) {
      const entry = waiting.get(run);
      if (entry !== undefined) {
        entry.policy = policy;
        return true;
      }
      if (thread === undefined) return false;
      return thread.call((api) => api.amend(run, policy)).catch(() => false);
    },
    measure: (signal, request) =>
      ask(
        signal,
        (api) => api.measure(request),
        (api) => api.cancel(request.id),
      ),
    tokenize: (signal, texts) => ask(signal, (api) => api.tokenize(texts)),
    parity: (signal, prompts) =>
      ask(
        signal,
        (api) => api.parity(prompts),
        (api) => api.cancel('parity'),
      ),
    onCrash(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose() {
      disposed = true;
      thread?.stop(new EngineError('worker', 'This engine was closed.'));
      thread = undefined;
    },
  };
}
