/**
 * `npm run bench -- --peers --prepare`: installs the packages of tools/peers and makes, in bench-data/, the forms of the base model
 * that they read, anew each time. All of it from `models/`, by the product's own readers, so that every engine multiplies the same weights.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGguf } from '../../src/formats/gguf.ts';
import { readLlama } from '../../src/formats/llama.ts';
import { root, run, say } from '../ensure.mjs';
import { readBase } from '../model-files.ts';
import { onnxConfig, writeOnnxLlama } from './onnx.ts';
import { requantise } from './requantise.ts';

export const peersFolder = join(root, 'tools', 'peers');
export const dataFolder = join(root, 'bench-data');
export const GGUF_TYPES = ['Q4_1', 'Q4_0', 'Q8_0'] as const;
export type PeerGguf = (typeof GGUF_TYPES)[number];
/** Its folder's name in bench-data/, and the name by which transformers.js asks for it. */
export const ONNX_MODEL = 'base';

const files = {
  'base.Q4_1.gguf': () => readBase(),
  'base.Q4_0.gguf': () => requantise(readGguf(readBase(), 'base'), 'Q4_0'),
  'base.Q8_0.gguf': () => requantise(readGguf(readBase(), 'base'), 'Q8_0'),
  [`${ONNX_MODEL}/config.json`]: () => new TextEncoder().encode(JSON.stringify(onnxConfig(llama()))),
  [`${ONNX_MODEL}/onnx/model.onnx`]: () => writeOnnxLlama(llama(), 'fp32'),
  [`${ONNX_MODEL}/onnx/model_q4.onnx`]: () => writeOnnxLlama(llama(), 'q4'),
};
const llama = () => readLlama(readGguf(readBase(), 'base'));

/** What is not there yet, by name. */
export const missing = (): readonly string[] => [
  ...(existsSync(join(peersFolder, 'node_modules', '.package-lock.json')) ? [] : ['the packages of tools/peers']),
  ...Object.keys(files).filter((name) => !existsSync(join(dataFolder, name))),
];

/** @throws Error when the packages cannot be installed */
export function prepare(): void {
  say('installing the packages of tools/peers (about 180 MB) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  if (run(npm, ['ci'], { cwd: peersFolder, shell: process.platform === 'win32' }) !== 0) {
    throw new Error('`npm ci` failed in tools/peers (see above)');
  }
  mkdirSync(join(dataFolder, ONNX_MODEL, 'onnx'), { recursive: true });
  for (const [name, make] of Object.entries(files)) {
    say(`making bench-data/${name} …`);
    const draft = join(dataFolder, `${name}.draft`);
    writeFileSync(draft, make());
    renameSync(draft, join(dataFolder, name));
  }
}
