/** Bundles src/cli into one file. Written beside its place and renamed, so that two commands at a time do no harm. */
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { rolldown } from 'rolldown';
import { root } from './ensure.mjs';

/** @param {string} file where the bundle goes; it exports `start(args, root)` */
export async function bundleCli(file) {
  const bundle = await rolldown({
    cwd: root,
    input: join(root, 'src', 'cli', 'main.ts'),
    platform: 'node',
    // It finds its WebAssembly beside itself.
    external: ['onnxruntime-web'],
    logLevel: 'warn',
  });
  const draft = `${file}.${String(process.pid)}.mjs`;
  mkdirSync(dirname(file), { recursive: true });
  await bundle.write({ file: draft, format: 'esm', sourcemap: false, codeSplitting: false });
  await bundle.close();
  renameSync(draft, file);
}
