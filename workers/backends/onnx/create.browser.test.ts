import * as ort from 'onnxruntime-web/wasm';
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { backendContract } from '../contract.ts';
import { createOnnxBackend } from './create.ts';

ort.env.wasm.wasmPaths = { mjs, wasm };

backendContract('ONNX on WebAssembly in a browser', {
  read: async (path) => new Uint8Array(await (await fetch(`/models/tiny/${path}`)).arrayBuffer()),
  create: (model, adapters) => createOnnxBackend({ ort, provider: 'wasm', model, adapters, threads: 2 }),
  tolerance: 1e-4,
  reorder: 3e-5,
  timeout: 60_000,
});
