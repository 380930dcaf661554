/** ONNX Runtime as the segments see it: sessions made one at a time, and tensors that stay where they were made. */
import type * as Ort from 'onnxruntime-web';
import { EngineError } from '../../../src/protocol/error.ts';
import type { FinishedGraph } from './graph.ts';

export type OrtModule = typeof Ort;
export type OrtProvider = 'wasm' | 'webgpu';
export type Feeds = Record<string, Ort.Tensor>;

export interface Runtime {
  readonly ort: OrtModule;
  readonly provider: OrtProvider;
  /** Threads that WebAssembly really has, known once there is a session. */
  readonly threads: () => number;
  /** The GPU that the sessions run on; undefined on the CPU. */
  readonly device: GPUDevice | undefined;
  /** Makes a session. Outputs named in `resident` stay on the GPU, the others come back. */
  readonly session: (graph: FinishedGraph, resident: readonly string[]) => Promise<Segment>;
  /** Gives the device back. */
  readonly release: () => void;
}

/** One static part of the model. */
export interface Segment {
  readonly run: (feeds: Feeds) => Promise<Feeds>;
  readonly release: () => Promise<void>;
}

/**
 * @param threads upper bound for WebAssembly threads; counts only before the first session of this page or process
 * @throws EngineError `gpu` when no GPU device can be had
 */
export async function createRuntime(ort: OrtModule, provider: OrtProvider, threads: number): Promise<Runtime> {
  const env = ort.env.wasm;
  if (!started.has(env)) env.numThreads = threads;
  const device = provider === 'webgpu' ? await requestDevice() : undefined;
  let lost: string | undefined;
  let released = false;
  /** Rejects when the GPU goes away: what runs then may never answer. */
  const loss = device?.lost.then(({ message }): never => {
    lost = message === '' ? 'the browser gave no reason' : message;
    throw new Error(lost);
  });
  loss?.catch(() => undefined);
  const failed: Failed = (what, cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (lost !== undefined && !released) {
      return new EngineError('gpu', `The GPU was lost (${lost}). Load the model again, or on WebAssembly.`, { cause });
    }
    if (provider === 'webgpu') {
      const message = `${what} failed on the GPU: ${reason}. Load the model on WebAssembly instead.`;
      return new EngineError('gpu', message, { cause });
    }
    if (/alloc|out of memory|OOM/i.test(reason)) {
      const message = `There is not enough memory: ${what} failed (${reason}). Close other pages and load again.`;
      return new EngineError('memory', message, { cause });
    }
    return new Error(`${what} failed: ${reason}`, { cause });
  };
  const session: Runtime['session'] = async (graph, resident) => {
    const externalData = [{ path: graph.path, data: graph.blob }];
    try {
      const options = { ...sessionOptions(device, resident), externalData };
      const made = await unless(
        loss,
        enter(env, () => ort.InferenceSession.create(graph.model, options)),
      );
      started.add(env);
      return segmentOver(made, graph.path, failed, { env, loss });
    } catch (cause) {
      throw failed(`creating ${graph.path}`, cause);
    }
  };
  const release = (): void => {
    released = true;
    device?.destroy();
  };
  // The runtime writes back what it could have.
  return { ort, provider, device, threads: () => env.numThreads ?? 1, session, release };
}

/** Runtimes whose threads are there already: from then on their number is what it is. */
const started = new WeakSet<object>();

const unless = <T>(loss: Promise<never> | undefined, work: Promise<T>): Promise<T> =>
  loss === undefined ? work : Promise.race([work, loss]);

/** For each runtime: over when every call so far is, those included that a lost GPU made us leave. */
const calls = new WeakMap<object, Promise<void>>();
/** Milliseconds; the call that a lost GPU leaves behind was over after 50 where it was measured. */
const patience = 20_000;

/**
 * Calls the runtime when the call before is over. The GPU's build is suspended in the middle of a call (Asyncify), and
 * entering it again then can leave it spinning for ever.
 * @throws Error when the call before does not come to its end; a fresh worker helps
 */
function enter<T>(runtime: object, work: () => Promise<T>): Promise<T> {
  const before = calls.get(runtime);
  const call = before === undefined ? work() : within(patience, before).then(work);
  const over = Promise.allSettled([before, call]).then(() => undefined);
  calls.set(runtime, over);
  return call;
}

function within(milliseconds: number, work: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('the runtime does not come back from the call before'));
    }, milliseconds);
  });
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** What to throw when `what` failed. */
type Failed = (what: string, cause: unknown) => Error;

/** Apart from the making, whose scope holds the weights. */
function segmentOver(
  session: Ort.InferenceSession,
  name: string,
  failed: Failed,
  { env, loss }: { readonly env: object; readonly loss: Promise<never> | undefined },
): Segment {
  return {
    run: async (feeds) => {
      try {
        return await unless(
          loss,
          enter(env, () => session.run(feeds)),
        );
      } catch (cause) {
        throw failed(`running ${name}`, cause);
      }
    },
    release: () => enter(env, () => session.release()),
  };
}

/**
 * `basic` optimisation with prepacking is the best trade measured: higher levels change speed by nothing that can be
 * seen. Memory patterns are kept for every new shape, and every token of an answer brings one: they would pile up. On
 * the GPU an operator without a kernel there would run on the CPU in silence; here creation fails instead.
 */
function sessionOptions(
  device: GPUDevice | undefined,
  resident: readonly string[],
): Ort.InferenceSession.SessionOptions {
  const common = { graphOptimizationLevel: 'basic', enableMemPattern: false } as const;
  if (device === undefined) return { ...common, executionProviders: ['wasm'] };
  return {
    ...common,
    executionProviders: [{ name: 'webgpu', device }],
    preferredOutputLocation: Object.fromEntries(resident.map((name) => [name, 'gpu-buffer' as const])),
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  };
}

/** Features that the runtime's kernels make use of where they are there. */
const wantedFeatures = ['shader-f16', 'subgroups'] as const;
/** Limits that the runtime's kernels or the size of the output matrix need above WebGPU's defaults. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** A device of our own for each backend: one that was lost can be replaced by loading again. */
async function requestDevice(): Promise<GPUDevice> {
  const instead = 'Load the model on WebAssembly instead.';
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (gpu === undefined) throw new EngineError('gpu', `This browser has no WebGPU. ${instead}`);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new EngineError('gpu', `WebGPU finds no usable GPU on this device. ${instead}`);
  try {
    return await adapter.requestDevice({
      requiredFeatures: wantedFeatures.filter((name) => adapter.features.has(name)),
      requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]])),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('gpu', `The GPU refused a device: ${reason}. ${instead}`, { cause });
  }
}
