/** Where verified files are kept between visits, by their SHA-256: same content, same place, whatever package names it. */
import { EngineError } from '../../src/protocol/error.ts';

export interface Store {
  /** The bytes kept under this hash, or undefined. They are verified again by the caller. */
  get(hash: string, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** @throws EngineError `memory` when the browser refuses to keep it. */
  put(hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  delete(hash: string): Promise<void>;
  /** Hashes of everything kept here. */
  list(): Promise<readonly string[]>;
}

/** Requests to this made-up path are never sent; they are the keys of the cache. */
const keyOf = (hash: string): string => `/.switchyard-kept/${hash}`;

/**
 * Cache Storage, one cache a package. Undefined where there is none or it is denied (insecure origin, private window,
 * blocked storage): the page then downloads again on each visit.
 */
export async function cacheStore(name: string): Promise<Store | undefined> {
  let cache: Cache;
  try {
    cache = await caches.open(name);
  } catch {
    return undefined;
  }
  return {
    async get(hash, bytes) {
      try {
        const kept = await cache.match(keyOf(hash));
        if (kept === undefined) return undefined;
        const content = new Uint8Array(await kept.arrayBuffer());
        return content.length === bytes ? content : undefined;
      } catch {
        return undefined;
      }
    },
    async put(hash, bytes) {
      try {
        const headers = { 'content-length': String(bytes.length) };
        await cache.put(keyOf(hash), new Response(inPieces(bytes), { headers }));
      } catch (error) {
        throw new EngineError('memory', 'the browser did not keep the file', { cause: error });
      }
    },
    async delete(hash) {
      await cache.delete(keyOf(hash)).catch(() => false);
    },
    async list() {
      const keys = await cache.keys().catch(() => []);
      return keys.map((request) => request.url.slice(request.url.lastIndexOf('/') + 1));
    },
  };
}

const PIECE = 1 << 18;

/** Copies of a file's parts one after the other, so that the browser takes no second one of it all, see workers/handed-over.ts. */
function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += PIECE)));
    },
  });
}
