import type { TaskDocument } from '../../src/core/tasks/task.ts';

/** Seed of the published documents. */
export const SEED = 1;

/** One document a line, as the files and their hashes have them. */
export const jsonLines = (documents: readonly TaskDocument[]): string =>
  documents.map((d) => `${JSON.stringify(d)}\n`).join('');
