import { knownSounds, type Sounds } from './pronunciation.ts';
import { choice, listed, makeDocuments, splitOf, type Task } from './task.ts';

const spelt = (word: string): string => `${word} (${Array.from(word).join(' ')})`;

/** Most letters of a word. */
const LONGEST = 6;

export const rhyme: Task = {
  id: 'rhyme',
  label: 'Rhyme among four',
  badge: 'RH',
  family: 'knowledge',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 4,
  metric: 'accuracy over options',
  instruction: 'Choose among the four listed words the one that rhymes with the given word and write it.',
  sheet: {
    measures:
      'Rhymes (equal from the last stressed vowel on, another consonant before it) among short words of like length, each also spelt out; most rhymes can be seen in the letters, not all. All words in test are new.',
    source: 'cmu-pronouncing-dictionary, words of WordNet 3.1 found at least four times in its tagged texts',
    licence: 'ISC · BSD (the dictionary) · WordNet licence',
    resembles: 'BIG-bench: rhyming',
  },
  documents: (sources, seed) => {
    const items = knownSounds(sources, 4).filter(({ word, syllables }) => word.length <= LONGEST && syllables <= 2);
    // Words of one split by their rhyme.
    const groups = new Map<string, Sounds[]>();
    const rhymeKey = ({ word, rhyme }: Sounds) => `${splitOf(word)} ${rhyme}`;
    for (const item of items) groups.set(rhymeKey(item), [...(groups.get(rhymeKey(item)) ?? []), item]);
    return makeDocuments(
      {
        id: 'rhyme',
        items,
        key: ({ word }) => word,
        make: (item, draw, peers) => {
          const rhymes = (groups.get(rhymeKey(item)) ?? []).filter((p) => p.onset !== item.onset);
          if (rhymes.length === 0) return null;
          const answer = draw.pick(rhymes).word;
          // Of like length, as the rhyme is the shortest option too often otherwise.
          const usable = (p: Sounds) => p.rhyme !== item.rhyme && Math.abs(p.word.length - answer.length) <= 1;
          const wrong = new Set<string>();
          while (wrong.size < 3) {
            const other = draw.pick(peers);
            if (usable(other)) wrong.add(other.word);
          }
          const picked = choice(draw, answer, [...wrong]);
          return {
            // A model that reads whole words sees no letters: without them an expert learnt its training words by heart and no more.
            prompt: `Rhymes with ${spelt(item.word)}: ${listed(picked.options.map(spelt))}?`,
            ...picked,
            items: [item.word, ...picked.options],
          };
        },
      },
      seed,
    );
  },
};
