import type { StoreApi } from 'zustand/vanilla';
import { EngineError } from '../../protocol/error.ts';

/**
 * Waits until `find` finds something in the store's facts.
 * @throws EngineError `aborted` when the signal says so; what `find` throws
 */
export function until<S, T>(
  store: Pick<StoreApi<S>, 'getState' | 'subscribe'>,
  signal: AbortSignal,
  find: (facts: S) => T | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let leave: () => void = () => undefined;
    const end = (settle: () => void): void => {
      leave();
      signal.removeEventListener('abort', stop);
      settle();
    };
    const stop = (): void => {
      end(() => {
        reject(new EngineError('aborted', 'The evaluation was stopped.'));
      });
    };
    const look = (): void => {
      try {
        const found = find(store.getState());
        if (found !== undefined)
          end(() => {
            resolve(found);
          });
      } catch (error) {
        end(() => {
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      }
    };
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop);
    leave = store.subscribe(look);
    look();
  });
}
