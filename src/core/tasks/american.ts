import { makeDocuments, type Task } from './task.ts';
import { fit } from './words.ts';

export const american: Task = {
  id: 'american',
  label: 'British to American spelling',
  badge: 'AM',
  family: 'word forms',
  split: 'held-out',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Rewrite the given word from British to American spelling, changing only the letters in which the two ways of writing differ.',
  sheet: {
    measures:
      'Spelling of one word; a sibling of spelling correction, with words split by the same keys (the American form).',
    source: 'american-british-english-translator',
    licence: 'MIT',
    relation: { degree: 'sibling', to: ['spelling'] },
  },
  documents: (sources, seed) => {
    const items = Object.entries(sources.britishSpellings).filter(
      ([british, us]) => british !== us && /^[a-z]{4,}$/.test(british) && /^[a-z]+$/.test(us) && fit(us),
    );
    const ask = ['American spelling of "@"?', 'Write in American English: @', 'Spell the American way: @'];
    return makeDocuments(
      {
        id: 'american',
        items: items.sort(([a], [b]) => (a < b ? -1 : 1)),
        key: ([, us]) => us,
        make: ([british, us], draw) => ({ prompt: draw.pick(ask).replace('@', british), answer: us, items: [us] }),
      },
      seed,
    );
  },
};
