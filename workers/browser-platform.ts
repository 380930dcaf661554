/** What the engine asks of a browser: files by fetch, kept in Cache Storage, and ONNX Runtime's builds by their addresses. */
import asyncifyModule from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyBinary from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmModule from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { BackendId } from '../src/protocol/engine.ts';
import { createOnnxBackend } from './backends/onnx/create.ts';
import type { OrtModule } from './backends/onnx/runtime.ts';
import { createSimdBackend } from './backends/simd/create.ts';
import { browserKernels, spawnBrowserHelper } from './browser-kernels.ts';
import { loadEmbedder } from './embedder.ts';
import type { Platform } from './model.ts';
import { loadEmbedderFiles } from './package/embedder-files.ts';
import { fetchSource } from './package/fetch-source.ts';
import { cacheStore } from './package/store.ts';

const absolute = (url: string): string => new URL(url, self.location.href).href;

type OnnxId = Exclude<BackendId, 'simd'>;

/** Only the build that is used is fetched: the one for the GPU is twice as large. */
async function ortFor(id: OnnxId): Promise<OrtModule> {
  switch (id) {
    case 'onnx-wasm': {
      const ort = await import('onnxruntime-web/wasm');
      ort.env.wasm.wasmPaths = { mjs: absolute(wasmModule), wasm: absolute(wasmBinary) };
      return ort;
    }
    case 'onnx-webgpu': {
      const ort = await import('onnxruntime-web/webgpu');
      ort.env.wasm.wasmPaths = { mjs: absolute(asyncifyModule), wasm: absolute(asyncifyBinary) };
      return ort;
    }
  }
}

/** Without cross-origin isolation the runtime takes one, and the backend says so. */
const MOST_THREADS = 4;
const threads = (asked: number | undefined): number =>
  Math.min(asked ?? MOST_THREADS, MOST_THREADS, navigator.hardwareConcurrency);

const openStore = (name: string): ReturnType<typeof cacheStore> => cacheStore(`switchyard-package-${name}`);
let latest: OnnxId = 'onnx-wasm';

export const browserPlatform: Platform = {
  source: fetchSource,
  store: openStore,
  async backend(id, { model, threads: asked, onStep, signal }) {
    const common = {
      model: model.llama,
      adapters: model.adapters,
      context: model.manifest.context,
      threads: threads(asked),
      signal,
      onProgress: onStep,
    };
    if (id === 'simd') {
      return createSimdBackend({ ...common, kernels: browserKernels, spawn: spawnBrowserHelper, handedOver: true });
    }
    const ort = await ortFor(id);
    latest = id;
    return createOnnxBackend({ ...common, ort, provider: id === 'onnx-webgpu' ? 'webgpu' : 'wasm' });
  },
  async embedder(manifest, name) {
    const source = fetchSource(new URL(`../${name}/manifest.json`, manifest).href);
    const { bytes, manifest: own } = await loadEmbedderFiles(source, openStore, new AbortController().signal);
    // The runtime that is there already; its wasm provider serves the embedder in either build.
    const embedder = await loadEmbedder({ bytes, manifest: own, ort: await ortFor(latest) });
    return (text) => embedder.embed(text);
  },
};
