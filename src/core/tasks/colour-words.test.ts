/** Conversions against culori; the naming rule on colours that nobody would argue about. */
import { colorsNamed, converter } from 'culori';
import { describe, expect, test } from 'vitest';
import { hcl, hsl, namer, oklab, type Bytes } from './colour-words.ts';
import { draws } from './random.ts';

const toCulori = ([r, g, b]: Bytes) => ({ mode: 'rgb' as const, r: r / 255, g: g / 255, b: b / 255 });
const COLOURS = Array.from({ length: 500 }, (_, n): Bytes => {
  const draw = draws(3, String(n));
  return [draw.int(256), draw.int(256), draw.int(256)];
});
/** Distance of two angles; a hue on the edge of a degree may round either way. */
const angle = (a: number, b: number) => Math.abs(((a - b + 540) % 360) - 180);

test('conversions agree with culori', () => {
  const [toOklab, toHsl, toLch] = [converter('oklab'), converter('hsl'), converter('lch65')];
  for (const colour of COLOURS) {
    const [ours, theirs] = [oklab(colour), toOklab(toCulori(colour))];
    [theirs.l, theirs.a, theirs.b].forEach((v, i) => {
      expect(ours[i]).toBeCloseTo(v, 5);
    });
    const [[h, s, l], other] = [hsl(colour), toHsl(toCulori(colour))];
    expect(angle(h, other.h ?? 0)).toBeLessThanOrEqual(0.501);
    expect(Math.abs(s - other.s * 100)).toBeLessThanOrEqual(0.501);
    expect(Math.abs(l - other.l * 100)).toBeLessThanOrEqual(0.501);
    const [[hue, chroma, luminance], lch] = [hcl(colour), toLch(toCulori(colour))];
    if (lch.c > 1) expect(angle(hue, lch.h ?? 0)).toBeLessThanOrEqual(0.51);
    expect(Math.abs(chroma - lch.c)).toBeLessThanOrEqual(0.51);
    expect(Math.abs(luminance - lch.l)).toBeLessThanOrEqual(0.51);
  }
});

describe('namer', () => {
  const name = namer(colorsNamed);
  test.each([
    [[255, 0, 0], 'red'],
    [[255, 160, 10], 'orange'],
    [[250, 240, 20], 'yellow'],
    [[10, 120, 20], 'green'],
    [[20, 40, 220], 'blue'],
    [[130, 10, 140], 'purple'],
    [[255, 180, 200], 'pink'],
    [[10, 10, 12], 'black'],
    [[254, 254, 254], 'white'],
    [[120, 122, 121], 'grey'],
    [[110, 60, 20], 'brown'],
  ] as const)('%j is %s', (colour, word) => {
    expect(name(colour)).toBe(word);
  });
  test('is silent between two terms', () => {
    const names = Array.from({ length: 166 }, (_, green) => name([255, green, 0]));
    expect(new Set(names)).toEqual(new Set(['red', null, 'orange']));
  });
});
