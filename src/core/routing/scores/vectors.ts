/** What scores that compare the site's input with one vector per expert have in common. */
import type { Library } from '../../library.ts';
import { PolicyError } from '../error.ts';

/** Epsilon of PHATGOOSE's LayerNorm, added to the variance. */
const EPSILON = 1e-5;

/** `[site][expert][width]` of the library, checked for its length and for numbers that are none. */
export function siteVectors(
  library: Library,
  field: 'gates' | 'meanActivations' | 'prototypes',
  score: string,
): Float32Array {
  const vectors = library[field];
  const { sites, experts, width } = library;
  if (!vectors)
    throw new PolicyError('score', `score ${score} needs ${NAMES[field]}, which this package does not have`);
  const length = sites.length * experts.length * width;
  if (vectors.length !== length)
    throw new PolicyError(
      'score',
      `score ${score}: ${NAMES[field]} hold ${String(vectors.length)} numbers where ${String(sites.length)} sites × ${String(experts.length)} experts × width ${String(width)} need ${String(length)}`,
    );
  if (checked.has(vectors)) return vectors;
  const bad = firstNotFinite(vectors);
  if (bad >= 0) {
    const row = Math.floor(bad / width);
    const expert = library.experts[row % experts.length]?.id ?? '?';
    const site = sites[Math.floor(row / experts.length)]?.name ?? '?';
    throw new PolicyError(
      'score',
      `score ${score}: ${NAMES[field]} of expert ${expert} at site ${site} hold ${String(vectors[bad])} at position ${String(bad % width)}: replace the expert’s file`,
    );
  }
  checked.add(vectors);
  return vectors;
}

const NAMES = { gates: 'gates', meanActivations: 'mean activations', prototypes: 'prototypes' } as const;

/** Arrays found finite; a library's arrays are not written to after it is built. */
const checked = new WeakSet<Float32Array>();

function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i] ?? 0)) return i;
  return -1;
}

/** Vectors after a change that depends on nothing else are kept as long as the array lives: each run begins with them. */
export function once(change: (row: Float32Array) => void): (vectors: Float32Array, width: number) => Float32Array {
  const kept = new WeakMap<Float32Array, Float32Array>();
  return (vectors, width) => {
    const known = kept.get(vectors);
    if (known) return known;
    const changed = vectors.slice();
    for (let at = 0; at < changed.length; at += width) change(changed.subarray(at, at + width));
    kept.set(vectors, changed);
    return changed;
  };
}

/** LayerNorm without affine parameters, in place; zero stays zero. */
export function layerNorm(row: Float32Array): void {
  const centred = new Float64Array(row.length);
  const scale = centre(row, 0, row.length, centred);
  for (let i = 0; i < row.length; i++) row[i] = (centred[i] ?? 0) * scale;
}

/** L2 norm 1, in place; zero stays zero. */
export function unitLength(row: Float32Array): void {
  let sum = 0;
  for (const x of row) sum += x * x;
  if (sum === 0) return;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) * scale;
}

/**
 * Writes `u` less its mean into `out` and returns the factor 1 / √(variance + ε) that makes it LayerNorm(u). In double
 * precision the squares of any float32 stay finite.
 */
export function centre(u: Float32Array, at: number, width: number, out: Float64Array): number {
  let mean = 0;
  for (let i = 0; i < width; i++) mean += u[at + i] ?? 0;
  mean /= width;
  let variance = 0;
  for (let i = 0; i < width; i++) {
    const x = (u[at + i] ?? 0) - mean;
    out[i] = x;
    variance += x * x;
  }
  return 1 / Math.sqrt(variance / width + EPSILON);
}

/** Copies one token's input, so that `dot` always meets the same types. */
export function widen(u: Float32Array, at: number, width: number, out: Float64Array): void {
  for (let i = 0; i < width; i++) out[i] = u[at + i] ?? 0;
}

/** Inner product of `u` and the `width` numbers of `v` from `at` on; four sums, so that additions overlap. */
export function dot(u: Float64Array, v: Float32Array, at: number, width: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < width; i += 4) {
    a += (u[i] ?? 0) * (v[at + i] ?? 0);
    b += (u[i + 1] ?? 0) * (v[at + i + 1] ?? 0);
    c += (u[i + 2] ?? 0) * (v[at + i + 2] ?? 0);
    d += (u[i + 3] ?? 0) * (v[at + i + 3] ?? 0);
  }
  for (; i < width; i++) a += (u[i] ?? 0) * (v[at + i] ?? 0);
  return a + b + (c + d);
}
