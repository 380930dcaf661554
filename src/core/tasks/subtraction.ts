import { sumKey } from './arithmetic.ts';
import { makeDocuments, type Task } from './task.ts';

export const subtraction: Task = {
  id: 'subtraction',
  label: 'Two-digit subtraction',
  badge: 'SU',
  family: 'arithmetic',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Subtract the second given whole number below one hundred from the first, borrowing where needed, and write only the difference.',
  sheet: {
    measures:
      'Differences of two numbers from 10 to 99; a difference lies in the split of the sum that undoes it (73 − 28 with 28 + 45).',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench: arithmetic',
  },
  documents: (_, seed) => {
    const items: { from: number; take: number }[] = [];
    for (let from = 11; from < 100; from++) for (let take = 10; take < from; take++) items.push({ from, take });
    const key = ({ from, take }: { from: number; take: number }) => sumKey(take, from - take);
    const ask = ['What is @?', 'Subtract: @', '@ ='];
    return makeDocuments(
      {
        id: 'subtraction',
        items,
        key,
        make: (item, draw) => ({
          prompt: draw.pick(ask).replace('@', `${String(item.from)} - ${String(item.take)}`),
          answer: String(item.from - item.take),
          items: [key(item)],
        }),
      },
      seed,
    );
  },
};
