import { sumKey } from './arithmetic.ts';
import { choice, makeDocuments, splitOf, type Task } from './task.ts';

/** Three numbers: `a + b - c` or `a - b + c`, every intermediate result from 10 to 99. */
interface Chain {
  readonly a: number;
  readonly b: number;
  readonly plusFirst: boolean;
}

export const mixedArithmetic: Task = {
  id: 'mixed-arithmetic',
  label: 'Two operations in a row',
  badge: 'MA',
  family: 'arithmetic',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 10,
  metric: 'accuracy over options',
  instruction:
    'Work out the given chain of one addition and one subtraction of whole numbers from left to right and write the result.',
  sheet: {
    measures:
      'Chains of an addition and a subtraction, both of them in the split of their sums; the nine wrong options are slips (a step left out, a sign turned, a carry missed).',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench: arithmetic; BIG-bench Hard: multistep arithmetic, in spirit',
    relation: { degree: 'composition', to: ['addition', 'subtraction'] },
  },
  documents: (_, seed) => {
    const items: Chain[] = [];
    for (let a = 10; a < 100; a++)
      for (let b = 10; b < 100; b++) {
        if (a + b < 100) items.push({ a, b, plusFirst: true });
        if (a - b >= 10) items.push({ a, b, plusFirst: false });
      }
    const firstKey = ({ a, b, plusFirst }: Chain) => (plusFirst ? sumKey(a, b) : sumKey(b, a - b));
    return makeDocuments(
      {
        id: 'mixed-arithmetic',
        items,
        key: firstKey,
        make: (item, draw, _peers, split) => {
          const { a, b, plusFirst } = item;
          const middle = plusFirst ? a + b : a - b;
          const c = 10 + draw.int(90);
          const result = plusFirst ? middle - c : middle + c;
          // Taking away what was just added needs no arithmetic.
          if (result < 10 || result > 99 || c === b) return null;
          const secondKey = plusFirst ? sumKey(c, result) : sumKey(middle, c);
          if (splitOf(secondKey) !== split) return null;
          const turned = plusFirst ? a - b + c : a + b - c;
          const slips = [middle, turned, a, result + 1, result - 1, result + 10, result - 10];
          const near = draw.shuffle([2, -2, 9, -9, 11, -11, 20, -20, 5, -5, 3, -3]).map((d) => result + d);
          const wrong = new Set([...draw.shuffle(slips), ...near].filter((n) => n !== result && n > 0 && n < 100));
          const chain = plusFirst ? [a, '+', b, '-', c] : [a, '-', b, '+', c];
          return {
            prompt: draw.pick(['What is @?', 'Work out: @', '@ =']).replace('@', chain.join(' ')),
            ...choice(draw, String(result), [...wrong].slice(0, 9).map(String)),
            items: [firstKey(item), secondKey],
          };
        },
      },
      seed,
    );
  },
};
