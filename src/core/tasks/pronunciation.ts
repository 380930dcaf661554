/** Sounds of known words (CMU pronouncing dictionary), as rhymes and syllables need them. */
import type { TaskSources } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

export interface Sounds {
  readonly word: string;
  readonly syllables: number;
  /** Phonemes from the last stressed vowel on. */
  readonly rhyme: string;
  /** Phoneme before the rhyme, or ''. */
  readonly onset: string;
}

/** ARPAbet vowels end in a digit of stress. */
export function sounds(word: string, arpabet: string): Sounds | null {
  const phonemes = arpabet.replace(/ #.*$/, '').split(' ');
  const vowels = phonemes.flatMap((p, i) => (/\d$/.test(p) ? [i] : []));
  const stressed = vowels.filter((i) => /[12]$/.test(phonemes[i] ?? '')).at(-1) ?? vowels.at(-1);
  if (stressed === undefined) return null;
  const rhyme = phonemes.slice(stressed).join(' ').replace(/\d/g, '');
  return { word, syllables: vowels.length, rhyme, onset: phonemes[stressed - 1] ?? '' };
}

/** Words of WordNet found at least `least` times in its tagged texts, with one pronunciation, in alphabetical order. */
export function knownSounds(sources: TaskSources, least: number): Sounds[] {
  const { senses, count } = wordnet(sources);
  const lemmas = new Set(senses.filter((s) => count(s.lemma, s.part) >= least && fit(s.lemma)).map((s) => s.lemma));
  return [...lemmas].sort().flatMap((word) => {
    const arpabet = sources.pronunciations[word];
    if (arpabet === undefined || word.length < 3 || `${word}(2)` in sources.pronunciations) return [];
    return sounds(word, arpabet) ?? [];
  });
}
