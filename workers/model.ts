/** A model package opened on a backend: what sessions, the self-test and the command line work with. */
import type { Library } from '../src/core/library.ts';
import type { FileRef, PackageManifest } from '../src/formats/manifest.ts';
import { readTokenizer, type Tokenizer } from '../src/formats/tokenizer.ts';
import type { BackendId, LoadProgress, LoadRequest, LoadedModel } from '../src/protocol/engine.ts';
import { EngineError } from '../src/protocol/error.ts';
import type { Backend } from './backends/backend.ts';
import { loadPackage, type ModelPackage, type PackageFiles } from './package/load.ts';
import { computePrototypes } from './package/prototypes.ts';
import type { Held } from './package/reader.ts';
import type { Source } from './package/source.ts';
import type { Store } from './package/store.ts';
import { openReference, type Reference } from './parity/reference.ts';

export interface BackendInput {
  /** The backend's own from now on: it may free the bytes of the base and of the adapters. */
  readonly model: Pick<ModelPackage, 'llama' | 'adapters' | 'manifest'>;
  readonly threads: number | undefined;
  readonly onStep: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

export type Embed = (text: string) => Promise<Float32Array>;

/** What differs between a browser's worker and Node. */
export interface Platform {
  /** Files of the package whose manifest is named. */
  source(manifest: string): Source;
  store(name: string): Promise<Store | undefined>;
  backend(id: BackendId, input: BackendInput): Promise<Backend>;
  /** Loads the sentence embedder that a package names, by its folder beside the package's own. */
  embedder(manifest: string, name: string): Promise<Embed>;
}

/** Keeps no reference to the base's bytes nor to the adapters: the backend takes what it needs. */
export interface OpenModel {
  readonly backend: Backend;
  readonly manifest: PackageManifest;
  readonly tokenizer: Tokenizer;
  readonly library: Library;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly info: LoadedModel;
  /** `[site][expert][width]`, computed when first asked for. */
  readonly prototypes: () => Promise<Float32Array>;
  /** Unit-length embedding; loads the sentence embedder when first asked. */
  readonly embed: Embed;
  /** Figures of the reference implementation. @throws EngineError `format` when the package has none */
  readonly reference: () => Promise<Reference>;
}

/**
 * @param held parts finished by an earlier try
 * @throws EngineError; FormatError for content that is wrong
 */
export async function openModel(
  platform: Platform,
  request: LoadRequest,
  held: Held,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<OpenModel> {
  const places = { source: platform.source(request.manifest), store: platform.store.bind(platform), held };
  // In one step: a second name for the package would keep what the backend frees.
  const loaded = await withExperts(await loadPackage(places, onProgress, signal), request.experts);
  const tokenizer = readTokenizer(loaded.llama.gguf);
  const onStep = (done: number, total: number): void => {
    onProgress({ phase: 'sessions', done, total, unit: 'steps' });
  };
  const backend = await platform.backend(request.backend, { model: loaded, threads: request.threads, onStep, signal });
  if (signal.aborted) {
    await backend.dispose();
    throw new EngineError('aborted', 'Loading was cancelled.');
  }
  const { manifest, library, hash, files } = loaded;
  const context = Math.min(manifest.context, backend.shape.context);
  return {
    backend,
    manifest,
    tokenizer,
    library,
    context,
    info: describe(request.backend, backend, manifest, hash, library, context, files),
    ...laterParts(platform, request.manifest, manifest, library, files),
  };
}

/** Loaded when a measurement asks for it: no visitor's worker carries it otherwise. */
async function withExperts(own: ModelPackage, count: number | undefined): Promise<ModelPackage> {
  if (count === undefined) return own;
  const { withCopies } = await import('./package/copies.ts');
  return withCopies(own, count, 0);
}

function describe(
  id: BackendId,
  { label, report, scoreError, logitError }: Backend,
  manifest: PackageManifest,
  hash: string,
  { experts, sites, width, has }: Library,
  context: number,
  files: PackageFiles,
): LoadedModel {
  return {
    package: { id: manifest.id, label: manifest.label, licence: manifest.licence, hash },
    library: { experts, sites, width, has },
    context,
    backend: {
      id,
      label,
      threads: report.threads,
      scoreError,
      logitError,
      notices: [...files.notices, ...report.notices],
      milliseconds: report.milliseconds,
      bytes: report.bytes,
    },
  };
}

/** What may be needed after loading. Apart from `openModel`, whose closures would keep the base's bytes in memory. */
function laterParts(
  platform: Platform,
  address: string,
  manifest: PackageManifest,
  library: Library,
  files: PackageFiles,
): Pick<OpenModel, 'prototypes' | 'embed' | 'reference'> {
  const never = new AbortController().signal;
  const embedder = retried(() => {
    const name = manifest.embedder?.package;
    if (name === undefined) {
      throw new EngineError(
        'policy',
        'This policy compares the meaning of the prompt, and the package names no sentence embedder: choose another score.',
      );
    }
    return platform.embedder(address, name);
  });
  return {
    prototypes: retried(() => computePrototypes(manifest, library, files, never)),
    embed: async (text) => (await embedder())(text),
    reference: retried(async () => {
      if (manifest.reference === undefined) {
        throw new EngineError('format', 'manifest.json: reference is missing, so there is nothing to compare with.');
      }
      const bytes = await files.read(manifest.reference, never);
      const shape = { sites: library.sites.length, units: library.experts.length };
      return openReference(bytes, manifest, shape, (ref: FileRef) => files.read(ref, never));
    }),
  };
}

/** Done once; a failure is forgotten, so that the next call tries again. */
function retried<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return async () => {
    const mine = (done ??= Promise.resolve().then(work));
    try {
      return await mine;
    } catch (error) {
      if (done === mine) done = undefined;
      throw error;
    }
  };
}
