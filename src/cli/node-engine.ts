/** The engine under Node: files from folders, ONNX Runtime's WebAssembly build, nothing kept beside the files themselves. */
import { dirname, join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { createOnnxBackend } from '../../workers/backends/onnx/create.ts';
import { createSimdBackend } from '../../workers/backends/simd/create.ts';
import { loadEmbedder } from '../../workers/embedder.ts';
import { createEngine, type Engine } from '../../workers/engine.ts';
import type { Platform } from '../../workers/model.ts';
import { loadEmbedderFiles } from '../../workers/package/embedder-files.ts';
import type { Store } from '../../workers/package/store.ts';
import { EngineError } from '../protocol/error.ts';
import { folderSource } from './folder-source.ts';
import { nodeKernels, spawnNodeHelper } from './node-kernels.ts';

/** Files of a folder need not be kept anywhere else. */
const noStore: Store = {
  get: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  delete: () => Promise.resolve(),
  list: () => Promise.resolve([]),
};
const nowhere = (): Promise<Store> => Promise.resolve(noStore);

/** `LoadRequest.manifest` is the path of a package's folder. */
export const nodePlatform: Platform = {
  source: folderSource,
  store: nowhere,
  backend(id, { model, threads, onStep, signal }) {
    const common = {
      model: model.llama,
      adapters: model.adapters,
      context: model.manifest.context,
      threads: threads ?? 1,
      signal,
      onProgress: onStep,
    };
    switch (id) {
      case 'simd':
        return createSimdBackend({ ...common, kernels: nodeKernels, spawn: spawnNodeHelper, handedOver: true });
      case 'onnx-wasm':
        return createOnnxBackend({ ...common, ort, provider: 'wasm' });
      case 'onnx-webgpu':
        throw new EngineError('gpu', `the backend ${id} needs a browser; under Node there are simd and onnx-wasm`);
    }
  },
  async embedder(folder, name) {
    const source = folderSource(join(dirname(folder), name));
    const { bytes, manifest } = await loadEmbedderFiles(source, nowhere, new AbortController().signal);
    const embedder = await loadEmbedder({ bytes, manifest, ort });
    return (text) => embedder.embed(text);
  },
};

export const createNodeEngine = (): Engine => createEngine(nodePlatform);
