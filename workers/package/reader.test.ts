import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FileRef } from '../../src/formats/manifest.ts';
import { EngineError } from '../../src/protocol/error.ts';
import { packageReader, type Held, type ReadProgress } from './reader.ts';
import type { Source } from './source.ts';
import type { Store } from './store.ts';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const content = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + seed) % 256);
const one = content(300, 1);
const two = content(200, 2);
const part = (path: string, bytes: Uint8Array) => ({ path, bytes: bytes.length, sha256: hash(bytes) });
const whole = Uint8Array.from([...one, ...two]);
const split: FileRef = {
  name: 'base.gguf',
  bytes: whole.length,
  sha256: hash(whole),
  parts: [part('base/1', one), part('base/2', two)],
};
const never = new AbortController().signal;

/** Serves `files`; a path in `broken` fails after half of it. */
function fakeSource(files: Record<string, Uint8Array>, broken = new Set<string>()): Source & { fetched: string[] } {
  const fetched: string[] = [];
  return {
    fetched,
    name: (path) => `fake:${path}`,
    readAll: () => Promise.reject(new Error('not used')),
    fill(path, into, onBytes) {
      fetched.push(path);
      const bytes = files[path] ?? new Uint8Array();
      into.set(bytes.subarray(0, into.length / 2));
      onBytes(Math.floor(into.length / 2));
      if (broken.has(path)) return Promise.reject(new EngineError('fetch', `${path}: broke off`));
      into.set(bytes);
      onBytes(into.length);
      return Promise.resolve();
    },
  };
}

function fakeStore(refusing = false): Store & { kept: Map<string, Uint8Array<ArrayBuffer>> } {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    kept,
    get: (key) => Promise.resolve(kept.get(key)),
    put(key, bytes) {
      if (refusing) return Promise.reject(new EngineError('memory', 'full'));
      kept.set(key, bytes.slice());
      return Promise.resolve();
    },
    delete: (key) => Promise.resolve(void kept.delete(key)),
    list: () => Promise.resolve([...kept.keys()]),
  };
}

const files = { 'base/1': one, 'base/2': two };
const sum = (steps: readonly ReadProgress[]): number => steps.reduce((total, { bytes }) => total + bytes, 0);

describe('reading', () => {
  test('joins the parts and counts their bytes', async () => {
    const steps: ReadProgress[] = [];
    const bytes = await packageReader(fakeSource(files), undefined).read(split, (step) => steps.push(step), never);
    expect(bytes).toEqual(whole);
    expect(sum(steps)).toBe(whole.length);
    expect(steps.some(({ cached }) => cached)).toBe(false);
  });

  test('a second visit fetches nothing', async () => {
    const store = fakeStore();
    await packageReader(fakeSource(files), store).read(split, () => undefined, never);
    const source = fakeSource(files);
    const steps: ReadProgress[] = [];
    expect(await packageReader(source, store).read(split, (step) => steps.push(step), never)).toEqual(whole);
    expect(source.fetched).toEqual([]);
    expect(steps.every(({ cached }) => cached)).toBe(true);
    expect(sum(steps)).toBe(whole.length);
  });

  test('a kept file that was damaged is fetched again', async () => {
    const store = fakeStore();
    store.kept.set(hash(one), content(300, 9));
    const source = fakeSource(files);
    expect(await packageReader(source, store).read(split, () => undefined, never)).toEqual(whole);
    expect(source.fetched).toEqual(['base/1', 'base/2']);
    expect(store.kept.get(hash(one))).toEqual(one);
  });

  test('a wrong hash names file, both hashes and what to do, and is not kept', async () => {
    const store = fakeStore();
    const reader = packageReader(fakeSource({ ...files, 'base/2': content(200, 3) }), store);
    const steps: ReadProgress[] = [];
    await expect(reader.read(split, (step) => steps.push(step), never)).rejects.toMatchObject({
      code: 'hash',
      message: expect.stringMatching(new RegExp(`base/2.*${hash(two)}.*try again`)) as string,
    });
    expect([...store.kept.keys()]).toEqual([hash(one)]);
    // What was counted for the bad part is taken back.
    expect(sum(steps)).toBe(one.length);
  });

  test.each([
    ['with a store', () => fakeStore()],
    ['with a store that refuses', () => fakeStore(true)],
    ['without a store', () => undefined],
  ])('after a broken download the finished part is not fetched again, %s', async (_, makeStore) => {
    const store = makeStore();
    const held: Held = new Map();
    await expect(
      packageReader(fakeSource(files, new Set(['base/2'])), store, held).read(split, () => undefined, never),
    ).rejects.toMatchObject({ code: 'fetch' });
    const source = fakeSource(files);
    const reader = packageReader(source, store, held);
    expect(await reader.read(split, () => undefined, never)).toEqual(whole);
    expect(source.fetched).toEqual(['base/2']);
    await reader.finish([split]);
    expect(held.size).toBe(0);
  });

  test('a store that is missing or refuses is said', async () => {
    expect(packageReader(fakeSource(files), undefined).notices).toHaveLength(1);
    const refused = packageReader(fakeSource(files), fakeStore(true));
    expect(refused.notices).toEqual([]);
    await refused.read(split, () => undefined, never);
    expect(refused.notices[0]).toMatch(/downloaded again on the next visit/);
    const fine = packageReader(fakeSource(files), fakeStore());
    await fine.read(split, () => undefined, never);
    expect(fine.notices).toEqual([]);
  });

  test('finishing forgets files of an older edition', async () => {
    const store = fakeStore();
    store.kept.set('0'.repeat(64), content(5, 5));
    const reader = packageReader(fakeSource(files), store);
    await reader.read(split, () => undefined, never);
    await reader.finish([split]);
    expect([...store.kept.keys()].sort()).toEqual([hash(one), hash(two)].sort());
  });
});
