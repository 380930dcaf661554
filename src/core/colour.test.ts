import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  formatHex,
  parse,
  wcagContrast,
  type Color,
} from 'culori';
import { describe, expect, test } from 'vitest';
import { expertColours, oklchToHex, sequential, type Scheme } from './colour.ts';
import type { ExpertInfo } from './library.ts';

const FAMILIES = ['words', 'arithmetic', 'classes', 'knowledge', 'reading', 'symbols'];
const experts = (n: number, families = FAMILIES.length): ExpertInfo[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `e${String(i)}`,
    label: `Expert ${String(i)}`,
    badge: `E${String(i)}`,
    family: FAMILIES[i % families] ?? `family ${String(i % families)}`,
  }));

const VISIONS: readonly (readonly [string, (c: Color) => Color])[] = [
  ['all cones', (c) => c],
  ['protanopia', (c) => filterDeficiencyProt(1)(c)],
  ['deuteranopia', (c) => filterDeficiencyDeuter(1)(c)],
  ['tritanopia', (c) => filterDeficiencyTrit(1)(c)],
];
const distance = differenceCiede2000();
const SCHEMES: readonly Scheme[] = ['light', 'dark'];

function colour(hex: string): Color {
  const c = parse(hex);
  if (!c) throw new Error(`not a colour: ${hex}`);
  return c;
}

/** Smallest CIEDE2000 between pairs, over the four kinds of sight. */
function closest(hexes: readonly string[], pairs: (i: number, j: number) => boolean): number {
  let least = Infinity;
  for (const [, see] of VISIONS) {
    const seen = hexes.map((h) => see(colour(h)));
    seen.forEach((a, i) => {
      seen.forEach((b, j) => {
        if (i < j && pairs(i, j)) least = Math.min(least, distance(a, b));
      });
    });
  }
  return least;
}

test('OKLCH to sRGB agrees with culori, out of gamut colours included after lowering chroma', () => {
  for (let l = 0.2; l < 0.95; l += 0.1) {
    for (let h = 0; h < 360; h += 15) {
      // Chroma .03 is inside sRGB for all of these.
      expect(oklchToHex({ l, c: 0.03, h })).toBe(formatHex({ mode: 'oklch', l, c: 0.03, h }));
      const fitted = colour(oklchToHex({ l, c: 0.3, h }));
      expect(distance(fitted, { mode: 'oklch', l, c: 0.3, h })).toBeLessThan(50);
    }
  }
  expect(oklchToHex({ l: 0, c: 0, h: 0 })).toBe('#000000');
  expect(oklchToHex({ l: 1, c: 0, h: 0 })).toBe('#ffffff');
});

describe.each(SCHEMES)('twelve lines, %s', (scheme) => {
  const hexes = expertColours(experts(12)).map((c) => c[scheme]);

  test('any two stay apart under every kind of sight', () => {
    expect(closest(hexes, () => true)).toBeGreaterThan(10);
  });
  test('neighbours and next neighbours are far apart', () => {
    expect(closest(hexes, (i, j) => j - i <= 2)).toBeGreaterThan(16);
  });
  test('differ from the ground of a cell', () => {
    const ground = colour(scheme === 'light' ? '#ffffff' : '#1a1b1f');
    for (const hex of hexes) expect(distance(colour(hex), ground), hex).toBeGreaterThan(20);
  });
});

describe.each([
  [24, 6],
  [36, 6],
  [24, 1],
  [40, 12],
])('%i experts of %i families', (n, families) => {
  test.each(SCHEMES)('members of a family and neighbours can be told apart, %s', (scheme) => {
    const list = experts(n, families);
    const hexes = expertColours(list).map((c) => c[scheme]);
    const sameFamily = (i: number, j: number) => families > 1 && list[i]?.family === list[j]?.family;
    expect(closest(hexes, sameFamily)).toBeGreaterThan(4);
    expect(closest(hexes, (i, j) => j === i + 1)).toBeGreaterThan(4);
    expect(new Set(hexes).size).toBe(n);
  });
});

test.each([3, 12, 13, 24, 60])('badge letters are readable on all of %i lines', (n) => {
  for (const c of expertColours(experts(n))) {
    expect(wcagContrast(c.light, c.onLight)).toBeGreaterThan(4.5);
    expect(wcagContrast(c.dark, c.onDark)).toBeGreaterThan(4.5);
  }
});

test('colours depend on order and family alone', () => {
  const list = experts(24);
  const renamed = list.map((e) => ({ ...e, id: `x${e.id}`, label: 'other', badge: 'ZZ' }));
  expect(expertColours(renamed)).toEqual(expertColours(list));
  expect(expertColours(list.slice(0, 5))).toEqual(expertColours(list.slice(0, 9)).slice(0, 5));
  expect(expertColours([])).toEqual([]);
});

test.each(SCHEMES)('the sequential scale runs away from the ground in even steps of lightness, %s', (scheme) => {
  const steps = Array.from({ length: 11 }, (_, i) => colour(sequential(i / 10, scheme)));
  const ground = colour(scheme === 'light' ? '#ffffff' : '#1a1b1f');
  for (const [, see] of VISIONS) {
    const far = steps.map((s) => distance(see(s), ground));
    far.slice(1).forEach((d, i) => {
      expect(d).toBeGreaterThan(far[i] ?? Infinity);
    });
  }
  expect(sequential(Number.NaN, scheme)).toBe(sequential(0, scheme));
  expect(sequential(7, scheme)).toBe(sequential(1, scheme));
});
