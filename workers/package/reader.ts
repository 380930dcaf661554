/** Files of a package, verified: from the store of an earlier visit where they are kept, else from the source. */
import { fileParts, type FilePart, type FileRef } from '../../src/formats/manifest.ts';
import { EngineError } from '../../src/protocol/error.ts';
import { sha256 } from './sha256.ts';
import type { Source } from './source.ts';
import type { Store } from './store.ts';

export interface ReadProgress {
  /** Bytes done since the last call; negative when a file has to be begun again. */
  readonly bytes: number;
  /** Whether they came from the store. */
  readonly cached: boolean;
}

export interface PackageReader {
  /** The whole file, its parts joined. Each part's length and SHA-256 are checked. */
  read(
    ref: FileRef,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Forgets what the store holds beyond `refs`, and what was held for another try; nothing is held from then on. */
  finish(refs: readonly FileRef[]): Promise<void>;
  /** What the user should know about how the files were kept. */
  readonly notices: readonly string[];
}

/** Verified parts by their SHA-256, held in memory between tries. */
export type Held = Map<string, Uint8Array<ArrayBuffer>>;

/**
 * Without a store, or when it refuses, finished parts stay in `held` until `finish`, so that another try after a broken
 * download goes on where it stopped.
 */
export function packageReader(source: Source, store: Store | undefined, held: Held = new Map()): PackageReader {
  const notices = new Set<string>();
  let finished = false;
  const notKept = 'This browser does not keep the model: it is downloaded again on the next visit.';
  if (store === undefined) notices.add(notKept);

  async function keep(part: FilePart, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      if (store === undefined) throw new EngineError('memory', notKept);
      await store.put(part.sha256, bytes);
    } catch {
      notices.add(notKept);
      if (!finished) held.set(part.sha256, bytes);
    }
  }

  async function fromStore(part: FilePart, into: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const kept = held.get(part.sha256) ?? (await store?.get(part.sha256, part.bytes));
    if (kept === undefined) return false;
    if ((await sha256(kept)) !== part.sha256) {
      held.delete(part.sha256);
      await store?.delete(part.sha256);
      return false;
    }
    into.set(kept);
    return true;
  }

  async function readPart(
    part: FilePart,
    into: Uint8Array<ArrayBuffer>,
    onProgress: (progress: ReadProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (await fromStore(part, into)) {
      onProgress({ bytes: part.bytes, cached: true });
      return;
    }
    let reported = 0;
    const report = (done: number): void => {
      onProgress({ bytes: done - reported, cached: false });
      reported = done;
    };
    try {
      await source.fill(part.path, into, report, signal);
      // Of a copy, see workers/handed-over.ts.
      const hash = await sha256(into.slice());
      if (hash !== part.sha256) {
        throw new EngineError(
          'hash',
          `${part.path}: its SHA-256 is ${hash}, the manifest says ${part.sha256}. The file is damaged or of another version: try again; if it stays so, publish the package again (${source.name(part.path)}).`,
        );
      }
    } catch (error) {
      report(0);
      throw error;
    }
    await keep(part, into);
  }

  return {
    get notices() {
      return [...notices];
    },
    async read(ref, onProgress, signal) {
      const whole = allocate(ref);
      let at = 0;
      for (const part of fileParts(ref)) {
        await readPart(part, whole.subarray(at, at + part.bytes), onProgress, signal);
        at += part.bytes;
      }
      return whole;
    },
    async finish(refs) {
      finished = true;
      held.clear();
      const wanted = new Set(refs.flatMap((ref) => fileParts(ref).map((part) => part.sha256)));
      for (const hash of (await store?.list()) ?? []) if (!wanted.has(hash)) await store?.delete(hash);
    },
  };
}

function allocate(ref: FileRef): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(ref.bytes);
  } catch (error) {
    throw new EngineError(
      'memory',
      `${'name' in ref ? ref.name : ref.path}: this device did not give the ${String(ref.bytes)} bytes it needs. Close other tabs, or use a device with more memory.`,
      { cause: error },
    );
  }
}
