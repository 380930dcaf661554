import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { backendContract } from '../contract.ts';
import { createOnnxBackend } from './create.ts';

const tiny = new URL('../../../models/tiny/', import.meta.url);

backendContract('ONNX on WebAssembly', {
  read: async (path) => new Uint8Array(await readFile(new URL(path, tiny))),
  create: (model, adapters) => createOnnxBackend({ ort, provider: 'wasm', model, adapters }),
  tolerance: 1e-4,
  reorder: 3e-5,
});
