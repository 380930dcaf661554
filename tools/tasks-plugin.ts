/**
 * Puts the task documents into the build, and serves them while developing: validation and test, the frozen files of
 * `npm run tasks`, under names that hold their hash. They are made from the npm packages when they are missing.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { documentsFile } from '../src/state/evaluation/documents.ts';
import { root, run, say } from './ensure.mjs';

const MADE = join(root, 'data', 'tasks');
/** Training documents are of no use to the page. */
const SERVED = /\/(validation|test)$/;

/** `<task>/<split>` -> SHA-256 of its file, of what the page may ask for. */
function frozenHashes(): Readonly<Record<string, string>> {
  const all = JSON.parse(readFileSync(join(root, 'tools', 'tasks', 'hashes.json'), 'utf8')) as Record<string, string>;
  return Object.fromEntries(Object.entries(all).filter(([name]) => SERVED.test(name)));
}

const made = (name: string): string => join(MADE, `${name}.jsonl`);

const differs = ([name, hash]: readonly [string, string]): boolean =>
  !existsSync(made(name)) ||
  createHash('sha256')
    .update(readFileSync(made(name)))
    .digest('hex') !== hash;

/** @throws Error when the documents cannot be made, or come out other than they were frozen */
function ensureDocuments(hashes: Readonly<Record<string, string>>): void {
  if (!Object.entries(hashes).some(differs)) return;
  say('making the documents of the tasks (a few seconds) …');
  const failed = run(process.execPath, ['tools/with-jiti.mjs', 'tools/tasks/build.ts']) !== 0;
  const wrong = Object.entries(hashes).filter(differs);
  if (failed || wrong.length > 0)
    throw new Error(
      `the task documents could not be made as they were frozen (${wrong.map(([name]) => name).join(', ')}): run npm ci, then npm run tasks, and read what it says`,
    );
}

export function tasks(): Plugin {
  const hashes = frozenHashes();
  let out = '';
  let building = false;
  return {
    name: 'tasks',
    config: () => ({ define: { __TASK_HASHES__: JSON.stringify(hashes) } }),
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
      building = config.command === 'build';
    },
    configureServer(server) {
      const files = new Map(Object.entries(hashes).map(([name, hash]) => [`/${documentsFile(name, hash)}`, name]));
      server.middlewares.use((request, response, next) => {
        const name = files.get(new URL(request.url ?? '/', 'http://localhost').pathname);
        if (name === undefined) {
          next();
          return;
        }
        ensureDocuments(hashes);
        response.setHeader('Content-Type', 'application/jsonl; charset=utf-8');
        response.end(readFileSync(made(name)));
      });
    },
    closeBundle() {
      // Also called when a dev server closes.
      if (!building) return;
      ensureDocuments(hashes);
      for (const [name, hash] of Object.entries(hashes)) {
        const to = join(out, documentsFile(name, hash));
        mkdirSync(dirname(to), { recursive: true });
        copyFileSync(made(name), to);
      }
    },
  };
}
