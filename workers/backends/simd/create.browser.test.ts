import { describe, expect, test } from 'vitest';
import { browserKernels, spawnBrowserHelper } from '../../browser-kernels.ts';
import { backendContract } from '../contract.ts';
import { feed, IDS, largestDifference, router } from '../contract-tools.ts';
import { readFixture, type ReadFile } from '../fixture.ts';
import { createSimdBackend } from './create.ts';
import { hasRelaxedSimd } from './kernels.ts';

const read: ReadFile = async (path) => new Uint8Array(await (await fetch(`/models/tiny/${path}`)).arrayBuffer());

describe.each([
  { build: 'plain', relaxed: false },
  { build: 'relaxed', relaxed: true },
])('$build', ({ relaxed }) => {
  test('is what this browser can run', () => {
    if (relaxed) expect(hasRelaxedSimd()).toBe(true);
  });

  backendContract('own kernels in a browser', {
    read,
    create: (model, adapters) => createSimdBackend({ kernels: browserKernels, model, adapters, relaxed }),
    tolerance: 4e-3,
    reorder: 1e-12,
    timeout: 60_000,
  });

  test('two threads give the bits of one', { timeout: 60_000 }, async () => {
    const { llama, adapters } = await readFixture(read);
    const common = { kernels: browserKernels, spawn: spawnBrowserHelper, model: llama, adapters, relaxed };
    const rows: Float32Array[][] = [];
    for (const threads of [1, 2]) {
      const backend = await createSimdBackend({ ...common, threads });
      expect(backend.report.threads).toBe(threads);
      const sequence = await backend.open();
      rows.push(await feed(backend, sequence, IDS, [7, 1, 4], router(2, 3)));
      await backend.dispose();
    }
    expect(largestDifference(rows[0] ?? [], rows[1] ?? [])).toBe(0);
  });
});
