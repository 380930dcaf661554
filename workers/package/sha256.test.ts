import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from './sha256.ts';
import { sha256Hex } from '../../src/core/sha256.ts';

const reference = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('both ways give the digest of node:crypto, at every length around the padding', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) % 256);
    expect(sha256Hex(bytes)).toBe(reference(bytes));
  }
});

test('any bytes, also a view into a larger buffer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.nat(8), async (content, offset) => {
      const bytes = new Uint8Array(content.length + offset).subarray(offset);
      bytes.set(content);
      expect(sha256Hex(bytes)).toBe(reference(content));
      expect(await sha256(bytes)).toBe(reference(content));
    }),
    { numRuns: 100 },
  );
});
