/** The engine at one end of a channel: callbacks of the page are answered in order, and let go when the call is over. */
import * as Comlink from 'comlink';
import type { EngineApi, LoadProgress } from '../src/protocol/engine.ts';
import type { Engine } from './engine.ts';

/** What the page may call. */
export type ServedEngine = EngineApi & Pick<Engine, 'ping'>;

/** The page redraws at most so often. */
const PROGRESS_MILLISECONDS = 50;

/** @throws nothing: errors go to the caller as EngineErrors, their code in the name */
export function serve(engine: Engine, endpoint: Comlink.Endpoint): void {
  const served: ServedEngine = {
    load: (request, onProgress) =>
      withCallback(onProgress, (send) => engine.load(request, lessOften(send, PROGRESS_MILLISECONDS))),
    run: (request, onEvent) => withCallback(onEvent, (send) => engine.run(request, send)),
    measure: (request) => engine.measure(request),
    amend: (run, policy) => engine.amend(run, policy),
    cancel: (what) => {
      engine.cancel(what);
    },
    tokenize: (texts) => engine.tokenize(texts),
    parity: (prompts) => engine.parity(prompts),
    ping: () => engine.ping(),
  };
  Comlink.expose(served, endpoint);
}

/**
 * The callback is a proxy for a function of the page: each call is a message on a channel of its own, which the result
 * must not overtake. The channel is closed afterwards, or every run would leave one behind.
 */
async function withCallback<Event, Result>(
  callback: (event: Event) => void,
  work: (send: (event: Event) => void) => Promise<Result>,
): Promise<Result> {
  const proxy = callback as unknown as Comlink.Remote<(event: Event) => void>;
  let heard: Promise<unknown> = Promise.resolve();
  const send = (event: Event): void => {
    // A page that no longer listens does not stop the run.
    const answered = (proxy as unknown as (event: Event) => Promise<void>)(event).catch(() => undefined);
    heard = Promise.all([heard, answered]);
  };
  try {
    return await work(send);
  } finally {
    await heard;
    proxy[Comlink.releaseProxy]();
  }
}

/** The first and last step of each phase, and as many between as `every` allows. */
function lessOften(send: (progress: LoadProgress) => void, every: number): (progress: LoadProgress) => void {
  let last = -Infinity;
  let phase = '';
  return (progress) => {
    const now = performance.now();
    if (progress.phase === phase && progress.done < progress.total && now - last < every) return;
    ({ phase } = progress);
    last = now;
    send(progress);
  };
}
