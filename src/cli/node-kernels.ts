/** The SIMD backend's kernels and threads under Node: builds read from their folder, helpers as worker threads. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { buildName, type KernelBuild } from '../../workers/backends/simd/kernels.ts';
import { help, type SpawnHelper } from '../../workers/backends/simd/team.ts';
import { EngineError } from '../protocol/error.ts';

/** This file lies in `src/cli`, its bundle in `dist-cli`. */
const folders = ['../../', '../'].map((up) => new URL(`${up}workers/backends/simd/build/`, import.meta.url));

/** @throws EngineError `unsupported` when the builds are missing */
export async function nodeKernels(build: KernelBuild): Promise<WebAssembly.Module> {
  const file = `${buildName(build)}.wasm`;
  const url = folders.map((folder) => new URL(file, folder)).find((place) => existsSync(place));
  if (url === undefined) {
    throw new EngineError('unsupported', `The kernels (${file}) are not compiled: run "node tools/kernels.mjs".`);
  }
  return WebAssembly.compile(new Uint8Array(await readFile(url)));
}

/** A helper whose process may end without waiting for it. */
export const spawnNodeHelper: SpawnHelper = (start) => {
  const source = `const { parentPort, workerData } = require('node:worker_threads');
(${help.toString()})(workerData, () => parentPort.postMessage('ready'));`;
  const worker = new Worker(source, { eval: true, workerData: start });
  worker.unref();
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      resolve();
    });
    worker.once('error', reject);
  });
  return {
    ready,
    terminate: () => {
      void worker.terminate();
    },
  };
};
