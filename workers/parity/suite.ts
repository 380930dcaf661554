/** A package and a backend opened for a comparison, by whichever platform: Node's or a browser worker's. */
import type { BackendId } from '../../src/protocol/engine.ts';
import { EngineError } from '../../src/protocol/error.ts';
import type { Platform } from '../engine.ts';
import { loadPackage, type ModelPackage } from '../package/load.ts';
import { computePrototypes } from '../package/prototypes.ts';
import type { ParityInput } from '../parity.ts';
import { openReference, type Reference } from './reference.ts';

export interface SuiteRequest {
  /** As in `LoadRequest`. */
  readonly manifest: string;
  readonly backend: BackendId;
  readonly threads?: number;
  /** Called while sessions are made. */
  readonly onStep?: (done: number, total: number) => void;
}

/** @throws EngineError, also when the package has no reference; FormatError. The backend is the caller's to dispose. */
export async function openSuite(platform: Platform, request: SuiteRequest, signal: AbortSignal): Promise<ParityInput> {
  const { manifest: address, backend: id, threads, onStep = () => undefined } = request;
  const places = { source: platform.source(address), store: (name: string) => platform.store(name) };
  const model = await loadPackage(places, () => undefined, signal);
  const reference = await referenceOf(model, signal);
  const { manifest, library, files } = model;
  const backend = await platform.backend(id, { model, threads, onStep, signal });
  const embedder = manifest.embedder?.package;
  let embed: Promise<(text: string) => Promise<Float32Array>> | undefined;
  let prototypes: Promise<Float32Array> | undefined;
  return {
    backend,
    library,
    reference,
    signal,
    prototypes: () => (prototypes ??= computePrototypes(manifest, library, files, signal)),
    ...(embedder === undefined
      ? {}
      : { embed: async (text) => (await (embed ??= platform.embedder(address, embedder)))(text) }),
  };
}

/** The package's figures. @throws EngineError `format` when it has none; FormatError when they are of another package */
export async function referenceOf(
  { manifest, library, files }: Pick<ModelPackage, 'manifest' | 'library' | 'files'>,
  signal: AbortSignal,
): Promise<Reference> {
  if (manifest.reference === undefined) {
    const hint = 'make one with models/recipe/reference.py';
    throw new EngineError('format', `${manifest.id}: the package has no reference figures to compare with; ${hint}.`);
  }
  const shape = { sites: library.sites.length, units: library.experts.length };
  const bytes = await files.read(manifest.reference, signal);
  return openReference(bytes, manifest, shape, (ref) => files.read(ref, signal));
}
