import { CLASSES, NUMBERS } from './groups.ts';
import { regularPlural } from './plural.ts';
import { NAMES } from './story.ts';
import { keysOf, listed, makeDocuments, splitOf, type Task } from './task.ts';

const KINDS = Object.keys(CLASSES);
/** Things of the kind asked for. */
const MOST = 4;

/** `a dog`, `an owl`, `three bees` */
export function amount(noun: string, count: number): string {
  if (count === 1) return `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;
  return `${NUMBERS[count] ?? String(count)} ${regularPlural(noun) ?? `${noun}s`}`;
}

export const counting: Task = {
  id: 'counting',
  label: 'Counting things of a kind',
  badge: 'CO',
  family: 'arithmetic',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction: 'Read what somebody owns, pick out the things of the kind asked for, count them and write the number.',
  sheet: {
    measures:
      'Counts of one to four things of a class among one to three things of other classes; things and names in test are new.',
    source: 'generator, own lists of nouns in five classes',
    licence: 'own',
    resembles: 'BIG-bench Hard: object counting',
  },
  documents: (_, seed) => {
    const items = KINDS.flatMap((kind) => (CLASSES[kind] ?? []).map((noun) => ({ kind, noun })));
    return makeDocuments(
      {
        id: 'counting',
        items,
        key: ({ noun }) => noun,
        make: ({ kind, noun }, draw, peers, split) => {
          const same = draw.shuffle(peers.filter((p) => p.kind === kind && p.noun !== noun));
          const other = draw.shuffle(peers.filter((p) => p.kind !== kind));
          // Drawn first, so that no number is more frequent than another.
          const total = 1 + draw.int(MOST);
          if (same.length < total - 1) return null;
          const chosen = [{ kind, noun }, ...same.slice(0, total - 1), ...other.slice(0, 1 + draw.int(MOST - 1))];
          const owned = draw.shuffle(chosen);
          const who = draw.pick(keysOf(NAMES, split));
          const things = listed(owned.map((p) => amount(p.noun, 1))).replace(' or ', ' and ');
          return {
            prompt: `${who} has ${things}. How many ${kind} does ${who} have?`,
            answer: String(total),
            items: [who, ...owned.map((p) => p.noun)].filter((k) => splitOf(k) === split),
          };
        },
      },
      seed,
    );
  },
};
