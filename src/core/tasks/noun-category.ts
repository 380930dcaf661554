import { makeDocuments, type Task } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

/** WordNet's lexicographer files (lexnames(5WN)) and our word for each. */
const CATEGORIES: Readonly<Record<number, string>> = {
  5: 'animal',
  6: 'object',
  8: 'body part',
  13: 'food',
  18: 'person',
  20: 'plant',
};

export const nounCategory: Task = {
  id: 'noun-category',
  label: 'Category of a noun',
  badge: 'NC',
  family: 'classification',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 6,
  metric: 'accuracy over options',
  instruction:
    'Say to which of six categories the given noun belongs in its usual sense: animal, object, body part, food, person or plant.',
  sheet: {
    measures: 'The lexicographer file of a noun that was not seen in training; six labels, equally frequent.',
    source: 'WordNet 3.1: first senses found in its tagged texts, nouns with one category among their tagged senses',
    licence: 'WordNet licence',
  },
  documents: (sources, seed) => {
    const { senses } = wordnet(sources);
    const tagged = new Map<string, Set<number>>();
    const first = new Map<string, number>();
    for (const s of senses) {
      if (s.part !== 'noun') continue;
      if (s.count > 0) tagged.set(s.lemma, (tagged.get(s.lemma) ?? new Set()).add(s.file));
      if (s.number === 1) first.set(s.lemma, s.file);
    }
    const items = [...first].flatMap(([noun, file]) => {
      const category = CATEGORIES[file];
      const clear = tagged.get(noun)?.size === 1 && tagged.get(noun)?.has(file) === true;
      return category !== undefined && clear && noun.length > 2 && fit(noun) ? [{ noun, category }] : [];
    });
    const options = Object.values(CATEGORIES);
    const ask = ['Which category: @?', 'What kind of thing is "@"?', 'Sort into a category: @'];
    return makeDocuments(
      {
        id: 'noun-category',
        items: items.sort((a, b) => (a.noun < b.noun ? -1 : 1)),
        key: ({ noun }) => noun,
        make: (_, draw, peers) => {
          const category = draw.pick(options);
          const { noun } = draw.pick(peers.filter((p) => p.category === category));
          return {
            prompt: draw.pick(ask).replace('@', noun),
            answer: category,
            options,
            gold: options.indexOf(category),
            items: [noun],
          };
        },
      },
      seed,
    );
  },
};
