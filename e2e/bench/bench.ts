/** The page's engine without the page, for `npm run bench`. */
import { createEngine } from '../../src/engine/client.ts';
import type { BackendId, LoadedModel } from '../../src/protocol/engine.ts';
import { POLICIES, sample, type Sample } from './measure.ts';

declare global {
  interface Window {
    bench: {
      load(backend: BackendId): Promise<LoadedModel>;
      round(salt: number): Promise<readonly Sample[]>;
      memory(): Promise<number | undefined>;
    };
  }
  interface Performance {
    measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }>;
  }
}

const engine = createEngine();
const { signal } = new AbortController();

window.bench = {
  load: (backend) =>
    engine.load(
      signal,
      { manifest: new URL('/models/smollm2-135m/manifest.json', location.href).href, backend },
      () => undefined,
    ),
  async round(salt) {
    const samples: Sample[] = [];
    for (const method of POLICIES)
      samples.push(await sample((r) => engine.run(signal, r, () => undefined), method, salt));
    return samples;
  },
  memory: async () => (await performance.measureUserAgentSpecificMemory?.())?.bytes,
};
