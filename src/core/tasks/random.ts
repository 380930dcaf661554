/** Hashes and counter-based draws of the task generators: a draw depends on its key and number, never on what ran before. */
import { eachByte } from '../utf8.ts';

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 (IEEE 802.3) of the string's UTF-8 bytes, as an unsigned 32-bit number. Lone surrogates count as U+FFFD. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  eachByte(text, (byte) => {
    crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  });
  return (crc ^ 0xffffffff) >>> 0;
}

/** Finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export interface Draws {
  /** Whole number in [0, below). */
  int(below: number): number;
  /** One of the list; throws on an empty one. */
  pick<T>(list: readonly T[]): T;
  /** A new list in random order (Fisher and Yates). */
  shuffle<T>(list: readonly T[]): T[];
}

/** Draws numbered 0, 1, 2 … under (seed, key). */
export function draws(seed: number, key: string): Draws {
  const base = mix(crc32(key) ^ Math.imul(seed + 1, 0x9e3779b1));
  let count = 0;
  const int = (below: number) => Math.floor((mix(base ^ Math.imul(++count, 0x9e3779b1)) / 2 ** 32) * below);
  return {
    int,
    pick: (list) => {
      const at = int(list.length);
      if (at >= list.length) throw new Error(`pick: the list is empty (key ${key})`);
      return list[at] as (typeof list)[number];
    },
    shuffle: (list) => {
      const out = [...list];
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1);
        [out[i], out[j]] = [out[j] as (typeof out)[number], out[i] as (typeof out)[number]];
      }
      return out;
    },
  };
}
