/**
 * A run yields to the event loop between segments, so that a stop or a changed policy is heard while it computes:
 * the WebAssembly backend's promises resolve without ever leaving the current task.
 */

/** The run was told to stop; what it has so far is its result. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** To be awaited between segments. @throws Stopped */
export type Pause = () => Promise<void>;

/** Longest time without a turn of the event loop; a segment of 128 tokens takes about as long again. */
const EVERY_MILLISECONDS = 30;

export function createPause(stop: AbortSignal): Pause {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= EVERY_MILLISECONDS) {
      await nextTask();
      last = performance.now();
    }
    if (stop.aborted) throw new Stopped();
  };
}

/** Comes back as a task of its own. Not by a timer, which browsers hold back to 4 ms (1 s in a hidden tab). */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** The promise's result, or Stopped as soon as the run is told to stop; what the promise stands for goes on. */
export function unlessStopped<T>(stop: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onStop = (): void => {
      reject(new Stopped());
    };
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    promise.then(resolve, reject).finally(() => {
      stop.removeEventListener('abort', onStop);
    });
  });
}
