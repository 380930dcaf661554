import { sumKey } from './arithmetic.ts';
import { makeDocuments, type Task } from './task.ts';

export const addition: Task = {
  id: 'addition',
  label: 'Two-digit addition',
  badge: 'AD',
  family: 'arithmetic',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Add the two given whole numbers below one hundred, carrying where needed, and write only the sum in digits.',
  sheet: {
    measures: 'Sums of two numbers from 10 to 99; a pair, in either order, is in one split only.',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench: arithmetic',
  },
  documents: (_, seed) => {
    const items: { a: number; b: number }[] = [];
    for (let a = 10; a < 100; a++) for (let b = a; b < 100; b++) items.push({ a, b });
    const key = ({ a, b }: { a: number; b: number }) => sumKey(a, b);
    const ask = ['What is @?', 'Add: @', '@ ='];
    return makeDocuments(
      {
        id: 'addition',
        items,
        key,
        make: (item, draw) => {
          const [left, right] = draw.shuffle([item.a, item.b]);
          const sum = `${String(left)} + ${String(right)}`;
          return { prompt: draw.pick(ask).replace('@', sum), answer: String(item.a + item.b), items: [key(item)] };
        },
      },
      seed,
    );
  },
};
