import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FormatError } from '../src/formats/errors.ts';
import { parseEmbedderManifest } from '../src/formats/manifest.ts';
import { readSafetensors, safetensorsF32 } from '../src/formats/safetensors.ts';
import { loadEmbedder, type Embedder } from './embedder.ts';

const folder = new URL('../models/all-minilm-l6-v2/', import.meta.url);
const read = async (path: string) => new Uint8Array(await readFile(new URL(path, folder)));

async function load(): Promise<Embedder> {
  const manifest = parseEmbedderManifest(await readFile(new URL('manifest.json', folder), 'utf8'));
  if (!('path' in manifest.file)) throw new Error('the embedder lies in one file');
  return loadEmbedder({ bytes: await read(manifest.file.path), manifest, ort });
}

let embedder: Embedder;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  embedder = await load();
}, 60_000);
afterAll(() => embedder.dispose());

test('equals PyTorch on the shipped weights: prose, prompts, 25 languages, odd strings, nothing, a text past the limit', async () => {
  const { texts } = JSON.parse(await readFile(new URL('reference.json', folder), 'utf8')) as { texts: string[] };
  const file = readSafetensors(await read('reference.safetensors'), 'reference.safetensors');
  const { dimension } = embedder;
  const expected = safetensorsF32(file, 'vectors', [texts.length, dimension]);
  expect(texts.length).toBeGreaterThan(60);
  for (const [i, text] of texts.entries()) {
    const row = await embedder.embed(text);
    const wanted = expected.subarray(i * dimension, (i + 1) * dimension);
    const cosine = row.reduce((sum, x, k) => sum + x * (wanted[k] ?? 0), 0);
    const largest = row.reduce((max, x, k) => Math.max(max, Math.abs(x - (wanted[k] ?? 0))), 0);
    expect(cosine, text).toBeGreaterThan(0.99999);
    expect(largest, text).toBeLessThan(1e-5);
  }
}, 60_000);

test('calls that overlap answer each for its own text', async () => {
  const alone = await embedder.embed('a green apple');
  const [first, second] = await Promise.all([embedder.embed('a green apple'), embedder.embed('seven rivers')]);
  expect(first).toEqual(alone);
  expect(second).not.toEqual(alone);
});

test('a file of another architecture is refused by name', async () => {
  const manifest = parseEmbedderManifest(await readFile(new URL('manifest.json', folder), 'utf8'));
  const bytes = await read('all-minilm-l6-v2.gguf');
  const at = Buffer.from(bytes.buffer).indexOf('bert');
  bytes.set(Buffer.from('bart'), at);
  await expect(loadEmbedder({ bytes, manifest, ort })).rejects.toThrow(FormatError);
});
