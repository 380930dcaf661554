import { afterEach, expect, test, vi } from 'vitest';
import { cacheStore } from './store.ts';

const name = 'switchyard-package-test';
afterEach(async () => {
  vi.restoreAllMocks();
  await caches.delete(name);
});

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
const hash = 'ab'.repeat(32);

test('keeps bytes under their hash, from one visit to the next', async () => {
  const store = await cacheStore(name);
  expect(await store?.get(hash, bytes.length)).toBeUndefined();
  await store?.put(hash, bytes);
  const again = await cacheStore(name);
  expect(await again?.get(hash, bytes.length)).toEqual(bytes);
  expect(await again?.list()).toEqual([hash]);
  // Of another length it cannot be the file that is meant.
  expect(await again?.get(hash, 5)).toBeUndefined();
  await again?.delete(hash);
  expect(await again?.list()).toEqual([]);
});

test('without storage there is no store; a full one refuses', async () => {
  vi.spyOn(caches, 'open').mockRejectedValueOnce(new DOMException('denied', 'SecurityError'));
  expect(await cacheStore(name)).toBeUndefined();
  const store = await cacheStore(name);
  vi.spyOn(Cache.prototype, 'put').mockRejectedValueOnce(new DOMException('full', 'QuotaExceededError'));
  await expect(store?.put(hash, bytes)).rejects.toMatchObject({ code: 'memory' });
});
