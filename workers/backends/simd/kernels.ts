/** The WebAssembly module of the kernels: which build of it a device can run, and what it exports. */
import { EngineError } from '../../../src/protocol/error.ts';

export interface KernelBuild {
  /** Uses relaxed SIMD: multiply-and-add rounded once. */
  readonly relaxed: boolean;
  /** For memory that several threads share. */
  readonly shared: boolean;
}

/** Its name below `build/`, without the ending. */
export const buildName = ({ relaxed, shared }: KernelBuild): string =>
  `${relaxed ? 'relaxed' : 'plain'}${shared ? '-shared' : ''}`;

/** Exports of kernels/index.ts; addresses and sizes in bytes. Nothing is checked behind them. */
export interface Kernels {
  readonly heapBase: () => number;
  readonly attentionScratch: (queries: number, headDim: number) => number;
  readonly runAlone: (control: number) => void;
  readonly runTogether: (control: number, helpers: number, spins: number, sleep: number) => void;
  readonly dismiss: (control: number, helpers: number) => void;
  readonly packQ4: (source: number, blocks: number, rows: number, minima: number, order: number, to: number) => void;
  readonly packQ8: (source: number, blocks: number, rows: number, order: number, to: number) => void;
  readonly packFloat: (source: number, columns: number, rows: number, order: number, to: number) => void;
  readonly unpackRow: (format: number, tiles: number, blocks: number, row: number, to: number) => void;
  readonly packA: (
    source: number,
    from: number,
    ranks: number,
    columns: number,
    modules: number,
    module: number,
    pairs: number,
    to: number,
  ) => void;
  readonly packB: (
    source: number,
    rank: number,
    from: number,
    ranks: number,
    outputs: number,
    pairs: number,
    to: number,
  ) => void;
}

// Modules of one function each: the shortest that validate only where the feature is there.
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10];
const splat = [65, 0, 253, 15];
const simdProbe = Uint8Array.from([...header, 10, 1, 8, 0, ...splat, 253, 98, 11]);
const relaxedProbe = Uint8Array.from([...header, 19, 1, 17, 0, ...splat, ...splat, ...splat, 253, 133, 2, 11]);

/** @throws EngineError `unsupported` */
export function requireSimd(): void {
  if (typeof WebAssembly === 'object' && WebAssembly.validate(simdProbe)) return;
  throw new EngineError(
    'unsupported',
    'This browser has no WebAssembly SIMD, which the fast backend is made of. Choose the backend of ONNX Runtime, or a newer browser.',
  );
}

export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxedProbe);

/** Memory shared between threads needs a page that is cross-origin isolated; Node always has it. */
export const canShare = (): boolean =>
  typeof SharedArrayBuffer === 'function' &&
  (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

const PAGE = 65_536;
const MOST_PAGES = 65_536;
const FIRST_PAGES = 16;

/**
 * As large as WebAssembly allows, grown on demand; some systems refuse to reserve that much, and get less.
 * @throws EngineError `memory`
 */
export function createMemory(shared: boolean): WebAssembly.Memory {
  for (let maximum = MOST_PAGES; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum, shared });
    } catch (cause) {
      if (maximum > 4096) continue;
      throw new EngineError('memory', 'There is not enough memory for the model. Close other pages and load again.', {
        cause,
      });
    }
  }
}

/** Grows `memory` so that it reaches `bytes`. @throws EngineError `memory` */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const lacking = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (lacking <= 0) return;
  try {
    memory.grow(lacking);
  } catch (cause) {
    const megabytes = Math.ceil(bytes / 1e6);
    throw new EngineError(
      'memory',
      `There is not enough memory: ${String(megabytes)} MB are needed. Close other pages, use fewer experts or a shorter text, and load again.`,
      { cause },
    );
  }
}

/** @throws EngineError `internal` when the module is not the kernels' */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  try {
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    return instance.exports as unknown as Kernels;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('internal', `The kernels could not be started: ${reason}.`, { cause });
  }
}
