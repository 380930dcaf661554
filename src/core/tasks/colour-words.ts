/**
 * What the three colour tasks share: a stated rule that names a colour by a basic term (Berlin and Kay, 1969), and the
 * colours that it names clearly. Items are sRGB bytes; the tasks differ in how they write them.
 */
import { draws } from './random.ts';
import { makeDocuments, type Task, type TaskDocuments, type TaskSources } from './task.ts';

export type Bytes = readonly [red: number, green: number, blue: number];

/** The labels; the other basic terms only keep what lies between two of these from being called one of them. */
export const COLOUR_WORDS = ['red', 'yellow', 'green', 'blue', 'black', 'white'];
const BASIC =
  /^(?:light|dark|medium|deep|dim|saddle|)(red|orange|yellow|green|blue|purple|pink|brown|black|white|gray)$/;

/** Linear light, 0 to 1, of an sRGB byte (IEC 61966-2-1). */
const linear = (byte: number): number => {
  const v = byte / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
};

/** Differences of hue count threefold: else grey takes every muted colour. */
const HUE = 3;

type Triple = readonly [number, number, number];

/** Oklab (Ottosson, 2020): lightness 0 to 1, then green to red and blue to yellow. */
export function oklab([red, green, blue]: Bytes): Triple {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Whole degrees and per cents of HSL. */
export function hsl([red, green, blue]: Bytes): Triple {
  const [r, g, b] = [red / 255, green / 255, blue / 255];
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const range = most - least;
  const lightness = (most + least) / 2;
  const sixth = range === 0 ? 0 : most === r ? (g - b) / range : most === g ? (b - r) / range + 2 : (r - g) / range + 4;
  const saturation = range === 0 ? 0 : range / (1 - Math.abs(2 * lightness - 1));
  return [Math.round(sixth * 60 + 360) % 360, Math.round(saturation * 100), Math.round(lightness * 100)];
}

/** Whole hue (degrees), chroma and luminance (0 to 100) of CIE L*C*h(ab) under D65, as d3 and others call HCL. */
export function hcl([red, green, blue]: Bytes): Triple {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (t * (24389 / 27) + 16) / 116);
  const x = f((0.4123907993 * r + 0.3575843394 * g + 0.1804807884 * b) / 0.9504559271);
  const y = f(0.2126390059 * r + 0.7151686788 * g + 0.0721923154 * b);
  const z = f((0.0193308187 * r + 0.1191947798 * g + 0.9505321522 * b) / 1.0890577508);
  const [u, v] = [500 * (x - y), 200 * (y - z)];
  const hue = (Math.atan2(v, u) * 180) / Math.PI;
  const chroma = Math.round(Math.hypot(u, v));
  return [chroma === 0 ? 0 : Math.round(hue + 360) % 360, chroma, Math.round(116 * y - 16)];
}

/**
 * The term of the nearest CSS colour whose name is a basic term, alone or with light, dark, medium, deep or dim (and
 * saddlebrown), in Oklab with its hue plane stretched; null where a colour of another term is not half as far again.
 */
export function namer(css: TaskSources['cssColours']): (colour: Bytes) => string | null {
  const focal = Object.entries(css).flatMap(([name, hex]) => {
    const term = BASIC.exec(name)?.[1];
    return term === undefined
      ? []
      : [{ term: term === 'gray' ? 'grey' : term, lab: oklab([hex >> 16, (hex >> 8) & 255, hex & 255]) }];
  });
  return (colour) => {
    const at = oklab(colour);
    let [first, second, best] = [Infinity, Infinity, ''];
    for (const { term, lab } of focal) {
      const distance = Math.hypot(at[0] - lab[0], HUE * (at[1] - lab[1]), HUE * (at[2] - lab[2]));
      if (distance < first) {
        if (term !== best) second = first;
        [first, best] = [distance, term];
      } else if (term !== best && distance < second) second = distance;
    }
    return second < first * 1.5 ? null : best;
  };
}

/** Cells of 8 levels a channel: the key by which colours are split, in all three tasks. */
export const cellOf = (colour: Bytes): string => `cell ${colour.map((v) => v >> 3).join(',')}`;

const PER_WORD = 300;

/** Documents of a colour task; `write` turns bytes into the notation that the prompt shows. */
export function colourDocuments(
  { id, ask, write }: { readonly id: string; readonly ask: readonly string[]; readonly write: (c: Bytes) => string },
  sources: TaskSources,
  seed: number,
): TaskDocuments {
  const name = namer(sources.cssColours);
  const found = new Map<string, Bytes[]>(COLOUR_WORDS.map((word) => [word, []]));
  for (let n = 0; n < 40_000 && [...found.values()].some((list) => list.length < PER_WORD); n++) {
    const draw = draws(seed, `${id}/colours/${String(n)}`);
    const colour: Bytes = [draw.int(256), draw.int(256), draw.int(256)];
    const list = found.get(name(colour) ?? '');
    if (list !== undefined && list.length < PER_WORD) list.push(colour);
  }
  const items = [...found].flatMap(([word, colours]) => colours.map((colour) => ({ word, colour })));
  return makeDocuments(
    {
      id,
      items,
      key: ({ colour }) => cellOf(colour),
      make: (_, draw, peers) => {
        const word = draw.pick(COLOUR_WORDS);
        const { colour } = draw.pick(peers.filter((p) => p.word === word));
        return {
          prompt: draw.pick(ask).replace('@', write(colour)),
          answer: word,
          options: COLOUR_WORDS,
          gold: COLOUR_WORDS.indexOf(word),
          items: [cellOf(colour)],
        };
      },
    },
    seed,
  );
}

/** What the sheets of the three tasks have in common. */
export const COLOUR_TASK = {
  family: 'classification',
  kind: 'choice',
  chance: 1 / COLOUR_WORDS.length,
  metric: 'accuracy over options',
} satisfies Partial<Task>;
export const COLOUR_SHEET = {
  source: 'generator; names by the CSS colours of culori that are a basic colour term, nearest in Oklab',
  licence: 'own · MIT',
  resembles: 'BIG-bench: color',
} satisfies Partial<Task['sheet']>;
