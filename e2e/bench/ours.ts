/** The product's own engine, as its page runs it: through the worker, with routes and trace. */
import { createEngine } from '../../src/engine/client.ts';
import { policyOf, timeRun } from '../../src/engine/timing.ts';
import type { Contestant, Entry } from './contestant.ts';

export function ours({ backend, experts }: Entry & { engine: 'ours' }): Contestant {
  const engine = createEngine();
  const { signal } = new AbortController();
  return {
    async load(threads) {
      const manifest = new URL('/models/smollm2-135m/manifest.json', location.href).href;
      const loaded = await engine.load(signal, { manifest, backend, threads, experts }, () => undefined);
      if (loaded.backend.threads !== threads)
        throw new Error(`${String(loaded.backend.threads)} threads, not ${String(threads)}`);
      return loaded.backend.milliseconds;
    },
    generate: ({ text }, maxTokens, method) => timeRun(engine, signal, { text, maxTokens, policy: policyOf(method) }),
  };
}
