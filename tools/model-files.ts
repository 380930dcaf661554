/** Reads packages from `models/` for tests and tools under Node. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileParts, type FileRef } from '../src/formats/manifest.ts';

const models = join(dirname(fileURLToPath(import.meta.url)), '..', 'models');

export const readText = (path: string): string => readFileSync(join(models, path), 'utf8');
export const readBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(models, path)));

/** The bytes behind a file reference of the package in `folder`, joined, not checked. */
export const readReference = (folder: string, ref: FileRef): Uint8Array<ArrayBuffer> =>
  concatenate(fileParts(ref).map((part) => readBytes(`${folder}/${part.path}`)));

/** The published base model, joined from its parts. */
export function readBase(): Uint8Array<ArrayBuffer> {
  const folder = 'smollm2-135m/base';
  const number = (name: string) => Number(/\.part(\d+)$/.exec(name)?.[1]);
  const parts = readdirSync(join(models, folder)).sort((a, b) => number(a) - number(b));
  return concatenate(parts.map((part) => readBytes(`${folder}/${part}`)));
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
