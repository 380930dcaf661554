/** The page's engine without the page, for `npm run bench`. */
import { createEngine } from '../../src/engine/client.ts';
import type { Measurement } from '../../src/core/evaluation/measurement.ts';
import type { BackendId, LoadedModel, MeasureRequest } from '../../src/protocol/engine.ts';
import { POLICIES, sample, type Sample } from './measure.ts';

declare global {
  interface Window {
    bench: {
      load(backend: BackendId, threads?: number): Promise<LoadedModel>;
      /** One document after the other. */
      measure(requests: readonly MeasureRequest[]): Promise<readonly (readonly Measurement[])[]>;
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
  load(backend, threads) {
    const manifest = new URL('/models/smollm2-135m/manifest.json', location.href).href;
    return engine.load(signal, { manifest, backend, ...(threads === undefined ? {} : { threads }) }, () => undefined);
  },
  async measure(requests) {
    const found: (readonly Measurement[])[] = [];
    for (const request of requests) found.push(await engine.measure(signal, request));
    return found;
  },
  async round(salt) {
    const samples: Sample[] = [];
    for (const method of POLICIES)
      samples.push(await sample((r) => engine.run(signal, r, () => undefined), method, salt));
    return samples;
  },
  memory: async () => (await performance.measureUserAgentSpecificMemory?.())?.bytes,
};
