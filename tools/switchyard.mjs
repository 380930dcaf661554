#!/usr/bin/env node
/**
 * `npx switchyard …`: installs what is missing, bundles src/cli when its sources are newer than the bundle, and runs it.
 * Plain JavaScript without imports from packages, as it runs before they exist. Messages go to standard error.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensurePackages, root, run, say } from './ensure.mjs';
import { ensureKernels } from './kernels.mjs';

ensurePackages();
try {
  await ensureKernels();
} catch (error) {
  say(`the kernels could not be compiled: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}

const bundle = join(root, 'dist-cli', 'switchyard.mjs');
/** What the bundle is made from; models and tests are not. */
const sources = ['src/cli', 'src/core', 'src/formats', 'src/protocol', 'workers', 'package-lock.json'];

/** Latest change below a path, in milliseconds. */
function changed(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  // A folder's own time tells of files that were removed.
  return readdirSync(path).reduce((latest, name) => Math.max(latest, changed(join(path, name))), info.mtimeMs);
}

if (!existsSync(bundle) || sources.some((path) => changed(join(root, path)) > statSync(bundle).mtimeMs)) {
  const { bundleCli } = await import('./bundle-cli.mjs');
  try {
    await bundleCli(bundle);
  } catch (error) {
    say(`the command line could not be bundled: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
}

// Documents are made from packages; a folder of the user's own is taken as it is.
if (process.argv[2] === 'evaluate' && !process.argv.includes('--documents')) {
  const made = join(root, 'data', 'tasks', 'tasks.json');
  const from = ['src/core/tasks', 'tools/tasks', 'package-lock.json'].map((path) => join(root, path));
  if (!existsSync(made) || from.some((path) => changed(path) > statSync(made).mtimeMs)) {
    say('making the documents of the tasks (a few seconds) …');
    if (run(process.execPath, [join(root, 'tools', 'with-jiti.mjs'), 'tools/tasks/build.ts']) !== 0) process.exit(2);
  }
}

const { start } = await import(pathToFileURL(bundle).href);
process.exitCode = await start(process.argv.slice(2), root);
