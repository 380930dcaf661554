/** Puts the model packages into the build: the files that their manifests name, the notice and the matrix of experts and tasks. The dev server serves them from `models/`. */
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';

type Json = null | boolean | number | string | readonly Json[] | JsonRecord;
interface JsonRecord {
  readonly [key: string]: Json;
}

const readManifest = (root: string, folder: string): Json =>
  JSON.parse(readFileSync(join(root, 'models', folder, 'manifest.json'), 'utf8')) as Json;

const isObject = (json: Json): json is JsonRecord => typeof json === 'object' && json !== null && !Array.isArray(json);

/** Every `path` beside a `sha256`, wherever it stands in the manifest. */
function paths(json: Json): string[] {
  if (Array.isArray(json)) return json.flatMap(paths);
  if (!isObject(json)) return [];
  const own = typeof json.path === 'string' && typeof json.sha256 === 'string' ? [json.path] : [];
  return [...own, ...Object.values(json).flatMap(paths)];
}

/** The packages that are there, and the embedders that they name. */
export function packageFolders(root: string, folders: readonly string[]): string[] {
  const there = folders.filter((folder) => existsSync(join(root, 'models', folder, 'manifest.json')));
  const embedders = there.flatMap((folder) => {
    const manifest = readManifest(root, folder);
    const embedder = isObject(manifest) ? manifest.embedder : undefined;
    return isObject(embedder ?? null) && typeof (embedder as { package?: Json }).package === 'string'
      ? [(embedder as { package: string }).package]
      : [];
  });
  return [...new Set([...there, ...embedders])];
}

/** A hard link where the file system allows one: the packages are large. */
function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** @param folders below `models/`, see `packageFolders` */
export function models(folders: readonly string[]): Plugin {
  let root = '';
  let out = '';
  return {
    name: 'models',
    apply: 'build',
    configResolved(config) {
      root = config.root;
      out = config.build.outDir;
    },
    closeBundle() {
      for (const folder of folders) {
        const from = join(root, 'models', folder);
        const files = ['manifest.json', ...paths(readManifest(root, folder))];
        // Not the package's own parts: what is said of it.
        for (const file of ['NOTICE.md', 'matrix.json']) if (existsSync(join(from, file))) files.push(file);
        for (const file of files) put(join(from, file), join(resolve(root, out), 'models', folder, file));
      }
    },
  };
}
