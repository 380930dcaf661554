import { antonymWords } from './antonym.ts';
import { choice, listed, makeDocuments, splitOf, type Task } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

export const synonym: Task = {
  id: 'synonym',
  label: 'Synonym among four',
  badge: 'SY',
  family: 'knowledge',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 4,
  metric: 'accuracy over options',
  instruction:
    'Choose among the four listed words the one that means the same as the given adjective, and write it out.',
  sheet: {
    measures:
      'Adjectives of one synset; a sibling of antonym, whose training words do not occur in its test documents.',
    source: 'synsets of WordNet 3.1, words found in its tagged texts',
    licence: 'WordNet licence',
    relation: { degree: 'sibling', to: ['antonym'] },
  },
  documents: (sources, seed) => {
    const { adjectives, count } = wordnet(sources);
    const trained = antonymWords(sources, 'train');
    const near = new Map<string, Set<string>>();
    for (const words of adjectives.synsets) {
      const known = words.filter((w) => count(w, 'adjective') >= 2 && fit(w));
      for (const w of known) near.set(w, new Set([...(near.get(w) ?? []), ...known.filter((x) => x !== w)]));
    }
    const words = [...near]
      .filter(([, others]) => others.size > 0)
      .map(([word]) => word)
      .sort();
    return makeDocuments(
      {
        id: 'synonym',
        items: words,
        key: (word) => word,
        make: (word, draw, peers, split) => {
          const usable = (w: string) => splitOf(w) === split && !(split === 'test' && trained.has(w));
          const same = [...(near.get(word) ?? [])].filter(usable).sort();
          if (!usable(word) || same.length === 0) return null;
          const answer = draw.pick(same);
          const others = peers.filter((w) => w !== word && usable(w) && near.get(word)?.has(w) !== true);
          const picked = choice(draw, answer, draw.shuffle(others).slice(0, 3));
          return {
            prompt: `Same meaning as "${word}": ${listed(picked.options)}?`,
            ...picked,
            items: [word, ...picked.options],
          };
        },
      },
      seed,
    );
  },
};
