import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FilePart, FileRef } from '../../src/formats/manifest.ts';

const models = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'models');

/** Writes files of a package and says what its manifest has to say of them. */
export interface Folder {
  write(path: string, data: Uint8Array): FilePart;
  writeJson(path: string, value: unknown): FilePart;
  /** In parts of at most `most` bytes. */
  writeParts(name: string, folder: string, data: Uint8Array, most: number): FileRef;
}

/** An empty folder `models/<name>`; what was there is removed. */
export function emptyFolder(name: string): Folder {
  const root = join(models, name);
  rmSync(root, { recursive: true, force: true });
  const write = (path: string, data: Uint8Array): FilePart => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), data);
    return { path, bytes: data.length, sha256: sha256(data) };
  };
  return {
    write,
    writeJson: (path, value) => write(path, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)),
    writeParts: (file, folder, data, most) => ({
      name: file,
      bytes: data.length,
      sha256: sha256(data),
      parts: Array.from({ length: Math.ceil(data.length / most) }, (_, i) =>
        write(`${folder}/${file}.part${String(i)}`, data.subarray(i * most, (i + 1) * most)),
      ),
    }),
  };
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
