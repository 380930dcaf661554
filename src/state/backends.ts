/** Ways to compute, as the page offers them, best first; and where it goes on when one cannot be had. */
import type { BackendId } from '../protocol/engine.ts';

export interface BackendChoice {
  readonly id: BackendId;
  readonly label: string;
  /** For the header. */
  readonly short: string;
  readonly text: string;
  /** What takes its place on a device that lacks what it needs, or on which it fails the self-test. */
  readonly next: BackendId | undefined;
}

export const BACKENDS: readonly BackendChoice[] = [
  {
    id: 'simd',
    label: 'Processor (own SIMD kernels)',
    short: 'SIMD',
    text: 'Weights stay in the bits of the file, activations in 16: faster, and exact to its own stated bounds.',
    next: 'onnx-wasm',
  },
  {
    id: 'onnx-wasm',
    label: 'Processor (ONNX Runtime, WASM)',
    short: 'ONNX WASM',
    text: 'Runs everywhere, in float32: slower, and needs more memory.',
    next: undefined,
  },
  {
    id: 'onnx-webgpu',
    label: 'Graphics processor (ONNX Runtime, WebGPU)',
    short: 'WebGPU',
    text: 'Taken only if the self-test passes on this device.',
    next: 'simd',
  },
];

export const DEFAULT_BACKEND: BackendId = 'simd';

export function backendChoice(id: BackendId): BackendChoice {
  const found = BACKENDS.find((choice) => choice.id === id);
  if (found === undefined) throw new RangeError(`there is no backend ${id}`);
  return found;
}
