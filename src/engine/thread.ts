/** One worker and whether it lives. Comlink hears neither a worker's `error` nor its silence: calls would stay pending. */
import * as Comlink from 'comlink';
import type { EngineApi } from '../protocol/engine.ts';
import { EngineError, engineErrorFrom } from '../protocol/error.ts';

/** As much of a Worker as is used, so that tests may put a channel in its place. */
export interface WorkerLike extends Comlink.Endpoint {
  terminate(): void;
}

export interface ThreadOptions {
  /** Time between two questions whether the worker lives, while a call is pending. */
  readonly pingMilliseconds: number;
  /** Unanswered questions in a row after which it is given up. */
  readonly pingsMissed: number;
  /** How long a call may go on after it was cancelled. */
  readonly graceMilliseconds: number;
}

const defaults: ThreadOptions = { pingMilliseconds: 2000, pingsMissed: 8, graceMilliseconds: 5000 };

interface Served extends EngineApi {
  ping(): boolean;
}
type Api = Comlink.Remote<Served>;

export interface Thread {
  /** Whether anything was ever asked of it. */
  readonly used: boolean;
  /**
   * Rejects with `worker` when the thread is lost meanwhile. When `signal` aborts, `cancel` is called and the call has
   * some seconds to end by itself; after that the worker counts as lost.
   */
  call<T>(ask: (api: Api) => Promise<T>, signal?: AbortSignal, cancel?: (api: Api) => Promise<unknown>): Promise<T>;
  /** Ends the worker; pending calls reject with `error`. */
  stop(error: EngineError): void;
}

/** @param onLost called once, after the worker crashed or fell silent and was ended */
export function startThread(
  worker: WorkerLike,
  options: Partial<ThreadOptions>,
  onLost: (error: EngineError) => void,
): Thread {
  const { pingMilliseconds, pingsMissed, graceMilliseconds } = { ...defaults, ...options };
  const api = Comlink.wrap<Served>(worker);
  const pending = new Set<(error: EngineError) => void>();
  let lost: EngineError | undefined;
  let used = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  function end(error: EngineError): void {
    lost = error;
    clearInterval(timer);
    worker.terminate();
    for (const reject of pending) reject(error);
    pending.clear();
  }
  function lose(why: string): void {
    if (lost !== undefined) return;
    const error = new EngineError('worker', `${why} It is started again with the next run; what is on the page stays.`);
    end(error);
    onLost(error);
  }

  worker.addEventListener('error', (event) => {
    // Handled here: otherwise it would also be reported as an error of the page.
    event.preventDefault();
    const said = 'message' in event && typeof event.message === 'string' ? event.message : '';
    lose(`The engine's worker stopped (${said === '' ? 'it gave no reason; it may not have been found' : said}).`);
  });
  worker.addEventListener('messageerror', () => {
    lose("The engine's worker sent something that could not be read.");
  });

  /** A page that was frozen counts one missed answer at most: its timers and messages stood still together. */
  function watch(): void {
    if (timer !== undefined) return;
    let missed = 0;
    let answered = true;
    timer = setInterval(() => {
      if (pending.size === 0) {
        clearInterval(timer);
        timer = undefined;
        return;
      }
      missed = answered ? 0 : missed + 1;
      if (missed >= pingsMissed) {
        lose(`The engine's worker did not answer for ${String((missed * pingMilliseconds) / 1000)} s.`);
        return;
      }
      if (!answered) return;
      answered = false;
      api.ping().then(
        () => {
          answered = true;
        },
        () => undefined,
      );
    }, pingMilliseconds);
  }

  return {
    get used() {
      return used;
    },
    call<T>(ask: (api: Api) => Promise<T>, signal?: AbortSignal, cancel?: (api: Api) => Promise<unknown>): Promise<T> {
      used = true;
      return new Promise<T>((resolve, reject) => {
        if (lost !== undefined) {
          reject(lost);
          return;
        }
        let grace: ReturnType<typeof setTimeout> | undefined;
        const onAbort = (): void => {
          if (cancel === undefined) {
            settle();
            reject(new EngineError('aborted', 'It was cancelled.'));
            return;
          }
          cancel(api).catch(() => undefined);
          grace = setTimeout(() => {
            lose(`The engine's worker did not stop within ${String(graceMilliseconds / 1000)} s.`);
          }, graceMilliseconds);
        };
        const onLoss = (error: EngineError): void => {
          settle();
          reject(error);
        };
        const settle = (): void => {
          pending.delete(onLoss);
          clearTimeout(grace);
          signal?.removeEventListener('abort', onAbort);
        };
        pending.add(onLoss);
        watch();
        ask(api).then(
          (value) => {
            settle();
            resolve(value);
          },
          (error: unknown) => {
            settle();
            reject(engineErrorFrom(error));
          },
        );
        if (signal?.aborted === true) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    stop: end,
  };
}
