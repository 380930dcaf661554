/**
 * Colours of experts and scales, computed in OKLCH (Björn Ottosson, 2020: perceptually even lightness and hue) and given as sRGB hex.
 * An expert's colour never stands alone: its badge goes with it.
 */
import type { ExpertInfo } from './library.ts';

export type Scheme = 'light' | 'dark';

/** OKLCH: lightness 0 to 1, chroma (0 is grey, sRGB ends near 0.3), hue in degrees. */
export interface Oklch {
  readonly l: number;
  readonly c: number;
  readonly h: number;
}

/** Hex colours of one expert; `on…` is the ink that is read best on the fill. */
export interface ExpertColour {
  readonly light: string;
  readonly dark: string;
  readonly onLight: string;
  readonly onDark: string;
}

type Rgb = readonly [number, number, number];

/** Linear-light sRGB; outside 0 to 1 when the colour is out of gamut. */
function toLinear({ l, c, h }: Oklch): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const L = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const M = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const S = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * L - 3.3077115913 * M + 0.2309699292 * S,
    -1.2684380046 * L + 2.6097574011 * M - 0.3413193965 * S,
    -0.0041960863 * L - 0.7034186147 * M + 1.707614701 * S,
  ];
}

const inGamut = (rgb: Rgb) => rgb.every((v) => v >= -1e-4 && v <= 1 + 1e-4);

/** The nearest colour of the same lightness and hue that sRGB can show: chroma is lowered until it fits. */
function fit(colour: Oklch): Rgb {
  let rgb = toLinear(colour);
  if (inGamut(rgb)) return rgb;
  let low = 0;
  let high = colour.c;
  for (let i = 0; i < 16; i++) {
    const c = (low + high) / 2;
    if (inGamut(toLinear({ ...colour, c }))) low = c;
    else high = c;
  }
  rgb = toLinear({ ...colour, c: low });
  return rgb;
}

/** `#rrggbb`, chroma lowered where sRGB cannot show it. */
export function oklchToHex(colour: Oklch): string {
  const byte = (v: number) => {
    const x = Math.min(1, Math.max(0, v));
    const s = x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
    return Math.round(s * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${fit(colour).map(byte).join('')}`;
}

/** Relative luminance (WCAG 2) of an OKLCH colour after fitting to sRGB. */
function luminance(colour: Oklch): number {
  const [r, g, b] = fit(colour).map((v) => Math.min(1, Math.max(0, v))) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Of pure black and pure white one always has a contrast above 4.5 (the worst fill gives √21 = 4.58).
const DARK_INK = '#000000';
const LIGHT_INK = '#ffffff';

/** Black or white, whichever has the higher WCAG contrast on the fill. */
function inkOn(colour: Oklch): string {
  const y = luminance(colour);
  return (y + 0.05) / 0.05 >= 1.05 / (y + 0.05) ? DARK_INK : LIGHT_INK;
}

/** The same line on a dark ground: a step lighter, hue kept. */
const onDarkGround = ({ l, c, h }: Oklch): Oklch => ({ l: Math.min(0.88, 0.09 + 0.99 * l), c, h });

function variants(colour: Oklch): ExpertColour {
  const dark = onDarkGround(colour);
  return { light: oklchToHex(colour), dark: oklchToHex(dark), onLight: inkOn(colour), onDark: inkOn(dark) };
}

/**
 * Twelve lines, found by a greedy max-min search with swaps over OKLCH (hue in steps of 10°, lightness in steps of .04, chroma up to .2) for the
 * smallest CIEDE2000 between any two, seen normally and with protanopia, deuteranopia and tritanopia, in both schemes; then put in the order that keeps
 * neighbours and next neighbours farthest apart. `colour.test.ts` holds the bounds.
 */
const LINES: readonly Oklch[] = [
  { l: 0.5, c: 0.2, h: 270 },
  { l: 0.62, c: 0.125, h: 90 },
  { l: 0.78, c: 0.115, h: 250 },
  { l: 0.46, c: 0.2, h: 330 },
  { l: 0.66, c: 0.2, h: 10 },
  { l: 0.46, c: 0.105, h: 120 },
  { l: 0.78, c: 0.185, h: 120 },
  { l: 0.66, c: 0.11, h: 190 },
  { l: 0.46, c: 0.18, h: 20 },
  { l: 0.78, c: 0.13, h: 40 },
  { l: 0.66, c: 0.2, h: 300 },
  { l: 0.5, c: 0.11, h: 160 },
];

/** Hues of families, in an order that keeps consecutive ones apart; beyond eight families the circle is divided evenly. */
const FAMILY_HUES: readonly number[] = [262, 28, 150, 320, 90, 205, 350, 120];

function familyColours(experts: readonly ExpertInfo[]): Oklch[] {
  // One family for all says nothing about likeness, so every expert is then a family of its own.
  const single = new Set(experts.map((e) => e.family)).size === 1;
  const keys = experts.map((e) => (single ? e.id : e.family));
  const families = [...new Set(keys)];
  const sizes = families.map((family) => keys.filter((k) => k === family).length);
  const free = sizes.map(ladder);
  const before: number[] = [];
  return keys.map((key) => {
    const family = families.indexOf(key);
    const steps = free[family] ?? [];
    // Of the family's steps still free, the one farthest in lightness from the two experts before: hue alone would not
    // part neighbours for everyone. Ties: the darker.
    const gap = (t: number) =>
      Math.min(...before.slice(-2).map((other, i, last) => Math.abs(t - other) * (i === last.length - 1 ? 1 : 1.5)));
    const t = steps.reduce((best, step) => (gap(step) > gap(best) + 1e-9 ? step : best), steps[0] ?? 0.5);
    if ((sizes[family] ?? 1) > 1) steps.splice(steps.indexOf(t), 1);
    before.push(t);
    const hue =
      families.length <= FAMILY_HUES.length
        ? (FAMILY_HUES[family] ?? 0)
        : // The golden angle keeps consecutive hues apart for any number of families.
          (262 + family * 137.508) % 360;
    // The hue turns a little along the ladder, which parts the steps more than lightness alone.
    return { l: 0.42 + 0.4 * t, c: 0.17 - 0.03 * t, h: (hue + (t - 0.5) * 24 + 360) % 360 };
  });
}

/** Steps from dark (0) to light (1) for the members of a family; a family of one may take any of four. */
function ladder(members: number): number[] {
  const steps = members > 1 ? members : 4;
  return Array.from({ length: steps }, (_, k) => k / (steps - 1));
}

/**
 * One colour an expert, in both schemes; depends on the order and the families only. Up to twelve experts are twelve lines of their own;
 * beyond, a family shares a hue and its members differ in lightness.
 */
export function expertColours(experts: readonly ExpertInfo[]): ExpertColour[] {
  return (experts.length <= LINES.length ? LINES.slice(0, experts.length) : familyColours(experts)).map(variants);
}

/** For a unit that no expert of the library stands for. */
export const UNKNOWN_COLOUR: ExpertColour = variants({ l: 0.6, c: 0, h: 0 });

/**
 * Sequential scale for weights, entropies, margins and shares: `t` from 0 (close to the ground) to 1 (far from it). Lightness is linear in `t`,
 * so the order is kept without colour vision and in grey print.
 */
export function sequential(t: number, scheme: Scheme): string {
  const x = Math.min(1, Math.max(0, Number.isFinite(t) ? t : 0));
  return scheme === 'light'
    ? oklchToHex({ l: 0.955 - 0.66 * x, c: 0.02 + 0.13 * Math.sin(Math.PI * Math.min(1, x * 0.75)), h: 210 + 70 * x })
    : oklchToHex({ l: 0.26 + 0.66 * x, c: 0.03 + 0.12 * Math.sin(Math.PI * x * 0.85), h: 275 - 165 * x });
}
