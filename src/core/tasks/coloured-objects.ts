import { amount } from './counting.ts';
import { CLASSES } from './groups.ts';
import { keysOf, listed, makeDocuments, type Task } from './task.ts';

const THINGS = Object.values(CLASSES).flat();
const COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'black', 'white', 'grey'];
const COUNTS = ['0', '1', '2', '3', '4', '5', '6', '7'];
/** Colours first, then counts: one list, so that the kind of the question must be understood too. */
const OPTIONS = [...COLOURS, ...COUNTS];

export const colouredObjects: Task = {
  id: 'coloured-objects',
  label: 'Coloured objects',
  badge: 'OB',
  family: 'reading',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 18,
  metric: 'accuracy over options',
  instruction:
    'Read which coloured things lie on a table and answer either what colour one has or how many have a certain colour.',
  sheet: {
    measures:
      'Two or three groups of coloured things; half of the questions ask for a colour, half for a count of one colour (0 to 7). All 18 words are options of every question.',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench Hard: reasoning about colored objects',
    relation: { degree: 'composition', to: ['counting', 'rgb-colour'] },
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'coloured-objects',
        items: THINGS,
        key: (thing) => thing,
        make: (thing, draw, _peers, split) => {
          const others = draw.shuffle(keysOf(THINGS, split).filter((t) => t !== thing)).slice(0, 1 + draw.int(2));
          // Few colours, so that two groups often share one and their counts must be added.
          const palette = draw.shuffle(COLOURS).slice(0, 2);
          const groups = draw.shuffle([thing, ...others]).map((noun) => ({
            noun,
            colour: draw.pick(palette),
            count: 1 + draw.int(3),
          }));
          const text = listed(groups.map((g) => amount(`${g.colour} ${g.noun}`, g.count))).replace(' or ', ' and ');
          const asked = draw.pick(groups);
          const colour = draw.int(5) === 0 ? draw.pick(COLOURS) : asked.colour;
          const total = groups.reduce((sum, g) => sum + (g.colour === colour ? g.count : 0), 0);
          const many = asked.count > 1;
          const [question, answer] =
            draw.int(2) === 0
              ? [
                  `What colour ${many ? 'are' : 'is'} the ${amount(asked.noun, many ? 2 : 1)
                    .split(' ')
                    .slice(1)
                    .join(' ')}?`,
                  asked.colour,
                ]
              : [`How many ${colour} things are there?`, String(total)];
          if (!OPTIONS.includes(answer)) return null;
          return {
            prompt: `On the table: ${text}. ${question}`,
            answer,
            options: OPTIONS,
            gold: OPTIONS.indexOf(answer),
            items: groups.map((g) => g.noun),
          };
        },
      },
      seed,
    ),
};
