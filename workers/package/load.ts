/** Loads a model package: manifest, base, experts. Knows no backend. */
import type { Library } from '../../src/core/library.ts';
import { readGguf } from '../../src/formats/gguf.ts';
import { readLlama, type Llama, type LlamaShape } from '../../src/formats/llama.ts';
import {
  fileName,
  parsePackageManifest,
  type ExpertEntry,
  type FileRef,
  type PackageManifest,
} from '../../src/formats/manifest.ts';
import { readAdapter, type LoraAdapter } from '../../src/formats/peft.ts';
import type { LoadPhase, LoadProgress } from '../../src/protocol/engine.ts';
import { EngineError } from '../../src/protocol/error.ts';
import { nextTask } from '../host/pause.ts';
import { buildLibrary } from './library.ts';
import { packageReader, type Held, type PackageReader, type ReadProgress } from './reader.ts';
import { sha256 } from './sha256.ts';
import type { Source } from './source.ts';
import type { Store } from './store.ts';

/** What can still be asked of a package after its parts were handed to the backend. */
export interface PackageFiles {
  /** What the user should know about how the files are kept. */
  readonly notices: readonly string[];
  /** An expert's adapter again: from the store or the source. */
  adapter(index: number, signal: AbortSignal): Promise<LoraAdapter>;
  /** Another file of the package, such as its reference figures. */
  read(ref: FileRef, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export interface ModelPackage {
  readonly manifest: PackageManifest;
  /** SHA-256 of manifest.json, and so of everything it names. */
  readonly hash: string;
  readonly llama: Llama;
  readonly adapters: readonly LoraAdapter[];
  readonly library: Library;
  readonly files: PackageFiles;
}

const MANIFEST = 'manifest.json';
const LARGEST_MANIFEST = 16_000_000;
/** Small files in flight at once. */
const ABREAST = 4;
const nothing = (): void => undefined;

/** Where a package comes from, and where it is kept. */
export interface PackagePlaces {
  readonly source: Source;
  /** The place where the package of this id is kept; undefined when nothing can be kept. */
  store(id: string): Promise<Store | undefined>;
  /** Parts finished by an earlier try. */
  readonly held?: Held;
}

/**
 * @throws EngineError `fetch`, `hash`, `memory`, `aborted`; FormatError for content that is wrong
 */
export async function loadPackage(
  places: PackagePlaces,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<ModelPackage> {
  onProgress({ phase: 'manifest', done: 0, total: 1, unit: 'steps' });
  const manifestBytes = await places.source.readAll(MANIFEST, LARGEST_MANIFEST, signal);
  const manifest = parsePackageManifest(new TextDecoder().decode(manifestBytes), MANIFEST);
  const hash = await sha256(manifestBytes);
  const reader = packageReader(places.source, await places.store(manifest.id), places.held);
  onProgress({ phase: 'manifest', done: 1, total: 1, unit: 'steps' });

  const base = manifest.base.file;
  const baseBytes = await reader.read(base, tally('base', base.bytes, onProgress), signal);
  const llama = readLlama(readGguf(baseBytes, fileName(base)));

  const small = [
    ...manifest.experts.flatMap(filesOf),
    ...(manifest.embeddings === undefined ? [] : [manifest.embeddings]),
  ];
  const count = tally(
    'experts',
    small.reduce((sum, ref) => sum + ref.bytes, 0),
    onProgress,
  );
  const files = await readMany(reader, small, count, signal);
  const bytesOf = (ref: FileRef | undefined) => (ref === undefined ? undefined : files.get(ref));
  const adapters: LoraAdapter[] = [];
  for (const entry of manifest.experts) {
    adapters.push(toAdapter(entry, bytesOf(entry.adapter.config), bytesOf(entry.adapter.weights), llama.shape));
    // Some megabytes each: an abort must be heard between them.
    await nextTask();
    if (signal.aborted) throw new EngineError('aborted', 'Loading was cancelled.');
  }
  const library = buildLibrary(
    manifest,
    llama.shape,
    manifest.experts.map((entry) => bytesOf(entry.vectors)),
    bytesOf(manifest.embeddings),
  );
  await reader.finish([base, ...small, ...(manifest.reference === undefined ? [] : [manifest.reference])]);
  return { manifest, hash, llama, adapters, library, files: laterFiles(reader, manifest, llama.shape) };
}

/** Apart from `loadPackage`, whose closure would keep the base and all adapters in memory. */
function laterFiles(reader: PackageReader, manifest: PackageManifest, shape: LlamaShape): PackageFiles {
  return {
    get notices() {
      return reader.notices;
    },
    async adapter(index, signal) {
      const entry = manifest.experts[index];
      if (entry === undefined) throw new RangeError(`expert ${String(index)} of ${String(manifest.experts.length)}`);
      const config = await reader.read(entry.adapter.config, nothing, signal);
      return toAdapter(entry, config, await reader.read(entry.adapter.weights, nothing, signal), shape);
    },
    read: (ref, signal) => reader.read(ref, nothing, signal),
  };
}

const filesOf = (entry: ExpertEntry): FileRef[] => [
  entry.adapter.config,
  entry.adapter.weights,
  ...(entry.vectors === undefined ? [] : [entry.vectors]),
];

function toAdapter(
  entry: ExpertEntry,
  config: Uint8Array | undefined,
  weights: Uint8Array | undefined,
  shape: LlamaShape,
): LoraAdapter {
  return readAdapter(
    {
      id: entry.id,
      config: new TextDecoder().decode(config),
      weights: weights ?? new Uint8Array(),
      configFile: fileName(entry.adapter.config),
      weightsFile: fileName(entry.adapter.weights),
    },
    shape,
  );
}

/** Adds up the bytes of a phase and tells of them. */
function tally(
  phase: LoadPhase,
  total: number,
  onProgress: (progress: LoadProgress) => void,
): (progress: ReadProgress) => void {
  let done = 0;
  let cached = 0;
  onProgress({ phase, done, total, unit: 'bytes', cached });
  return (step) => {
    done += step.bytes;
    if (step.cached) cached += step.bytes;
    onProgress({ phase, done, total, unit: 'bytes', cached });
  };
}

/** Some files at a time; the first failure stops the others and is the error. */
async function readMany(
  reader: PackageReader,
  refs: readonly FileRef[],
  onProgress: (progress: ReadProgress) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<FileRef, Uint8Array<ArrayBuffer>>> {
  const files = new Map<FileRef, Uint8Array<ArrayBuffer>>();
  const waiting = [...refs];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const work = async (): Promise<void> => {
    for (let ref = waiting.shift(); ref !== undefined; ref = waiting.shift()) {
      files.set(ref, await reader.read(ref, onProgress, either));
    }
  };
  try {
    await Promise.all(Array.from({ length: ABREAST }, work));
  } finally {
    stop.abort();
  }
  return files;
}
