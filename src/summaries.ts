/** The page's side of `workers/summary.worker.ts`. */
import * as Comlink from 'comlink';
import { summariseHalf } from './core/evaluation/half.ts';
import type { SummaryApi } from './protocol/summary.ts';
import type { Summarise } from './state/evaluation/summaries.ts';

interface Helper {
  readonly api: Comlink.Remote<SummaryApi>;
  /** Never resolves. @throws Error when the worker is gone, of which Comlink hears nothing */
  readonly died: Promise<never>;
}

function start(): Helper {
  const worker = new Worker(new URL('../workers/summary.worker.ts', import.meta.url), {
    type: 'module',
    name: 'summaries',
  });
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => {
      worker.terminate();
      reject(new Error('the worker that computes averages is gone'));
    });
  });
  // Heard by each call while one is under way; between calls it is no one's failure.
  died.catch(() => undefined);
  return { api: Comlink.wrap<SummaryApi>(worker), died };
}

/** One worker, started when it is first needed. Without it the page computes by itself: slower, but the same. */
export function createSummarise(): Summarise {
  let helper: Helper | undefined;
  let denied = false;
  return async (sample, options) => {
    if (denied) return summariseHalf(sample, options);
    try {
      helper ??= start();
      return await Promise.race([helper.api.summarise(sample, options), helper.died]);
    } catch {
      denied = true;
      return summariseHalf(sample, options);
    }
  };
}
