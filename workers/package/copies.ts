/**
 * Other numbers of experts than are trained, for measurements of speed alone: the first of them, or copies whose gates are
 * perturbed so that a router tells them apart. What copies answer means nothing.
 */
import type { ExpertInfo, Library } from '../../src/core/library.ts';
import { draw } from '../../src/core/numerics.ts';
import type { ModelPackage } from './load.ts';

/** Largest change of a gate's element, in root mean squares of the gate. */
const PERTURBATION = 0.5;

/**
 * @param count of experts, the trained ones first. Copies share their original's bytes: only the last of them has its `file`,
 *   so that whoever frees files as they are packed frees it when nobody needs it any more
 * @throws RangeError for a package without gates
 */
export function withCopies(loaded: ModelPackage, count: number, seed: number): ModelPackage {
  const { library, adapters } = loaded;
  const trained = adapters.length;
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`${String(count)} experts`);
  if (library.gates === undefined) throw new RangeError('the package has no gates to tell copies apart by');
  const all = Array.from({ length: count }, (_, i) => ({ from: i % trained, copy: Math.floor(i / trained) }));
  const named = (id: string, copy: number): string => (copy === 0 ? id : `${id}~${String(copy)}`);
  const experts = all.flatMap(({ from, copy }): ExpertInfo[] => {
    const expert = library.experts[from];
    if (expert === undefined) return [];
    const { id, label, badge } = expert;
    return [{ ...expert, id: named(id, copy), label: named(label, copy), badge: named(badge, copy) }];
  });
  const { sites, width } = library;
  const more: Library = {
    experts,
    sites,
    width,
    has: ['gates'],
    gates: copiedGates(library.gates, { sites: sites.length, trained, count, width }, seed),
  };
  return {
    ...loaded,
    library: more,
    adapters: all.flatMap(({ from, copy }, i) => {
      const adapter = adapters[from];
      if (adapter === undefined) return [];
      const { file, ...shared } = adapter;
      const last = i + trained >= count;
      return [{ ...shared, id: named(adapter.id, copy), ...(last && file !== undefined ? { file } : {}) }];
    }),
  };
}

interface Sizes {
  readonly sites: number;
  readonly trained: number;
  readonly count: number;
  readonly width: number;
}

/** `[site][expert][width]`, from as much for the trained ones. */
function copiedGates(gates: Float32Array, { sites, trained, count, width }: Sizes, seed: number): Float32Array {
  const out = new Float32Array(sites * count * width);
  for (let site = 0; site < sites; site++) {
    for (let expert = 0; expert < count; expert++) {
      const from = (site * trained + (expert % trained)) * width;
      const gate = gates.subarray(from, from + width);
      const to = (site * count + expert) * width;
      out.set(gate, to);
      if (expert < trained) continue;
      const noise = uniform(Math.floor(draw(seed, 'copies', site, expert, 0) * 2 ** 32));
      const reach = PERTURBATION * Math.sqrt(gate.reduce((sum, g) => sum + g * g, 0) / width);
      for (let i = 0; i < width; i++) out[to + i] = (gate[i] ?? 0) + reach * (2 * noise() - 1);
    }
  }
  return out;
}

/** Numbers in [0, 1): a linear congruential generator modulo 2³², as millions of `draw`s would take a second. */
function uniform(state: number): () => number {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
