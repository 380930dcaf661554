import * as ort from 'onnxruntime-web/webgpu';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import { describe, expect, test } from 'vitest';
import { backendContract } from '../contract.ts';
import { createOnnxBackend } from './create.ts';
import { buildGraph } from './graph.ts';
import { createRuntime } from './runtime.ts';

ort.env.wasm.wasmPaths = { mjs, wasm };
const gpu = (navigator as { readonly gpu?: GPU }).gpu;
const adapter = (await gpu?.requestAdapter()) ?? undefined;

describe.skipIf(adapter === undefined)("on this browser's GPU", () => {
  backendContract('ONNX on WebGPU', {
    read: async (path) => {
      const response = await fetch(`/models/tiny/${path}`);
      return new Uint8Array(await response.arrayBuffer());
    },
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
  });
});
