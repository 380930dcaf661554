/** A load in progress is shared by all who ask for the same; it stops when the last of them leaves, and a failed one is forgotten. */
import type { LoadProgress, LoadedModel } from '../protocol/engine.ts';
import { EngineError, engineErrorFrom } from '../protocol/error.ts';

type Listener = (progress: LoadProgress) => void;

interface Shared {
  readonly key: string;
  readonly promise: Promise<LoadedModel>;
  readonly listeners: Set<Listener>;
  readonly stop: AbortController;
  latest: LoadProgress | undefined;
}

export interface SharedLoads {
  /** @param begin starts the load; `stop` is aborted when nobody waits any more */
  join(
    signal: AbortSignal,
    key: string,
    onProgress: Listener,
    begin: (stop: AbortSignal, send: Listener) => Promise<LoadedModel>,
  ): Promise<LoadedModel>;
}

export function shareLoads(): SharedLoads {
  let shared: Shared | undefined;

  function start(key: string, begin: (stop: AbortSignal, send: Listener) => Promise<LoadedModel>): Shared {
    const stop = new AbortController();
    const listeners = new Set<Listener>();
    const send: Listener = (progress) => {
      started.latest = progress;
      for (const listener of listeners) listener(progress);
    };
    const promise = Promise.resolve()
      .then(() => begin(stop.signal, send))
      .finally(() => {
        if (shared === started) shared = undefined;
      });
    const started: Shared = { key, promise, listeners, stop, latest: undefined };
    return started;
  }

  return {
    join(signal, key, onProgress, begin) {
      // One that is being stopped is over for whoever comes now.
      const mine = shared?.key === key && !shared.stop.signal.aborted ? shared : start(key, begin);
      shared = mine;
      // Each call listens for itself, also when two give the same function.
      const listener: Listener = (progress) => {
        onProgress(progress);
      };
      mine.listeners.add(listener);
      if (mine.latest !== undefined) onProgress(mine.latest);
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          mine.listeners.delete(listener);
          if (mine.listeners.size === 0) mine.stop.abort();
          reject(new EngineError('aborted', 'Loading was cancelled.'));
        };
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
        mine.promise
          .then(resolve, (error: unknown) => {
            reject(engineErrorFrom(error));
          })
          .finally(() => {
            signal.removeEventListener('abort', leave);
            mine.listeners.delete(listener);
          });
      });
    },
  };
}
