/** The backend of own kernels: a llama on the CPU, in WebAssembly SIMD, with int16 activations for quantised weights. */
import type { Llama } from '../../../src/formats/llama.ts';
import type { LoraAdapter } from '../../../src/formats/peft.ts';
import { EngineError } from '../../../src/protocol/error.ts';
import type { Backend } from '../backend.ts';
import { empty } from '../../handed-over.ts';
import { rankTable, unitRows, wholeExperts } from '../units.ts';
import { createWorkspace, type Chosen, type SimdEngine } from './engine.ts';
import { packExperts } from './experts.ts';
import { createHeap, type Heap } from './heap.ts';
import {
  canShare,
  createMemory,
  hasRelaxedSimd,
  instantiate,
  requireSimd,
  type KernelBuild,
  type Kernels,
} from './kernels.ts';
import { layoutOf, type Layout } from './layout.ts';
import { createLinearStore } from './linear.ts';
import { createMachine } from './machine.ts';
import { createPacker } from './matrix.ts';
import { createPages } from './pages.ts';
import { createRouter } from './routes.ts';
import { openSequence } from './sequence.ts';
import { CONTROL_BYTES, startHelpers, teamOf, type SpawnHelper, type Team } from './team.ts';
import { conversionNotices, packWeights, type Weights } from './weights.ts';

export interface SimdOptions {
  /** Fetches and compiles a build of the kernels. */
  readonly kernels: (build: KernelBuild) => Promise<WebAssembly.Module>;
  /** Starts a thread; without it there is one thread. */
  readonly spawn?: SpawnHelper;
  readonly model: Llama;
  /** Experts, in the order in which units name them. Not referred to once this has returned. */
  readonly adapters: readonly LoraAdapter[];
  /** Longest sequence, in tokens; the model's own limit at most, which is also the default. */
  readonly context?: number;
  /** Upper bound for threads, this one included. */
  readonly threads?: number;
  /** Whether to use relaxed SIMD; where the device has it unless told otherwise. */
  readonly relaxed?: boolean;
  /**
   * Whether the bytes of the base and of the adapters are this call's own: they are freed as soon as they are packed, and the
   * model's tensors and the adapters' modules cannot be read any more.
   */
  readonly handedOver?: boolean;
  /** Asked between two layers: what was loaded until then is freed. */
  readonly signal?: AbortSignal;
  /** Layers and experts loaded, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** For tests: poisons the memory beside every block and hands the heap out. */
  readonly guarded?: (heap: Heap) => void;
}

/**
 * Before any parity run the scores' bound was set at 1e-3; it was tightened to this after a full run had shown 1.4e-4 at
 * most, with the reasoning that follows. An activation is rounded to 1/32767 of the largest of its 32, with a standard deviation of
 * 9e-6 of that largest or about 3e-5 of the block's own deviation, and a product of hundreds of them is off by the same
 * part of its own. Four products a layer over thirty layers add up independently: √120 · 3e-5 = 3e-4 of a row's spread,
 * less where the residual stream grows, since an early error then weighs less: about 1e-4. Router scores spread over
 * their range, so the largest of some hundred thousand errors stays below five times that; logits spread by about 4, and
 * the largest of millions below fifty times (tokens whose few outliers coarsen whole blocks). Float weights are computed in
 * float32, far below both.
 */
const SCORE_ERROR = 5e-4;
const LOGIT_ERROR = 2e-2;

/**
 * @throws EngineError `unsupported` without SIMD, `memory`, `aborted`; FormatError for storage types that are not computed with
 */
export async function createSimdBackend(options: SimdOptions): Promise<Backend> {
  const { model, adapters, handedOver = false } = options;
  requireSimd();
  const began = performance.now();
  const loaded = await startKernels(options);
  const { kernels, heap, team } = loaded;
  try {
    const started = performance.now();
    const layout = layoutOf(model.shape);
    const step = stepper(options);
    const packer = createPacker(model.gguf, kernels, heap);
    const weights = await packWeights(model, layout, packer, step);
    packer.release();
    if (handedOver) empty(model.gguf.bytes);
    const packed = performance.now();
    const expertDone = ({ file }: LoraAdapter): Promise<void> => {
      if (handedOver && file !== undefined) empty(file);
      return step();
    };
    const experts =
      adapters.length === 0 ? undefined : await packExperts(adapters, model.shape, kernels, heap, expertDone);
    const milliseconds = { kernels: started - began, weights: packed - started, experts: performance.now() - packed };
    const bytes = heap.used();
    const parts = { ...loaded, layout, weights };
    const ranks = rankTable(adapters);
    const engine = engineOf(options, parts, (units) =>
      experts === undefined
        ? undefined
        : { router: createRouter(experts, ranks, units, model.shape.width, heap), ranks, units: wholeExperts(ranks) },
    );
    return backendOver(engine, loaded, {
      milliseconds,
      bytes,
      notices: [...loaded.notices, ...conversionNotices(model)],
    });
  } catch (error) {
    team.dispose();
    throw error;
  }
}

interface Loaded {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly heap: Heap;
  readonly control: ReturnType<Heap['allocate']>;
  readonly team: Team;
  readonly relaxed: boolean;
  readonly notices: readonly string[];
}

/** The module on memory of its own, and as many threads as can be had. */
async function startKernels({ kernels: load, spawn, threads = 1, relaxed, guarded }: SimdOptions): Promise<Loaded> {
  const build = { relaxed: relaxed ?? hasRelaxedSimd(), shared: threads > 1 && spawn !== undefined && canShare() };
  const module = await load(build);
  const memory = createMemory(build.shared);
  const kernels = await instantiate(module, memory);
  const heap = createHeap(memory, kernels.heapBase(), guarded !== undefined);
  guarded?.(heap);
  const control = heap.allocate(CONTROL_BYTES);
  heap.bytes(control).fill(0);
  const words = (): Int32Array => heap.ints(control);
  const { helpers, failure } =
    spawn === undefined || !build.shared
      ? { helpers: [], failure: undefined }
      : await startHelpers(spawn, threads - 1, { module, memory, control: control.at });
  const team = teamOf(kernels, control.at, words, helpers);
  return {
    kernels,
    memory,
    heap,
    control,
    team,
    relaxed: build.relaxed,
    notices: threadNotices(threads, team, failure),
  };
}

function threadNotices(asked: number, { threads }: Team, failure: string | undefined): readonly string[] {
  if (threads >= asked) return [];
  const why =
    failure === undefined
      ? canShare()
        ? 'this platform starts none'
        : 'this page is not cross-origin isolated'
      : `the others could not be started (${failure})`;
  return [`Threads: ${String(threads)} of ${String(asked)}, since ${why}; it computes more slowly than it could.`];
}

function engineOf(
  { model, context }: SimdOptions,
  {
    kernels,
    heap,
    memory,
    control,
    team,
    layout,
    weights,
  }: Loaded & { readonly layout: Layout; readonly weights: Weights },
  chosenOf: (units: () => Chosen['units']) => Chosen | undefined,
): SimdEngine {
  const { shape } = model;
  const experts: Chosen | undefined = chosenOf(() => experts?.units ?? []);
  return {
    llama: { shape },
    context: Math.min(context ?? shape.context, shape.context),
    layout,
    weights,
    heap,
    machine: createMachine({
      kernels,
      heap,
      memory,
      control,
      team,
      layout,
      shape,
      widest: Math.max(shape.width, shape.heads * shape.headDim, shape.ffn),
    }),
    pages: createPages(heap, layout.page.whole),
    space: createWorkspace(heap, layout, shape.headDim),
    linear: createLinearStore(kernels, heap, { width: shape.width, sites: 2 * shape.layers }),
    experts,
  };
}

/** Apart from the loading, whose scope holds the file and the adapters. */
function backendOver(
  engine: SimdEngine,
  { team, relaxed }: Loaded,
  report: Pick<Backend['report'], 'milliseconds' | 'bytes' | 'notices'>,
): Backend {
  const { layers, width, vocabulary } = engine.llama.shape;
  const { experts, context } = engine;
  return {
    id: 'simd',
    label: `Own kernels on WebAssembly SIMD${relaxed ? ' (relaxed)' : ''}, int16 activations`,
    shape: { layers, width, vocabulary, sites: 2 * layers, context },
    scoreError: SCORE_ERROR,
    logitError: LOGIT_ERROR,
    report: { provider: 'simd', threads: team.threads, ...report },
    open: () => Promise.resolve(openSequence(engine)),
    setUnits: (units) => {
      if (experts === undefined) throw new RangeError('units are spans of experts, but the model has none');
      experts.units = unitRows(experts.ranks, units);
    },
    dispose: () => {
      team.dispose();
      return Promise.resolve();
    },
  };
}

/** Tells of progress, hears of an abort and now and then lets others run. */
function stepper({ model, adapters, signal, onProgress }: SimdOptions): () => Promise<void> {
  const every = 50;
  const total = 1 + model.shape.layers + adapters.length;
  let done = 0;
  let last = performance.now();
  onProgress?.(0, total);
  return async () => {
    onProgress?.(++done, total);
    if (performance.now() - last >= every) {
      await new Promise((resolve) => setTimeout(resolve));
      last = performance.now();
    }
    if (signal?.aborted === true) throw new EngineError('aborted', 'Loading the model was cancelled.');
  };
}
