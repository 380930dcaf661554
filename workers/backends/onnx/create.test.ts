import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { backendContract } from '../contract.ts';
import { feed, IDS, largestDifference, none } from '../contract-tools.ts';
import { readFixture, type ReadFile } from '../fixture.ts';
import { createOnnxBackend } from './create.ts';

const folder = new URL('../../../models/tiny/', import.meta.url);
const read: ReadFile = async (path) => new Uint8Array(await readFile(new URL(path, folder)));

backendContract('ONNX on WebAssembly', {
  read,
  create: (model, adapters) => createOnnxBackend({ ort, provider: 'wasm', model, adapters }),
  tolerance: 1e-4,
  reorder: 3e-5,
});

test('a model without experts computes the base and takes no routes', async () => {
  const { llama, adapters } = await readFixture(read);
  const bare = await createOnnxBackend({ ort, provider: 'wasm', model: llama, adapters: [] });
  const full = await createOnnxBackend({ ort, provider: 'wasm', model: llama, adapters });
  const sequence = await bare.open();
  const rows = await feed(bare, sequence, IDS, [IDS.length], none);
  expect(largestDifference(rows, await feed(full, await full.open(), IDS, [IDS.length], none))).toBeLessThan(1e-6);
  const pass = await sequence.begin(Int32Array.of(1));
  const routes = { slots: 1, units: Int16Array.of(0), weights: Float32Array.of(1), mix: 'outputs' } as const;
  await expect(pass.advance(routes)).rejects.toThrow('without experts');
  expect(() => {
    bare.setUnits([]);
  }).toThrow('the model has none');
  await bare.dispose();
  await full.dispose();
});

test('the context can be shorter than the model’s own, not longer', async () => {
  const { llama, adapters } = await readFixture(read);
  for (const [context, expected] of [
    [20, 20],
    [10 ** 6, llama.shape.context],
  ] as const) {
    const backend = await createOnnxBackend({ ort, provider: 'wasm', model: llama, adapters, context });
    expect(backend.shape.context).toBe(expected);
    await backend.dispose();
  }
});

test('loading reports each segment and stops between two of them', async () => {
  const { llama, adapters } = await readFixture(read);
  const options = { ort, provider: 'wasm', model: llama, adapters } as const;
  const steps: number[] = [];
  const whole = await createOnnxBackend({ ...options, onProgress: (done, total) => steps.push(done / total) });
  expect(steps).toEqual([0, 1, 2, 3, 4, 5].map((n) => n / 5));
  await whole.dispose();

  const abort = new AbortController();
  const stopped = createOnnxBackend({
    ...options,
    signal: abort.signal,
    onProgress: (done) => {
      if (done === 3) abort.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
});

test('without WebGPU the error says so', async () => {
  const { llama, adapters } = await readFixture(read);
  await expect(createOnnxBackend({ ort, provider: 'webgpu', model: llama, adapters })).rejects.toMatchObject({
    code: 'gpu',
  });
});
