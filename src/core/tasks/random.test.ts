import { describe, expect, test } from 'vitest';
import { crc32, draws } from './random.ts';

describe('crc32', () => {
  test('equals the check value of CRC-32/ISO-HDLC', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(crc32('')).toBe(0);
  });
  test('reads UTF-8 (values of zlib)', () => {
    expect(crc32('é')).toBe(0x0e048d3e);
    expect(crc32('日本')).toBe(0xc7b7cdcc);
    expect(crc32('🙂')).toBe(0xf258e529);
  });
});

describe('draws', () => {
  test('are the same under the same seed and key, and differ under another', () => {
    const list = (seed: number, key: string) => {
      const draw = draws(seed, key);
      return Array.from({ length: 20 }, () => draw.int(1000));
    };
    expect(list(1, 'a')).toEqual(list(1, 'a'));
    expect(list(1, 'a')).not.toEqual(list(2, 'a'));
    expect(list(1, 'a')).not.toEqual(list(1, 'b'));
  });
  test('are roughly uniform', () => {
    const draw = draws(3, 'uniform');
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 8000; i++) {
      const k = draw.int(8);
      counts[k] = (counts[k] ?? 0) + 1;
    }
    // Five standard deviations of a binomial with n = 8000, p = 1/8.
    for (const c of counts) expect(Math.abs(c - 1000)).toBeLessThan(148);
  });
  test('shuffle keeps the elements and leaves its argument alone', () => {
    const list = [1, 2, 3, 4, 5, 6, 7];
    const shuffled = draws(1, 'shuffle').shuffle(list);
    expect(list).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(shuffled.sort()).toEqual(list);
  });
  test('pick refuses an empty list', () => {
    expect(() => draws(1, 'none').pick([])).toThrow('list is empty');
  });
});
