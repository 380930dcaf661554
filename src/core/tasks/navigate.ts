import { draws, type Draws } from './random.ts';
import { makeDocuments, type Task } from './task.ts';

const DIRECTIONS = [
  ['forward', 'backward'],
  ['left', 'right'],
] as const;

/** Three or four moves along two axes (never turning), and whether they end where they began. */
export function walk(draw: Draws): { readonly text: string; readonly home: boolean } {
  const moves: { axis: number; steps: number }[] = [];
  const add = (axis: number, steps: number) => moves.push({ axis, steps });
  const first = draw.int(2);
  if (draw.int(2) === 0) {
    // Out in two parts, back in one or the other way round, all on one axis.
    const [a, b] = [1 + draw.int(5), 1 + draw.int(4)];
    const sign = draw.int(2) === 0 ? 1 : -1;
    add(first, a * sign);
    add(first, b * sign);
    add(first, -(a + b) * sign);
  } else
    for (const axis of [first, 1 - first]) {
      const steps = (1 + draw.int(9)) * (draw.int(2) === 0 ? 1 : -1);
      add(axis, steps);
      add(axis, -steps);
    }
  const home = draw.int(2) === 0;
  // A walk that misses: one move a step or two longer or shorter, or turned round.
  const spoilt = moves[draw.int(moves.length)];
  if (!home && spoilt !== undefined) {
    const change = draw.pick([1, -1, 2, -2, 0]);
    const steps = spoilt.steps + change;
    spoilt.steps = change === 0 || steps === 0 || Math.abs(steps) > 9 ? -spoilt.steps : steps;
  }
  const text = draw
    .shuffle(moves)
    .map(({ axis, steps }) => {
      const way = DIRECTIONS[axis]?.[steps > 0 ? 0 : 1] ?? '';
      return `${String(Math.abs(steps))} step${Math.abs(steps) === 1 ? '' : 's'} ${way}`;
    })
    .join(', ');
  return { text, home };
}

export const navigate: Task = {
  id: 'navigate',
  label: 'Back at the start?',
  badge: 'NA',
  family: 'reading',
  split: 'held-in',
  kind: 'choice',
  chance: 1 / 2,
  metric: 'accuracy over options',
  instruction:
    'Add up the given steps forward, backward, left and right and say whether the walker ends where the walk began.',
  sheet: {
    measures:
      'Sums of three or four moves along one or two axes without turning; walks that miss do so by a step or two, or by a move turned round. Both answers are equally frequent.',
    source: 'generator; a walk lies in one split only',
    licence: 'own',
    resembles: 'BIG-bench Hard: navigate',
  },
  documents: (_, seed) => {
    const items = new Map<string, boolean>();
    for (let n = 0; n < 12_000 && items.size < 3000; n++) {
      const { text, home } = walk(draws(seed, `navigate/walks/${String(n)}`));
      items.set(text, home);
    }
    const options = ['yes', 'no'];
    return makeDocuments(
      {
        id: 'navigate',
        items: [...items],
        key: ([text]) => text,
        make: (_item, draw, peers) => {
          const wanted = draw.int(2) === 0;
          const [text, home] = draw.pick(peers.filter((p) => p[1] === wanted));
          return {
            prompt: `Without turning, take ${text}. Back at the start?`,
            answer: home ? 'yes' : 'no',
            options,
            gold: home ? 0 : 1,
            items: [text],
          };
        },
      },
      seed,
    );
  },
};
