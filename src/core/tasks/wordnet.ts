/** WordNet 3.1's text files (wndb(5WN), senseidx(5WN)), as far as the tasks need them. */
import type { TaskSources } from './task.ts';

export type PartOfSpeech = 'noun' | 'verb' | 'adjective' | 'adverb';

export interface Sense {
  readonly lemma: string;
  readonly part: PartOfSpeech;
  /** Lexicographer file, e.g. 5 = noun.animal. */
  readonly file: number;
  /** 1 = the most frequent sense of the lemma. */
  readonly number: number;
  /** Occurrences of this sense in the tagged texts. */
  readonly count: number;
}

export interface Adjectives {
  /** Lower-case single words of each synset, head and satellites. */
  readonly synsets: readonly (readonly string[])[];
  /** Direct antonyms, both ways. */
  readonly antonyms: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface WordNet {
  readonly senses: readonly Sense[];
  /** Occurrences of a lemma as this part of speech, over all its senses: how well known it is. */
  readonly count: (lemma: string, part: PartOfSpeech) => number;
  readonly adjectives: Adjectives;
}

const PARTS: readonly (PartOfSpeech | undefined)[] = [undefined, 'noun', 'verb', 'adjective', 'adverb', 'adjective'];
const WORD = /^[a-z]+$/;

function parseSenses(text: string): Sense[] {
  const senses: Sense[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [key = '', , number = '', count = ''] = line.split(' ');
    const at = key.indexOf('%');
    const [type = '', file = ''] = key.slice(at + 1).split(':');
    const lemma = key.slice(0, at);
    const part = PARTS[Number(type)];
    if (part === undefined) throw new Error(`index.sense: unknown part of speech in ${JSON.stringify(key)}`);
    if (WORD.test(lemma))
      senses.push({ lemma, part, file: Number(file), number: Number(number), count: Number(count) });
  }
  return senses;
}

/** A synset's line: offset file type words(hex) {word id} pointers(dec) {symbol offset part source/target} | gloss. */
function parseAdjectives(text: string): Adjectives {
  const lines = text.split('\n').filter((l) => /^\d/.test(l));
  const words = new Map<string, string[]>();
  const pointers: { symbol: string; from: string; at: number; to: string; target: number }[] = [];
  for (const line of lines) {
    const fields = line.split(' ');
    const offset = fields[0] ?? '';
    const count = Number.parseInt(fields[3] ?? '', 16);
    const own = Array.from({ length: count }, (_, i) =>
      (fields[4 + 2 * i] ?? '').replace(/\(\w+\)$/, '').toLowerCase(),
    );
    words.set(offset, own);
    const first = 5 + 2 * count;
    for (let p = 0; p < Number(fields[4 + 2 * count]); p++) {
      const [symbol = '', to = '', part = '', ends = ''] = fields.slice(first + 4 * p, first + 4 * p + 4);
      const [at, target] = [Number.parseInt(ends.slice(0, 2), 16), Number.parseInt(ends.slice(2), 16)];
      if (symbol === '!' && (part === 'a' || part === 's')) pointers.push({ symbol, from: offset, at, to, target });
    }
  }
  const antonyms = new Map<string, Set<string>>();
  for (const { from, at, to, target } of pointers) {
    const [a, b] = [words.get(from)?.[at - 1], words.get(to)?.[target - 1]];
    if (a === undefined || b === undefined || !WORD.test(a) || !WORD.test(b)) continue;
    antonyms.set(a, (antonyms.get(a) ?? new Set()).add(b));
    antonyms.set(b, (antonyms.get(b) ?? new Set()).add(a));
  }
  return { synsets: [...words.values()].map((w) => w.filter((x) => WORD.test(x))), antonyms };
}

const parsed = new WeakMap<TaskSources, WordNet>();

/** Parsed once for each `sources` object. */
export function wordnet(sources: TaskSources): WordNet {
  const known = parsed.get(sources);
  if (known !== undefined) return known;
  const senses = parseSenses(sources.wordnet.senses);
  const counts = new Map<string, number>();
  for (const s of senses) {
    const key = `${s.part} ${s.lemma}`;
    counts.set(key, (counts.get(key) ?? 0) + s.count);
  }
  const result: WordNet = {
    senses,
    count: (lemma, part) => counts.get(`${part} ${lemma}`) ?? 0,
    adjectives: parseAdjectives(sources.wordnet.adjectives),
  };
  parsed.set(sources, result);
  return result;
}
