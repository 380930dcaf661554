/**
 * Compiles the kernels of the SIMD backend (workers/backends/simd/kernels, AssemblyScript) to WebAssembly, in four builds:
 * with and without relaxed SIMD, for one thread's memory and for shared memory. Does nothing when they are up to date.
 * `node tools/kernels.mjs --pin` also writes their SHA-256 to kernels.json, with which a test compares them.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { root, say } from './ensure.mjs';

const folder = join(root, 'workers', 'backends', 'simd');
const sources = join(folder, 'kernels');
const build = join(folder, 'build');
const stampFile = join(build, 'stamp');

/**
 * -O1: -O2 and -O3 move and unroll what the sources order by hand, and cost a third of the speed of the GEMV.
 * Memory is imported, so that threads can share it and its size is the host's to choose.
 */
const common =
  '-O1 --noAssert --runtime stub --importMemory --initialMemory 1 --maximumMemory 65536 --enable simd,threads'.split(
    ' ',
  );
const builds = {
  'plain.wasm': [],
  'plain-shared.wasm': ['--sharedMemory'],
  'relaxed.wasm': ['--enable', 'relaxed-simd'],
  'relaxed-shared.wasm': ['--sharedMemory', '--enable', 'relaxed-simd'],
};

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;

/** Changes with the sources, the compiler and the options. */
function stamp() {
  const files = readdirSync(sources).sort();
  return sha256(
    JSON.stringify([version('assemblyscript'), version('binaryen'), common, builds, files]),
    ...files.map((file) => readFileSync(join(sources, file))),
  );
}

const isCurrent = (now) =>
  existsSync(stampFile) &&
  readFileSync(stampFile, 'utf8') === now &&
  Object.keys(builds).every((file) => existsSync(join(build, file)));

/** @returns {Promise<void>} when the four builds are there; throws what the compiler says */
export async function ensureKernels() {
  const now = stamp();
  if (isCurrent(now)) return;
  say('compiling the kernels of the SIMD backend (a few seconds) …');
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(build, { recursive: true });
  for (const [file, options] of Object.entries(builds)) {
    // Written beside its place and renamed, so that two commands at a time do no harm.
    const draft = `${file}.${String(process.pid)}`;
    const args = ['index.ts', '--baseDir', sources, '--outFile', join('..', 'build', draft), ...common, ...options];
    const { error, stderr } = await asc.main(args);
    const said = stderr.toString();
    // A warning of the compiler is about signs or sizes of addresses: here always a mistake.
    if (error !== null || /^(WARNING|ERROR)/m.test(said)) {
      throw new Error(`${file}: ${said}${error === null ? '' : String(error)}`);
    }
    renameSync(join(build, draft), join(build, file));
  }
  writeFileSync(stampFile, now);
}

/** Name of a build to its SHA-256. */
export const kernelHashes = () =>
  Object.fromEntries(Object.keys(builds).map((file) => [file, sha256(readFileSync(join(build, file)))]));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await ensureKernels();
  if (process.argv.includes('--pin')) {
    writeFileSync(join(folder, 'kernels.json'), `${JSON.stringify(kernelHashes(), null, 2)}\n`);
  }
}
