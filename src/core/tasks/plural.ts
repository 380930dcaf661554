import { makeDocuments, type Task } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

/** Regular plural of a noun, or null where the spelling leaves it open (-o, -f, -fe). */
export function regularPlural(noun: string): string | null {
  if (/(s|x|z|ch|sh)$/.test(noun)) return `${noun}es`;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(o|f|fe|man)$/.test(noun) ? null : `${noun}s`;
}

export const plural: Task = {
  id: 'plural',
  label: 'Plural',
  badge: 'PL',
  family: 'word forms',
  split: 'held-out',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Write the plural form of the given English noun, applying spelling rules and recalling the forms of irregular nouns.',
  sheet: {
    measures: 'Inflection of English nouns; a sibling of past tense, with lemmas split by the same keys.',
    source: 'irregular-plurals and nouns of WordNet 3.1 found in its tagged texts',
    licence: 'MIT · WordNet licence',
    relation: { degree: 'sibling', to: ['past-tense'] },
  },
  documents: (sources, seed) => {
    const { senses, count } = wordnet(sources);
    const known = (noun: string, least: number) => count(noun, 'noun') >= least && fit(noun);
    const irregular = Object.entries(sources.irregularPlurals).filter(
      ([n, p]) => n !== p && /^[a-z]+$/.test(n) && known(n, 1),
    );
    const nouns = new Set(
      senses.filter((s) => s.part === 'noun' && s.file !== 15 && known(s.lemma, 20)).map((s) => s.lemma),
    );
    const regular = [...nouns].sort().flatMap((noun): [string, string][] => {
      const many = noun in sources.irregularPlurals || noun.length < 3 ? null : regularPlural(noun);
      return many === null ? [] : [[noun, many]];
    });
    const ask = ['What is the plural of "@"?', 'Give the plural of the noun "@".', 'Plural of "@"?'];
    return makeDocuments(
      {
        id: 'plural',
        items: [...irregular, ...regular],
        key: ([noun]) => noun,
        make: ([noun, many], draw) => ({ prompt: draw.pick(ask).replace('@', noun), answer: many, items: [noun] }),
      },
      seed,
    );
  },
};
