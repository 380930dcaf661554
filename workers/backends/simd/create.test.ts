import { readFile } from 'node:fs/promises';
import { nodeKernels, spawnNodeHelper } from '../../../src/cli/node-kernels.ts';
import { backendContract } from '../contract.ts';
import type { ReadFile } from '../fixture.ts';
import { createSimdBackend } from './create.ts';

const folder = new URL('../../../models/tiny/', import.meta.url);
const read: ReadFile = async (path) => new Uint8Array(await readFile(new URL(path, folder)));

backendContract('own kernels', {
  read,
  create: (model, adapters) => createSimdBackend({ kernels: nodeKernels, model, adapters }),
  tolerance: 4e-3,
  reorder: 1e-12,
});
backendContract('own kernels on two threads', {
  read,
  create: (model, adapters) =>
    createSimdBackend({ kernels: nodeKernels, spawn: spawnNodeHelper, threads: 2, model, adapters }),
  tolerance: 4e-3,
  reorder: 1e-12,
});
