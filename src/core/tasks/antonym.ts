import { choice, listed, makeDocuments, splitOf, type Split, type Task, type TaskSources } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

export interface AntonymPair {
  readonly a: string;
  readonly b: string;
  /** First word of the pair's connected group: the key by which it is split, as groups share words. */
  readonly group: string;
}

/** Pairs of direct antonyms, both words found in the tagged texts, in alphabetical order. */
export function antonymPairs(sources: TaskSources): AntonymPair[] {
  const { adjectives, count } = wordnet(sources);
  const known = (word: string) => count(word, 'adjective') >= 1 && fit(word);
  const parent = new Map<string, string>();
  const root = (word: string): string => {
    const up = parent.get(word);
    return up === undefined || up === word ? word : root(up);
  };
  const pairs: [string, string][] = [];
  for (const a of [...adjectives.antonyms.keys()].sort()) {
    for (const b of [...(adjectives.antonyms.get(a) ?? [])].sort()) {
      if (!known(a) || !known(b)) continue;
      const [first, second] = [root(a), root(b)].sort() as [string, string];
      parent.set(second, first);
      if (a < b) pairs.push([a, b]);
    }
  }
  return pairs.map(([a, b]) => ({ a, b, group: root(a) }));
}

/** Words that the antonym task uses in a split: its siblings keep away from those of training. */
export const antonymWords = (sources: TaskSources, split: Split): Set<string> =>
  new Set(antonymPairs(sources).flatMap(({ a, b, group }) => (splitOf(group) === split ? [a, b] : [])));

export const antonym: Task = {
  id: 'antonym',
  label: 'Antonym among four',
  badge: 'AN',
  family: 'knowledge',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 4,
  metric: 'accuracy over options',
  instruction:
    'Choose among the four listed words the one that means the opposite of the given adjective, and write it out.',
  sheet: {
    measures:
      'Opposites of adjectives; pairs that share a word are in one split, distractors come from the same split.',
    source: 'direct antonyms of WordNet 3.1 whose words are found in its tagged texts',
    licence: 'WordNet licence',
  },
  documents: (sources, seed) => {
    const { adjectives } = wordnet(sources);
    return makeDocuments(
      {
        id: 'antonym',
        items: antonymPairs(sources),
        key: ({ group }) => group,
        make: ({ a, b, group }, draw, peers) => {
          const [word, answer] = draw.shuffle([a, b]) as [string, string];
          const others = peers.filter((p) => p.group !== group);
          const wrong = new Set<string>();
          while (wrong.size < 3) {
            const pair = draw.pick(others);
            const other = draw.pick([pair.a, pair.b]);
            if (other !== answer && other !== word && adjectives.antonyms.get(word)?.has(other) !== true)
              wrong.add(other);
          }
          const picked = choice(draw, answer, [...wrong]);
          return { prompt: `Opposite of "${word}": ${listed(picked.options)}?`, ...picked, items: [group] };
        },
      },
      seed,
    );
  },
};
