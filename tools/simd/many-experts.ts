/** The published package with more experts than it has: copies of them, with gates a little off, until that many are trained. */
import { join } from 'node:path';
import { folderSource } from '../../src/cli/folder-source.ts';
import type { Library } from '../../src/core/library.ts';
import type { Llama } from '../../src/formats/llama.ts';
import type { LoraAdapter } from '../../src/formats/peft.ts';
import { loadPackage, type ModelPackage } from '../../workers/package/load.ts';
import { root } from '../ensure.mjs';
import { random } from '../tiny/random.ts';

export interface ManyExperts {
  readonly llama: Llama;
  readonly adapters: readonly LoraAdapter[];
  readonly library: Library;
}

export const readPackage = (folder = 'smollm2-135m'): Promise<ModelPackage> =>
  loadPackage(
    { source: folderSource(join(root, 'models', folder)), store: () => Promise.resolve(undefined) },
    () => undefined,
    new AbortController().signal,
  );

/** Of the gates' own size: enough for a copy to be chosen by other tokens than its original. */
const PERTURBED = 0.5;

export function withExperts({ llama, adapters, library }: ModelPackage, count: number): ManyExperts {
  const { gates, sites, width } = library;
  const own = adapters.length;
  if (gates === undefined) throw new Error('the package has no gates');
  const numbers = random(17);
  const all = new Float32Array(sites.length * count * width);
  for (let site = 0; site < sites.length; site++) {
    for (let expert = 0; expert < count; expert++) {
      const at = (site * own + (expert % own)) * width;
      const gate = gates.subarray(at, at + width);
      const size = Math.sqrt(gate.reduce((sum, x) => sum + x * x, 0) / width);
      const noise = expert < own ? undefined : numbers.normals(width, PERTURBED * size);
      all.set(noise === undefined ? gate : gate.map((x, i) => x + (noise[i] ?? 0)), (site * count + expert) * width);
    }
  }
  const pick = <T>(list: readonly T[], i: number): T => {
    const item = list[i % own];
    if (item === undefined) throw new Error('the package has no experts');
    return item;
  };
  const copies = Array.from({ length: count }, (_, i) => i);
  return {
    llama,
    adapters: copies.map((i) => pick(adapters, i)),
    library: {
      sites,
      width,
      has: ['gates'],
      gates: all,
      experts: copies.map((i) => ({ ...pick(library.experts, i), id: `e${String(i)}`, badge: `X${String(i)}` })),
    },
  };
}
