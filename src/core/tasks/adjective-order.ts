import type { Draws } from './random.ts';
import { keysOf, makeDocuments, splitOf, type Task } from './task.ts';

/** Classes in the order in which English puts them before a noun; every adjective is its own key. */
export const ADJECTIVES: readonly (readonly string[])[] = [
  ['lovely', 'horrible', 'nice', 'awful', 'beautiful', 'ugly', 'wonderful', 'nasty', 'pleasant', 'strange', 'silly', 'splendid', 'charming', 'dreadful', 'delightful', 'cute'],
  ['big', 'small', 'huge', 'tiny', 'large', 'little', 'giant', 'enormous', 'massive', 'gigantic', 'miniature', 'tall', 'short', 'long', 'normal-sized', 'medium-sized'],
  ['old', 'new', 'young', 'ancient', 'modern', 'recent', 'medieval', 'antique', 'brand-new', 'elderly', 'archaic', 'prehistoric', 'vintage', 'contemporary', 'century-old', 'old-fashioned'],
  ['round', 'square', 'triangular', 'oval', 'rectangular', 'spherical', 'pyramidal', 'flat', 'circular', 'cubical', 'conical', 'hexagonal', 'star-shaped', 'heart-shaped'],
  ['red', 'blue', 'green', 'yellow', 'black', 'white', 'brown', 'purple', 'pink', 'grey', 'orange', 'silver', 'golden', 'crimson', 'turquoise', 'violet'],
  ['French', 'German', 'Indian', 'Turkish', 'Spanish', 'Russian', 'Chinese', 'Mexican', 'Italian', 'Greek', 'Dutch', 'Japanese', 'Egyptian', 'Brazilian', 'Swedish', 'Polish'],
  ['wooden', 'plastic', 'metal', 'paper', 'glass', 'leather', 'rubber', 'cotton', 'steel', 'stone', 'ceramic', 'copper', 'woollen', 'silk', 'cardboard', 'bamboo'],
]; // prettier-ignore
// prettier-ignore
const NOUNS = ['chair', 'table', 'box', 'lamp', 'knife', 'bag', 'ring', 'bowl', 'ship', 'car', 'doll', 'plate', 'clock', 'mask', 'shoe', 'hat', 'coat', 'drum', 'ball', 'bottle', 'brush', 'basket', 'mirror', 'bench', 'vase', 'spoon', 'sword', 'kite', 'toy', 'button', 'tray', 'desk', 'comb', 'jar', 'necklace', 'statue', 'chest', 'lantern', 'pipe', 'cup'];

/** Three or four adjectives of different classes in order, and the same with two neighbours changed round. */
export function orders(draw: Draws, classes: readonly (readonly string[])[]): { right: string[]; wrong: string[] } {
  const used = draw.shuffle(classes.map((_, i) => i)).slice(0, 3 + draw.int(2));
  const right = used.sort((a, b) => a - b).map((i) => draw.pick(classes[i] ?? []));
  const at = draw.int(right.length - 1);
  const wrong = [...right];
  [wrong[at], wrong[at + 1]] = [right[at + 1] ?? '', right[at] ?? ''];
  return { right, wrong };
}

export const adjectiveOrder: Task = {
  id: 'adjective-order',
  label: 'Order of adjectives',
  badge: 'AO',
  family: 'symbols',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 2,
  metric: 'accuracy over options',
  instruction:
    'Choose the phrase whose adjectives stand in the natural English order: opinion, size, age, shape, colour, origin and material.',
  sheet: {
    measures:
      'Three or four adjectives before a noun, two neighbours changed round in the wrong phrase; adjectives and nouns in test are new.',
    source: 'own lists of adjectives in seven classes',
    licence: 'own',
    resembles: 'BIG-bench Hard: hyperbaton',
  },
  documents: (_, seed) =>
    makeDocuments(
      {
        id: 'adjective-order',
        items: NOUNS,
        key: (noun) => noun,
        make: (noun, draw, _peers, split) => {
          const classes = ADJECTIVES.map((list) => keysOf(list, split));
          const { right, wrong } = orders(draw, classes);
          const options = draw.shuffle([right, wrong]).map((words) => `${words.join(' ')} ${noun}`);
          const answer = `${right.join(' ')} ${noun}`;
          return {
            prompt: `Which order is right: "${options.join('" or "')}"?`,
            answer,
            options,
            gold: options.indexOf(answer),
            items: [noun, ...right].filter((k) => splitOf(k) === split),
          };
        },
      },
      seed,
    ),
};
