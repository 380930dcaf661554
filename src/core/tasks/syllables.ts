import { knownSounds } from './pronunciation.ts';
import { makeDocuments, type Task } from './task.ts';

const OPTIONS = ['1', '2', '3', '4', '5'];

export const syllables: Task = {
  id: 'syllables',
  label: 'Number of syllables',
  badge: 'SL',
  family: 'word forms',
  split: 'held-out',
  kind: 'choice',
  chance: 1 / 5,
  metric: 'accuracy over options',
  instruction:
    'Say the given English word to yourself, count the syllables that you hear, from one to five, and write the number.',
  sheet: {
    measures: 'Count of spoken syllables; five labels, equally frequent. Words are split as in rhyme among four.',
    source: 'cmu-pronouncing-dictionary, words of WordNet 3.1 found at least twice in its tagged texts',
    licence: 'ISC · BSD (the dictionary) · WordNet licence',
    relation: { degree: 'far', to: [] },
  },
  documents: (sources, seed) => {
    const ask = ['How many syllables has "@"?', 'Count the syllables of "@".', 'Syllables in "@"?'];
    return makeDocuments(
      {
        id: 'syllables',
        items: knownSounds(sources, 2).filter((s) => s.syllables <= OPTIONS.length),
        key: ({ word }) => word,
        make: (_, draw, peers) => {
          const gold = draw.int(OPTIONS.length);
          const { word } = draw.pick(peers.filter((p) => p.syllables === gold + 1));
          return {
            prompt: draw.pick(ask).replace('@', word),
            answer: String(gold + 1),
            options: OPTIONS,
            gold,
            items: [word],
          };
        },
      },
      seed,
    );
  },
};
