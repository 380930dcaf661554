/** Arrow's prototypes of a package: adapters are read again one by one, so that only one is in memory. */
import type { Library } from '../../src/core/library.ts';
import { writePrototype, type LowRank } from '../../src/core/routing/prototypes.ts';
import type { PackageManifest } from '../../src/formats/manifest.ts';
import type { LoraAdapter } from '../../src/formats/peft.ts';
import { nextTask } from '../host/pause.ts';
import type { PackageFiles } from './load.ts';

/** `[site][expert][width]` */
export async function computePrototypes(
  manifest: PackageManifest,
  library: Library,
  files: PackageFiles,
  signal: AbortSignal,
): Promise<Float32Array> {
  const { sites, experts, width } = library;
  const prototypes = new Float32Array(sites.length * experts.length * width);
  for (let expert = 0; expert < experts.length; expert++) {
    const adapter = await files.adapter(expert, signal);
    for (const [site, { layer, input }] of sites.entries()) {
      const names = manifest.sites.find((entry) => entry.input === input)?.modules ?? [];
      const modules = modulesOf(adapter, layer, names);
      writePrototype(modules, width, prototypes, (site * experts.length + expert) * width);
    }
    await nextTask();
  }
  return prototypes;
}

const modulesOf = (adapter: LoraAdapter, layer: number, names: readonly string[]): LowRank[] =>
  adapter.modules
    .filter((module) => module.layer === layer && names.includes(module.name))
    .map(({ A, B }) => ({ a: A, b: B, rank: adapter.rank, scale: adapter.scale }));
