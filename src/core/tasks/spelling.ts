import type { Draws } from './random.ts';
import { makeDocuments, type Task } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

const ROWS = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** One typing error: two letters swapped, one left out, one doubled, or one hit beside (QWERTY). May return the word itself. */
export function mistype(word: string, draw: Draws): string {
  const at = 1 + draw.int(word.length - 2);
  const [before, letter, after] = [word.slice(0, at), word.charAt(at), word.slice(at + 1)];
  switch (draw.int(4)) {
    case 0:
      return before + after.charAt(0) + letter + after.slice(1);
    case 1:
      return before + after;
    case 2:
      return before + letter + letter + after;
    default: {
      const row = ROWS.find((r) => r.includes(letter)) ?? '';
      const near = row.indexOf(letter) + (draw.int(2) === 0 ? -1 : 1);
      return before + (row.charAt(near) || letter) + after;
    }
  }
}

export const spelling: Task = {
  id: 'spelling',
  label: 'Spelling correction',
  badge: 'SP',
  family: 'word forms',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Correct the typing error in the given word and write the word as a dictionary would spell it, letter by letter.',
  sheet: {
    measures:
      'Recovery of a common noun of 5 to 8 letters from one typing error that gives no other known word. Hard at this size: see docs/experts.md.',
    source: 'nouns of WordNet 3.1 found at least eight times in its tagged texts; own error model',
    licence: 'WordNet licence',
  },
  documents: (sources, seed) => {
    const { senses, count } = wordnet(sources);
    const known = new Set(senses.map((s) => s.lemma));
    const words = new Set(
      senses
        .filter((s) => s.part === 'noun' && /^.{5,8}$/.test(s.lemma) && fit(s.lemma) && count(s.lemma, 'noun') >= 8)
        .map((s) => s.lemma),
    );
    const ask = ['Correct the spelling: @', 'Fix the typo: @', 'Spell correctly: @'];
    return makeDocuments(
      {
        id: 'spelling',
        items: [...words].sort(),
        key: (word) => word,
        make: (word, draw) => {
          const wrong = mistype(word, draw);
          if (known.has(wrong) || wrong === word) return null;
          return { prompt: draw.pick(ask).replace('@', wrong), answer: word, items: [word] };
        },
      },
      seed,
    );
  },
};
