import { draws, type Draws } from './random.ts';
import { makeDocuments, type Task } from './task.ts';

const PAIRS: readonly (readonly [string, string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
];

/** A prefix of a Dyck word over four kinds: `length` symbols, of which the brackets still open (1 to `deepest`) are closed by `answer`. */
export function openWord(
  draw: Draws,
  length: number,
  deepest: number,
): { readonly word: string; readonly answer: string } {
  const word: string[] = [];
  const open: string[] = [];
  while (word.length < length) {
    const left = length - word.length;
    // The last symbol must leave something open.
    const mayClose = open.length > 0 && !(left === 1 && open.length === 1);
    if (mayClose && (open.length >= deepest || draw.int(5) < 2)) word.push(open.pop() ?? '');
    else {
      const [left, right] = draw.pick(PAIRS);
      word.push(left);
      open.push(right);
    }
  }
  return { word: word.join(' '), answer: open.reverse().join(' ') };
}

export const brackets: Task = {
  id: 'brackets',
  label: 'Closing brackets',
  badge: 'BR',
  family: 'symbols',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Close the open brackets of the given sequence in the right order, from the innermost to the outermost, writing only what is missing.',
  sheet: {
    measures: 'Completion of a Dyck word over four kinds of brackets, 5 to 14 symbols, one to four brackets left open.',
    source: 'generator',
    licence: 'own',
    resembles: 'BIG-bench Hard: Dyck languages',
  },
  documents: (_, seed) => {
    const words = new Map<string, string>();
    for (let n = 0; words.size < 3000; n++) {
      const draw = draws(seed, `brackets/words/${String(n)}`);
      const { word, answer } = openWord(draw, 5 + draw.int(10), 4);
      words.set(word, answer);
    }
    return makeDocuments(
      {
        id: 'brackets',
        items: [...words],
        key: ([word]) => word,
        make: ([word, answer]) => ({ prompt: `Close the brackets: ${word}`, answer, items: [word] }),
      },
      seed,
    );
  },
};
