import { choice, listed, makeDocuments, type Task } from './task.ts';
import { units } from './units.ts';

export const unit: Task = {
  id: 'unit',
  label: 'Unit of a quantity',
  badge: 'UN',
  family: 'knowledge',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 3,
  metric: 'accuracy over options',
  instruction:
    'Choose among the three listed units of measurement the one that measures the quantity asked for and write it out.',
  sheet: {
    measures:
      'Recall of what a unit measures (15 quantities), asked by quantity or by another unit of it; units in test are new.',
    source: 'convert-units',
    licence: 'MIT',
    resembles: 'BIG-bench: unit interpretation, in spirit',
    limits: 'about 20 different units in test',
  },
  documents: (sources, seed) =>
    makeDocuments(
      {
        id: 'unit',
        items: units(sources),
        key: ({ name }) => name,
        make: ({ name, quantity }, draw, peers) => {
          const wrong = draw
            .shuffle(peers.filter((p) => p.quantity !== quantity))
            .filter((p, i, all) => all.findIndex((q) => q.quantity === p.quantity) === i)
            .slice(0, 2);
          const same = peers.filter((p) => p.quantity === quantity && p.name !== name);
          const picked = choice(
            draw,
            name,
            wrong.map((p) => p.name),
          );
          const other = same.length > 0 && draw.int(2) === 0 ? draw.pick(same) : null;
          const ask = other === null ? `Unit of ${quantity}` : `Same quantity as ${other.name}`;
          return {
            prompt: `${ask}: ${listed(picked.options)}?`,
            ...picked,
            items: [...picked.options, ...(other === null ? [] : [other.name])],
          };
        },
      },
      seed,
    ),
};
