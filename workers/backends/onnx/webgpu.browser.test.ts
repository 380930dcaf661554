import * as ort from 'onnxruntime-web/webgpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { describe, expect, test, vi } from 'vitest';
import { IDS, largestDifference, split } from '../contract-tools.ts';
import { backendContract } from '../contract.ts';
import { readFixture, type ReadFile } from '../fixture.ts';
import { referenceForward } from '../reference.ts';
import { createOnnxBackend } from './create.ts';
import { buildGraph } from './graph.ts';
import { createRuntime } from './runtime.ts';

ort.env.wasm.wasmPaths = { mjs, wasm };
const read: ReadFile = async (path) => new Uint8Array(await (await fetch(`/models/tiny/${path}`)).arrayBuffer());
const gpu = (navigator as { readonly gpu?: GPU }).gpu;
const adapter = (await gpu?.requestAdapter()) ?? undefined;

describe.skipIf(adapter === undefined)("on this browser's GPU", () => {
  backendContract('ONNX on WebGPU', {
    read,
    create: (model, adapters) => createOnnxBackend({ ort, provider: 'webgpu', model, adapters }),
    tolerance: 1e-4,
    reorder: 3e-5,
    timeout: 300_000,
  });

  test('an operator without a GPU kernel is refused, not run on the CPU', async () => {
    const runtime = await createRuntime(ort, 'webgpu', 1);
    const graph = buildGraph('fallback', (g) => {
      const x = g.input('x', 'float32', ['T', 4]);
      g.output(g.op('Det', [g.op('Reshape', [x, g.int64(2, 2)])]), 'y', 'float32', []);
    });
    await expect(runtime.session(graph, [])).rejects.toThrow(/CPU EP/);
    runtime.release();
  });

  test('a lost device is said, and loading again helps', { timeout: 300_000 }, async () => {
    const { llama, adapters } = await readFixture(read);
    const devices: GPUDevice[] = [];
    const request = vi.spyOn(GPUAdapter.prototype, 'requestDevice').mockImplementation(async function (
      this: GPUAdapter,
      descriptor,
    ) {
      request.mockRestore();
      const device = await this.requestDevice(descriptor);
      devices.push(device);
      return device;
    });
    const backend = await createOnnxBackend({ ort, provider: 'webgpu', model: llama, adapters });
    const sequence = await backend.open();
    const pass = await sequence.begin(Int32Array.of(1, 2));
    await pass.advance(null);
    expect(devices).toHaveLength(1);
    devices[0]?.destroy();
    await expect(pass.advance(null)).rejects.toMatchObject({ code: 'gpu', message: /GPU was lost/ });
    await backend.dispose();

    const again = await createOnnxBackend({ ort, provider: 'webgpu', model: llama, adapters });
    const first = await (await again.open()).begin(Int32Array.from(IDS));
    await first.advance(null);
    const expected = referenceForward(llama, adapters, IDS).inputs[1] ?? [];
    expect(largestDifference(split(await first.input(), again.shape.width), expected)).toBeLessThan(1e-4);
    await again.dispose();
  });
});
