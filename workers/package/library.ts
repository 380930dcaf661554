/** What the policies read of a package: experts, sites, gates, mean activations, embeddings. */
import type { ExpertEmbeddings, ExpertInfo, Library, ScoreNeed, Site } from '../../src/core/library.ts';
import type { LlamaShape } from '../../src/formats/llama.ts';
import { fileName, type PackageManifest } from '../../src/formats/manifest.ts';
import { readSafetensors, safetensorsF32, type Safetensors } from '../../src/formats/safetensors.ts';

/** Bytes of an expert's `vectors` file by its index; undefined where it has none. */
export type VectorFiles = readonly (Uint8Array | undefined)[];

/** @throws FormatError when a vector or embedding has another shape. */
export function buildLibrary(
  manifest: PackageManifest,
  shape: LlamaShape,
  vectors: VectorFiles,
  embeddingBytes: Uint8Array | undefined,
): Library {
  const sites = sitesOf(manifest, shape);
  const experts = manifest.experts.map(({ id, label, badge, family, card }): ExpertInfo => ({
    id,
    label,
    badge,
    family,
    ...(card?.task === undefined ? {} : { task: card.task }),
    ...(card?.instruction === undefined ? {} : { instruction: card.instruction }),
  }));
  const files = vectors.map((bytes, i) => {
    const ref = manifest.experts[i]?.vectors;
    return bytes === undefined || ref === undefined ? undefined : readSafetensors(bytes, fileName(ref));
  });
  const gates = bySite(files, 'gate', sites.length, shape.width);
  const meanActivations = bySite(files, 'mean_activation', sites.length, shape.width);
  const embeddings =
    embeddingBytes === undefined || manifest.embeddings === undefined
      ? undefined
      : readEmbeddings(readSafetensors(embeddingBytes, fileName(manifest.embeddings)), manifest);
  const has: ScoreNeed[] = [
    ...(gates === undefined ? [] : (['gates'] as const)),
    ...(meanActivations === undefined ? [] : (['mean-activations'] as const)),
    ...(experts.length === 0 ? [] : (['prototypes'] as const)),
    ...(embeddings === undefined ? [] : (['embeddings'] as const)),
    ...(manifest.embedder === undefined ? [] : (['prompt-embedding'] as const)),
  ];
  return {
    experts,
    sites,
    width: shape.width,
    has,
    ...(gates === undefined ? {} : { gates }),
    ...(meanActivations === undefined ? {} : { meanActivations }),
    ...(embeddings === undefined ? {} : { embeddings }),
  };
}

function sitesOf(manifest: PackageManifest, shape: LlamaShape): Site[] {
  return Array.from({ length: shape.layers }, (_, layer) =>
    manifest.sites.map(({ input }): Site => ({ layer, input, name: `L${String(layer)}.${input}` })),
  ).flat();
}

/** `[site][expert][width]` from one `[site][width]` a file; undefined unless every expert has it. */
function bySite(
  files: readonly (Safetensors | undefined)[],
  tensor: string,
  sites: number,
  width: number,
): Float32Array | undefined {
  if (files.length === 0 || files.some((file) => file?.tensors.has(tensor) !== true)) return undefined;
  const all = new Float32Array(sites * files.length * width);
  files.forEach((file, expert) => {
    if (file === undefined) return;
    const own = safetensorsF32(file, tensor, [sites, width]);
    for (let site = 0; site < sites; site++) {
      all.set(own.subarray(site * width, (site + 1) * width), (site * files.length + expert) * width);
    }
  });
  return all;
}

function readEmbeddings(file: Safetensors, manifest: PackageManifest): ExpertEmbeddings {
  const experts = manifest.experts.length;
  const [, examplesPerExpert = 0, dimension = 0] = file.tensors.get('examples')?.shape ?? [];
  return {
    dimension: manifest.embedder?.dimension ?? dimension,
    examplesPerExpert,
    instruction: safetensorsF32(file, 'instruction', [experts, manifest.embedder?.dimension ?? dimension]),
    mean: safetensorsF32(file, 'mean', [experts, manifest.embedder?.dimension ?? dimension]),
    examples: safetensorsF32(file, 'examples', [experts, examplesPerExpert, manifest.embedder?.dimension ?? dimension]),
  };
}
