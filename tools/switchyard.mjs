#!/usr/bin/env node
/**
 * `npx switchyard …`: installs what is missing, bundles src/cli when its sources are newer than the bundle, and runs it.
 * Plain JavaScript without imports from packages, as it runs before they exist. Messages go to standard error.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensurePackages, root, say } from './ensure.mjs';
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

const { start } = await import(pathToFileURL(bundle).href);
process.exitCode = await start(process.argv.slice(2), root);
