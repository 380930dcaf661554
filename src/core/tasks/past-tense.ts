import { makeDocuments, type Task } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

const VOWEL = /[aeiou]/;

/** Regular past of a verb, or null where English needs the stress to decide whether to double the last letter. */
export function regularPast(verb: string): string | null {
  if (verb.endsWith('e')) return `${verb}d`;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ied`;
  if (/[^aeiou][aeiou][^aeiouwxy]$/.test(verb)) {
    const syllables = verb.match(/[aeiouy]+/g)?.length ?? 0;
    return syllables === 1 ? `${verb}${verb.at(-1) ?? ''}ed` : null;
  }
  return verb.endsWith('c') || !VOWEL.test(verb) ? null : `${verb}ed`;
}

export const pastTense: Task = {
  id: 'past-tense',
  label: 'Past tense',
  badge: 'PT',
  family: 'word forms',
  split: 'held-in',
  kind: 'free',
  chance: 0,
  metric: 'exact match',
  instruction:
    'Write the simple past form of the given English verb, applying spelling rules and recalling the forms of irregular verbs.',
  sheet: {
    measures: 'Inflection of English verbs that were not seen in training; about half are irregular.',
    source: 'english-verbs-irregular (verbs with one past form) and verbs of WordNet 3.1 found in its tagged texts',
    licence: 'Apache-2.0 · WordNet licence',
    resembles: 'BIG-bench: past tense',
  },
  documents: (sources, seed) => {
    const { senses, count } = wordnet(sources);
    const irregular = new Map<string, string>();
    for (const [verb, forms] of Object.entries(sources.irregularVerbs)) {
      const pasts = new Set(forms.map((f) => f[0]));
      const [past] = pasts;
      if (pasts.size === 1 && past !== undefined && /^[a-z]+$/.test(verb) && count(verb, 'verb') > 0 && fit(verb))
        irregular.set(verb, past);
    }
    const verbs = new Set(senses.filter((s) => s.part === 'verb' && count(s.lemma, 'verb') >= 8).map((s) => s.lemma));
    const regular = [...verbs].sort().flatMap((verb) => {
      const past = verb in sources.irregularVerbs || verb.length < 3 || !fit(verb) ? null : regularPast(verb);
      return past === null ? [] : [{ verb, past }];
    });
    const items = [...[...irregular].map(([verb, past]) => ({ verb, past })), ...regular];
    const ask = ['What is the past tense of "@"?', 'Give the past tense of the verb "@".', 'Past tense of "@"?'];
    return makeDocuments(
      {
        id: 'past-tense',
        items,
        key: ({ verb }) => verb,
        make: ({ verb, past }, draw) => ({ prompt: draw.pick(ask).replace('@', verb), answer: past, items: [verb] }),
      },
      seed,
    );
  },
};
