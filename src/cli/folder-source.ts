/** Files of a package from a folder. */
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '../protocol/error.ts';
import type { Source } from '../../workers/package/source.ts';

/** Bytes read between two looks at the signal. */
const STEP = 8_000_000;

const MANIFEST = 'manifest.json';

/** @param place a folder, or a JSON file in it that stands for its manifest: several packages may share a folder */
export function folderSource(place: string): Source {
  const [folder, manifest] = place.endsWith('.json') ? [dirname(place), basename(place)] : [place, MANIFEST];
  const name = (path: string): string => join(folder, path === MANIFEST ? manifest : path);

  async function sizeOf(path: string): Promise<number> {
    try {
      return (await stat(name(path))).size;
    } catch (error) {
      throw new EngineError(
        'fetch',
        `${path}: it is not in the folder ${folder}. Give the folder of a model package, with all its files.`,
        { cause: error },
      );
    }
  }

  return {
    name,
    async readAll(path, most, signal) {
      const size = await sizeOf(path);
      if (size > most) throw wrongSize(path, size, most);
      return new Uint8Array(await readFile(name(path), { signal }));
    },
    async fill(path, into, onBytes, signal) {
      const size = await sizeOf(path);
      if (size !== into.length) throw wrongSize(path, size, into.length);
      const file = await open(name(path));
      try {
        let done = 0;
        while (done < into.length) {
          if (signal.aborted) throw new EngineError('aborted', `${path}: loading was cancelled.`);
          const { bytesRead } = await file.read(into, done, Math.min(STEP, into.length - done), done);
          if (bytesRead === 0) throw wrongSize(path, done, into.length);
          done += bytesRead;
          onBytes(done);
        }
      } finally {
        await file.close();
      }
    },
  };
}

const wrongSize = (path: string, size: number, wanted: number): EngineError =>
  new EngineError(
    'fetch',
    `${path}: it has ${String(size)} bytes, not ${String(wanted)}. Copy the file again, or make the package again.`,
  );
