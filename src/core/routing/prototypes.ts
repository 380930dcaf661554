/**
 * Arrow's prototypes from LoRA factors (Ostapenko et al. 2024, arXiv 2405.11157). All modules of a site share one route here,
 * so a site's prototype is the top right singular vector of their updates ΔW = scale·B·A, stacked: the input direction
 * of unit length that the expert changes most.
 */
import { symmetricEigen } from '../linalg.ts';

/** The update of one module. */
export interface LowRank {
  /** `[rank][width]` */
  readonly a: Float32Array;
  /** `[out][rank]` */
  readonly b: Float32Array;
  readonly rank: number;
  /** α / r */
  readonly scale: number;
}

/**
 * Writes the prototype of one site and expert to `out` from `at` on: unit length, its component of largest size (the first of
 * equals) positive; zero when the update is. With BᵀB = RᵀR the stacked ΔW has the right singular vectors of Z = [scale·R·A],
 * which has as many rows as all ranks together, so only matrices of that size are decomposed.
 *
 * @throws Error when a factor's length does not fit its rank and the width
 */
export function writePrototype(modules: readonly LowRank[], width: number, out: Float32Array, at: number): void {
  const rows = modules.reduce((sum, module) => sum + module.rank, 0);
  const z = new Float64Array(rows * width);
  let row = 0;
  for (const [i, module] of modules.entries()) {
    if (module.a.length !== module.rank * width || module.b.length % module.rank !== 0)
      throw new Error(
        `prototype: module ${String(i)} of rank ${String(module.rank)} has ${String(module.a.length)} numbers in A and ${String(module.b.length)} in B; for width ${String(width)} A needs ${String(module.rank * width)} and B a multiple of the rank`,
      );
    writeCompressed(module, width, z, row * width);
    row += module.rank;
  }
  const weights = symmetricEigen(rowGram(z, rows, width), rows).vectors;
  const v = new Float64Array(width);
  for (let r = 0; r < rows; r++) addScaled(v, z, r * width, weights[r] ?? 0);
  writeUnit(v, out, at);
}

/** `scale·R·A`, `[rank][width]`, where RᵀR = BᵀB: R = Λ^½ Qᵀ of the Gram matrix of B's columns. */
function writeCompressed({ a, b, rank, scale }: LowRank, width: number, out: Float64Array, at: number): void {
  const { values, vectors } = symmetricEigen(columnGram(b, rank), rank);
  for (let i = 0; i < rank; i++) {
    const row = out.subarray(at + i * width, at + (i + 1) * width);
    const size = scale * Math.sqrt(Math.max(0, values[i] ?? 0));
    for (let j = 0; j < rank; j++) addScaled(row, a, j * width, size * (vectors[i * rank + j] ?? 0));
  }
}

/** BᵀB of `[n][columns]`. */
function columnGram(b: Float32Array, columns: number): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let at = 0; at < b.length; at += columns)
    for (let i = 0; i < columns; i++) {
      const x = b[at + i] ?? 0;
      for (let j = i; j < columns; j++) gram[i * columns + j] = (gram[i * columns + j] ?? 0) + x * (b[at + j] ?? 0);
    }
  mirror(gram, columns);
  return gram;
}

/** ZZᵀ of `[rows][width]`. */
function rowGram(z: Float64Array, rows: number, width: number): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = i; j < rows; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (z[i * width + k] ?? 0) * (z[j * width + k] ?? 0);
      gram[i * rows + j] = sum;
    }
  mirror(gram, rows);
  return gram;
}

function mirror(gram: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) gram[i * n + j] = gram[j * n + i] ?? 0;
}

function addScaled(to: Float64Array, from: Float32Array | Float64Array, at: number, factor: number): void {
  for (let k = 0; k < to.length; k++) to[k] = (to[k] ?? 0) + factor * (from[at + k] ?? 0);
}

function writeUnit(v: Float64Array, out: Float32Array, at: number): void {
  let square = 0;
  let largest = 0;
  for (const x of v) {
    square += x * x;
    if (Math.abs(x) > Math.abs(largest)) largest = x;
  }
  const factor = square === 0 ? 0 : Math.sign(largest) / Math.sqrt(square);
  for (let k = 0; k < v.length; k++) out[at + k] = (v[k] ?? 0) * factor;
}
