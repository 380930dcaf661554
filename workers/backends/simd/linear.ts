/** Linear router scores as matrices in WebAssembly memory: uploaded when first used, freed when others have taken their place. */
import type { LinearScores } from '../backend.ts';
import type { Block, Heap } from './heap.ts';
import type { Kernels } from './kernels.ts';
import { SLICE } from './layout.ts';
import { packFloats, type Matrix } from './matrix.ts';

/** Different scores that are kept: as many as a comparison of policies uses in turns. */
const KEPT = 8;

export interface LinearStore {
  /** @throws RangeError when the rows are not `[units][width]`; EngineError `memory` */
  readonly matrix: (scores: LinearScores, site: number) => Matrix;
  /** Room for a slice of tokens of `units` scores; contents are not kept. */
  readonly room: (units: number) => Block;
}

export function createLinearStore(kernels: Kernels, heap: Heap, width: number): LinearStore {
  /** Latest used last. */
  const kept = new Map<string, Map<number, Matrix>>();
  let out: Block | undefined;
  const sitesOf = (id: string): Map<number, Matrix> => {
    const sites = kept.get(id) ?? new Map<number, Matrix>();
    kept.delete(id);
    kept.set(id, sites);
    for (const [old, matrices] of kept) {
      if (kept.size <= KEPT) break;
      kept.delete(old);
      for (const { block } of matrices.values()) heap.free(block);
    }
    return sites;
  };
  return {
    matrix: ({ id, units, rows, input }, site) => {
      const sites = sitesOf(`${input} ${id}`);
      const had = sites.get(site);
      if (had !== undefined) return had;
      const values = rows(site);
      if (units < 1 || values.length !== units * width) {
        throw new RangeError(
          `scores ${id}: ${String(values.length)} numbers at site ${String(site)}, ${String(units)} units of ${String(width)} are meant`,
        );
      }
      const made = packFloats(kernels, heap, input === 'standard' ? withoutMeans(values, width) : values, width);
      sites.set(site, made);
      return made;
    },
    room: (units) => {
      const bytes = 4 * SLICE * units;
      if (out !== undefined && out.bytes >= bytes) return out;
      if (out !== undefined) heap.free(out);
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
