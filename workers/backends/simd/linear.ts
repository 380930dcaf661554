/** Linear router scores as matrices in WebAssembly memory: uploaded when first used, freed when others have taken their place. */
import type { LinearScore } from '../../../src/core/routing/policy.ts';
import type { Block, Heap } from './heap.ts';
import type { Kernels } from './kernels.ts';
import { SLICE } from './layout.ts';
import { packFloats, type Matrix } from './matrix.ts';

/** Different scores that are kept: as many as a comparison of policies uses in turns. */
const KEPT = 8;

export interface LinearStore {
  readonly units: (linear: LinearScore) => number;
  /** @throws RangeError when the rows are not `[site][unit][width]`; EngineError `memory` */
  readonly matrix: (linear: LinearScore, site: number) => Matrix;
  /** Room for a slice of tokens of `units` scores; contents are not kept. */
  readonly room: (units: number) => Block;
}

interface Kept {
  readonly rows: Float32Array;
  readonly input: LinearScore['input'];
  /** By site, made when first used. */
  readonly sites: Map<number, Matrix>;
}

export function createLinearStore(
  kernels: Kernels,
  heap: Heap,
  { width, sites }: { readonly width: number; readonly sites: number },
): LinearStore {
  /** Latest used last. */
  const kept: Kept[] = [];
  let out: Block | undefined;
  const entryOf = ({ rows, input }: LinearScore): Kept => {
    const index = kept.findIndex((entry) => entry.rows === rows && entry.input === input);
    const [entry = { rows, input, sites: new Map<number, Matrix>() }] = index < 0 ? [] : kept.splice(index, 1);
    kept.push(entry);
    if (kept.length > KEPT) for (const { block } of kept.shift()?.sites.values() ?? []) heap.free(block);
    return entry;
  };
  const unitsOf = ({ rows }: LinearScore): number => {
    const units = rows.length / (sites * width);
    if (Number.isInteger(units) && units > 0) return units;
    throw new RangeError(
      `rows of ${String(rows.length)} numbers for ${String(sites)} sites and inputs of ${String(width)}`,
    );
  };
  return {
    units: unitsOf,
    matrix: (linear, site) => {
      const units = unitsOf(linear);
      const { sites: made } = entryOf(linear);
      const had = made.get(site);
      if (had !== undefined) return had;
      const values = linear.rows.subarray(site * units * width, (site + 1) * units * width);
      const packed = linear.input === 'layer-norm' ? withoutMeans(values, width) : values;
      const matrix = packFloats(kernels, heap, packed, width);
      made.set(site, matrix);
      return matrix;
    },
    room: (units) => {
      const bytes = 4 * SLICE * units;
      if (out !== undefined && out.bytes >= bytes) return out;
      if (out !== undefined) heap.free(out);
      out = undefined;
      return (out = heap.allocate(bytes));
    },
  };
}

/** ⟨v, u − mean(u)⟩ = ⟨v − mean(v), u⟩: rows of mean 0 take the mean off u. */
function withoutMeans(values: Float32Array, width: number): Float32Array {
  const centred = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += width) {
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += values[i] ?? 0;
    for (let i = from; i < from + width; i++) centred[i] = (values[i] ?? 0) - sum / width;
  }
  return centred;
}
