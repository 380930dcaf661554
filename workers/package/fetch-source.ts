/** Files of a package from the server that serves the page: streamed, so that progress shows and an abort stops the download. */
import { EngineError } from '../../src/protocol/error.ts';
import type { Source } from './source.ts';

export interface FetchOptions {
  readonly fetch?: typeof fetch;
  /** A server that sends nothing for so long is given up. */
  readonly stallMilliseconds?: number;
}

const STALLED = 'stalled';
const AGAIN = 'Check the connection and try again; finished files are kept.';

/** @param manifest absolute URL of the package's manifest.json */
export function fetchSource(manifest: string, options: FetchOptions = {}): Source {
  const get = options.fetch ?? globalThis.fetch.bind(globalThis);
  const stall = options.stallMilliseconds ?? 30_000;
  const address = (path: string): string => new URL(path, manifest).href;

  /** Hands every chunk to `take`; a stall, an abort or a broken connection ends it with an error that names the file. */
  async function stream(
    path: string,
    cache: RequestCache,
    take: (chunk: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const url = address(path);
    const local = new AbortController();
    const stop = (): void => {
      local.abort();
    };
    if (signal.aborted) throw aborted(path);
    signal.addEventListener('abort', stop, { once: true });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        local.abort(STALLED);
      }, stall);
    };
    try {
      wait();
      const response = await get(url, { signal: local.signal, cache });
      if (!response.ok) throw missing(path, url, response.status);
      // Development servers and single-page hosts answer a missing file with their start page.
      if (response.headers.get('content-type')?.startsWith('text/html') === true) throw missing(path, url, 404);
      if (response.body === null) return;
      const reader = response.body.getReader();
      for (;;) {
        wait();
        const { done, value } = await reader.read();
        if (done) return;
        take(value);
      }
    } catch (error) {
      stop();
      if (error instanceof EngineError) throw error;
      if (isAborted(signal)) throw aborted(path);
      const why =
        local.signal.reason === STALLED
          ? `the server sent nothing for ${String(Math.round(stall / 1000))} s`
          : error instanceof Error
            ? error.message
            : String(error);
      throw new EngineError('fetch', `${path}: the download broke off (${why}). ${AGAIN}`, { cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  return {
    name: address,
    async readAll(path, most, signal) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      await stream(
        path,
        // An edition published meanwhile must be seen.
        'no-cache',
        (chunk) => {
          size += chunk.length;
          if (size > most) throw tooLong(path, most);
          chunks.push(chunk);
        },
        signal,
      );
      const whole = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        whole.set(chunk, at);
        at += chunk.length;
      }
      return whole;
    },
    async fill(path, into, onBytes, signal) {
      let done = 0;
      await stream(
        path,
        // Kept by the store, under its hash: a second copy would take room, and a damaged one would come again and again.
        'no-store',
        (chunk) => {
          if (done + chunk.length > into.length) throw tooLong(path, into.length);
          into.set(chunk, done);
          done += chunk.length;
          onBytes(done);
        },
        signal,
      );
      if (done < into.length) throw truncated(path, done, into.length);
    },
  };
}

// A function, as the compiler takes a signal once found live to stay so.
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

export const aborted = (path: string): EngineError => new EngineError('aborted', `${path}: loading was cancelled.`);

export const truncated = (path: string, got: number, wanted: number): EngineError =>
  new EngineError('fetch', `${path}: only ${String(got)} of ${String(wanted)} bytes arrived. ${AGAIN}`);

export const tooLong = (path: string, most: number): EngineError =>
  new EngineError(
    'fetch',
    `${path}: it is longer than the ${String(most)} bytes expected, so it is not the file of this package. Reload the page, or publish the package again.`,
  );

function missing(path: string, url: string, status: number): EngineError {
  const what =
    status === 404
      ? 'the server does not have it (404): publish the whole folder of the package'
      : `the server answered with status ${String(status)}`;
  return new EngineError('fetch', `${path}: ${what} (${url}). Then try again; finished files are kept.`);
}
