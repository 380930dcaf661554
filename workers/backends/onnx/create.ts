/** The first backend: a llama as a chain of static ONNX segments, on the CPU (WebAssembly) or the GPU (WebGPU). */
import { dequantise } from '../../../src/formats/ggml.ts';
import type { Llama } from '../../../src/formats/llama.ts';
import type { LoraAdapter } from '../../../src/formats/peft.ts';
import { EngineError } from '../../../src/protocol/error.ts';
import type { Backend } from '../backend.ts';
import { rankTable, unitRows, wholeExperts } from '../units.ts';
import type { Chain } from './chain.ts';
import type { FinishedGraph } from './graph.ts';
import { createRuntime, type OrtModule, type OrtProvider, type Runtime, type Segment } from './runtime.ts';
import { attentionSegment, ffnSegment, headSegment } from './segments.ts';
import { openSequence } from './sequence.ts';

export interface OnnxOptions {
  /** onnxruntime-web, whichever of its builds fits the provider, with `env.wasm.wasmPaths` set where it needs them. */
  readonly ort: OrtModule;
  readonly provider: OrtProvider;
  readonly model: Llama;
  /** Experts, in the order in which units name them. Not referred to once this has returned. */
  readonly adapters: readonly LoraAdapter[];
  /** Longest sequence, in tokens; the model's own limit at most, which is also the default. */
  readonly context?: number;
  /** Upper bound for WebAssembly threads; counts only before the first session of this page or process. */
  readonly threads?: number;
  /** Asked between two segments: what was loaded until then is freed. */
  readonly signal?: AbortSignal;
  /** Segments made, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Fixed before any parity run: float32 sums of at most a few thousand terms, in another order than the reference's,
 * differ by about 1e-6 of the largest term a layer and 1e-5 over thirty layers; the bounds leave room for ten times
 * that in logits of up to 40. Both providers compute in float32.
 */
const SCORE_ERROR = 1e-5;
const LOGIT_ERROR = 1e-3;

const labels: Readonly<Record<OrtProvider, string>> = {
  wasm: 'ONNX Runtime on WebAssembly, float32',
  webgpu: 'ONNX Runtime on WebGPU, float32',
};

/**
 * Loads the model: one session at a time, so that beside the runtime's own copy only one segment's weights exist.
 * @throws EngineError `gpu` when the GPU cannot be had or lacks an operator, `aborted`, FormatError for storage types
 * that are not computed with
 */
export async function createOnnxBackend(options: OnnxOptions): Promise<Backend> {
  const { ort, provider, threads = 1 } = options;
  const runtime = await createRuntime(ort, provider, threads);
  const loaded = await loadChain(options, runtime);
  return backendOver(loaded, threads);
}

interface Loaded {
  readonly chain: Chain;
  readonly milliseconds: { readonly weights: number; readonly sessions: number };
  /** Of the weights, as the runtime has them. */
  readonly bytes: number;
  readonly release: () => Promise<void>;
}

async function loadChain(options: OnnxOptions, runtime: Runtime): Promise<Loaded> {
  const { model, adapters } = options;
  const { shape } = model;
  const loading = createLoading(options, runtime);
  try {
    // The largest first: the memory in which it was converted then serves the others.
    const head = await loading.make(() => headSegment(model), []);
    const segments: Segment[] = [];
    let scratch: ArrayBuffer | undefined;
    const build = (segment: typeof attentionSegment, layer: number) => (): FinishedGraph => {
      const graph = segment(model, layer, adapters, scratch);
      scratch = graph.blob.buffer;
      return graph;
    };
    for (let layer = 0; layer < shape.layers; layer++) {
      segments.push(await loading.make(build(attentionSegment, layer), ['y', 'new_k', 'new_v']));
      segments.push(await loading.make(build(ffnSegment, layer), ['y']));
    }
    const ranks = adapters.length === 0 ? undefined : rankTable(adapters);
    const chain: Chain = {
      runtime,
      llama: model,
      context: Math.min(options.context ?? shape.context, shape.context),
      segments,
      head,
      norms: model.layers.flatMap((layer) => [
        dequantise(model.gguf, layer.attnNorm),
        dequantise(model.gguf, layer.ffnNorm),
      ]),
      ranks,
      units: ranks === undefined ? [] : wholeExperts(ranks),
    };
    const { milliseconds, bytes, release } = loading;
    return { chain, milliseconds, bytes: bytes(), release };
  } catch (error) {
    await loading.release();
    throw error;
  }
}

interface Loading {
  readonly make: (build: () => FinishedGraph, resident: readonly string[]) => Promise<Segment>;
  readonly milliseconds: { weights: number; sessions: number };
  readonly bytes: () => number;
  /** Frees every session made, and the device. */
  readonly release: () => Promise<void>;
}

function createLoading({ model, signal, onProgress }: OnnxOptions, runtime: Runtime): Loading {
  const total = 2 * model.shape.layers + 1;
  const made: Segment[] = [];
  const milliseconds = { weights: 0, sessions: 0 };
  let bytes = 0;
  const pause = breather();
  onProgress?.(0, total);
  return {
    milliseconds,
    bytes: () => bytes,
    make: async (build, resident) => {
      if (signal?.aborted === true) throw new EngineError('aborted', 'Loading the model was cancelled.');
      const began = performance.now();
      const graph = build();
      const built = performance.now();
      const segment = await runtime.session(graph, resident);
      milliseconds.weights += built - began;
      milliseconds.sessions += performance.now() - built;
      bytes += graph.blob.length;
      made.push(segment);
      onProgress?.(made.length, total);
      await pause();
      return segment;
    },
    release: async () => {
      for (const segment of made.splice(0)) await segment.release();
      runtime.release();
    },
  };
}

/** Apart from the loading, whose scope holds adapters and scratch memory that must be let go. */
function backendOver({ chain, milliseconds, bytes, release }: Loaded, asked: number): Backend {
  const { runtime, llama, segments, context, ranks } = chain;
  const { provider } = runtime;
  const { layers, width, vocabulary } = llama.shape;
  const threads = provider === 'wasm' ? runtime.threads() : 1;
  return {
    id: `onnx-${provider}`,
    label: labels[provider],
    shape: { layers, width, vocabulary, sites: segments.length, context },
    scoreError: SCORE_ERROR,
    logitError: LOGIT_ERROR,
    report: { provider, threads, milliseconds, bytes, notices: notices(provider, asked, threads) },
    open: () => Promise.resolve(openSequence(chain)),
    setUnits: (units) => {
      if (ranks === undefined) throw new RangeError('units are spans of experts, but the model has none');
      chain.units = unitRows(ranks, units);
    },
    dispose: release,
  };
}

function notices(provider: OrtProvider, asked: number, got: number): readonly string[] {
  if (provider === 'webgpu' || got >= asked) return [];
  const isolated = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated;
  const why =
    isolated === false
      ? 'this page is not cross-origin isolated'
      : 'the number was settled when a model was first loaded here';
  return [`Threads: ${String(got)} of ${String(asked)}, since ${why}; it computes more slowly than it could.`];
}

/** Sessions on WebAssembly are made without leaving the current task; now and then an abort must be heard. */
function breather(): () => Promise<void> {
  const every = 50;
  let last = performance.now();
  return async () => {
    if (performance.now() - last < every) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
