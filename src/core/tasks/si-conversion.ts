import { choice, makeDocuments, type Task } from './task.ts';

/** SI prefixes and the power of ten that each stands for; farther ones would make answers of many zeros. */
const PREFIXES: Readonly<Record<string, number>> = { micro: -6, milli: -3, centi: -2, deci: -1, hecto: 2, kilo: 3, mega: 6 }; // prettier-ignore
const BASES = ['meters', 'grams', 'liters', 'seconds', 'watts', 'volts', 'amperes', 'hertz', 'pascals', 'joules', 'newtons', 'ohms', 'bels', 'watt-hours']; // prettier-ignore

/** `digits` times a power of ten in plain decimal notation. */
export function shifted(digits: number, power: number): string {
  const text = String(digits);
  if (power >= 0) return text + '0'.repeat(power);
  const padded = text.padStart(1 - power, '0');
  return `${padded.slice(0, power)}.${padded.slice(power)}`.replace(/\.?0+$/, '');
}

export const siConversion: Task = {
  id: 'si-conversion',
  label: 'SI prefixes',
  badge: 'SI',
  family: 'knowledge',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 5,
  metric: 'accuracy over options',
  instruction:
    'Convert the given amount between a unit and the same unit with a metric prefix, and write the number in digits.',
  sheet: {
    measures:
      'Conversion by the power of ten of a prefix, either way; the four wrong options are off by a power of ten. A prefixed unit is split as in the unit task; plain units occur in all splits.',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench: unit conversion, in spirit',
    relation: { degree: 'sibling', to: ['unit'] },
    limits: 'about 20 different prefixed units in test',
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'si-conversion',
        items: BASES.flatMap((base) =>
          Object.entries(PREFIXES).map(([prefix, power]) => ({ base, power, name: prefix + base })),
        ),
        key: ({ name }) => name,
        make: ({ base, power, name }, draw) => {
          const digits = 11 + draw.int(89);
          const start = draw.int(4) - 1;
          const down = draw.int(2) === 0;
          const [from, to, end] = down ? [name, base, start + power] : [base, name, start - power];
          // Five powers in a row with the right one anywhere among them: its length tells nothing.
          const lowest = -draw.int(5);
          const off = [0, 1, 2, 3, 4].map((o) => lowest + o).filter((o) => o !== 0);
          return {
            prompt: draw
              .pick(['How many # are @?', '@ in #?', 'Convert @ to #.'])
              .replace('#', to)
              .replace('@', `${shifted(digits, start)} ${from}`),
            ...choice(
              draw,
              shifted(digits, end),
              off.map((o) => shifted(digits, end + o)),
            ),
            items: [name],
          };
        },
      },
      seed,
    ),
};
