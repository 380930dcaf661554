import { NAMES, PLACES, THINGS } from './story.ts';
import { keysOf, listed, makeDocuments, type Task } from './task.ts';

export const whereIs: Task = {
  id: 'where-is',
  label: 'Where is it now',
  badge: 'WI',
  family: 'reading',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 3,
  metric: 'accuracy over options',
  instruction:
    'Follow the story in which people carry a thing from place to place and name the place where it is at the end.',
  sheet: {
    measures: 'Tracking of one thing over one or two moves among three places; a sibling of who has what.',
    source: 'generator',
    licence: 'own',
    resembles: 'bAbI tasks 1 and 2, in spirit',
    relation: { degree: 'sibling', to: ['who-has'] },
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'where-is',
        items: THINGS,
        key: (thing) => thing,
        make: (thing, draw, _peers, split) => {
          const places = draw.shuffle(keysOf(PLACES, split)).slice(0, 3);
          const people = keysOf(NAMES, split);
          const moves = 1 + draw.int(2);
          const lines = [`The ${thing} is in the ${places[0] ?? ''}.`];
          for (let m = 1; m <= moves; m++)
            lines.push(`${draw.pick(people)} takes the ${thing} to the ${places[m] ?? ''}.`);
          const answer = places[moves] ?? '';
          const options = [...places].sort();
          return {
            prompt: `${lines.join(' ')} Where is the ${thing}: ${listed(options)}?`,
            answer,
            options,
            gold: options.indexOf(answer),
            items: [thing, ...places],
          };
        },
      },
      seed,
    ),
};
