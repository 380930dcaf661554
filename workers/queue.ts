/** One task at a time, in order of arrival; a task that fails or is aborted never holds up the next. */
import { EngineError } from '../src/protocol/error.ts';

export interface Queue {
  /** Runs `task` when all earlier ones are over. Aborted while it still waits, it rejects at once (`aborted`) and never starts. */
  add<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
  /** Tasks that wait or run. */
  readonly size: number;
}

export function createQueue(): Queue {
  let tail: Promise<unknown> = Promise.resolve();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
      size++;
      return new Promise<T>((resolve, reject) => {
        const cancelled = (): EngineError => new EngineError('aborted', 'It was cancelled before its turn came.');
        const onAbort = (): void => {
          reject(cancelled());
        };
        signal.addEventListener('abort', onAbort, { once: true });
        const turn = async (): Promise<void> => {
          signal.removeEventListener('abort', onAbort);
          try {
            if (signal.aborted) throw cancelled();
            resolve(await task());
          } catch (error) {
            reject(error instanceof Error ? error : new EngineError('internal', String(error)));
          } finally {
            size--;
          }
        };
        tail = tail.then(turn);
      });
    },
  };
}
