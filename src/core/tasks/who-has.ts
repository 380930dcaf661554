import type { Draws } from './random.ts';
import { NAMES, THINGS } from './story.ts';
import { keysOf, listed, makeDocuments, splitOf, type Task } from './task.ts';

/** Three people, two things, `moves` events after the first two; ends with the holder of each thing. */
export function handOvers(people: readonly string[], things: readonly [string, string], moves: number, draw: Draws) {
  const holder = new Map<string, string>();
  const lines: string[] = [];
  for (const thing of things) {
    const who = draw.pick(people);
    holder.set(thing, who);
    lines.push(`${who} has the ${thing}.`);
  }
  for (let m = 0; m < moves; m++) {
    const thing = draw.pick(things);
    const from = holder.get(thing) ?? '';
    const to = draw.pick(people.filter((p) => p !== from));
    lines.push(draw.int(2) === 0 ? `${from} gives the ${thing} to ${to}.` : `${to} takes the ${thing} from ${from}.`);
    holder.set(thing, to);
  }
  return { lines, holder };
}

export const whoHas: Task = {
  id: 'who-has',
  label: 'Who has what',
  badge: 'WH',
  family: 'reading',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 3,
  metric: 'accuracy over options',
  instruction:
    'Follow the story in which people hand things to each other and name the person who holds the thing asked for at its end.',
  sheet: {
    measures:
      'Tracking of two things among three people over one to three hand-overs; names and things in test are new.',
    source: 'generator',
    licence: 'own',
    resembles: 'bAbI tasks 1 and 2, in spirit',
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'who-has',
        items: THINGS,
        key: (thing) => thing,
        make: (thing, draw, peers, split) => {
          const people = draw.shuffle(keysOf(NAMES, split)).slice(0, 3);
          const other = draw.pick(peers.filter((p) => p !== thing));
          const things = draw.shuffle([thing, other]) as [string, string];
          const { lines, holder } = handOvers(people, things, 1 + draw.int(3), draw);
          const answer = holder.get(thing) ?? '';
          const options = [...people].sort();
          return {
            prompt: `${lines.join(' ')} Who has the ${thing}: ${listed(options)}?`,
            answer,
            options,
            gold: options.indexOf(answer),
            items: [thing, other, ...people].filter((k) => splitOf(k) === split),
          };
        },
      },
      seed,
    ),
};
