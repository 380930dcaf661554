/** The published package with more experts than it has: copies of them, with gates a little off, until that many are trained. */
import { join } from 'node:path';
import { folderSource } from '../../src/cli/folder-source.ts';
import { withCopies } from '../../workers/package/copies.ts';
import { loadPackage, type ModelPackage } from '../../workers/package/load.ts';
import { root } from '../ensure.mjs';

export type ManyExperts = Pick<ModelPackage, 'llama' | 'adapters' | 'library'>;

export const readPackage = (folder = 'smollm2-135m'): Promise<ModelPackage> =>
  loadPackage(
    { source: folderSource(join(root, 'models', folder)), store: () => Promise.resolve(undefined) },
    () => undefined,
    new AbortController().signal,
  );

export const withExperts = (loaded: ModelPackage, count: number): ManyExperts => withCopies(loaded, count, 17);
