import { boolean, integer } from '../../params.ts';
import { defineSelection } from '../define.ts';
import type { Chosen, SelectionInput } from '../policy.ts';
import { keepLargest, weigh } from './keep.ts';

/** Σ exp(score − largest) over the units of a row that are neither muted nor in the token's slots. */
function leftOut({ scores, units }: SelectionInput, token: number, taken: number, out: Chosen): number {
  const from = token * units;
  const first = token * out.slots;
  const max = scores[from + (out.experts[first] ?? 0)] ?? 0;
  let sum = 0;
  for (let unit = 0; unit < units; unit++) {
    let kept = false;
    for (let k = 0; k < taken; k++) kept ||= out.experts[first + k] === unit;
    if (!kept) sum += Math.exp((scores[from + unit] ?? 0) - max);
  }
  return sum;
}

export const topK = defineSelection({
  id: 'top-k',
  label: 'Top-k',
  source: 'Shazeer et al. 2017, arXiv 1701.06538',
  summary: 'The k experts of largest score, weighted by a softmax.',
  params: {
    k: integer({
      label: 'k',
      help: 'How many experts take part for each token and site. More than there are means all of them.',
      default: 2,
      min: 1,
      max: 16,
    }),
    renormalise: boolean({
      label: 'Renormalise',
      help: 'On: the weights of the kept experts sum to 1. Off: each keeps its share of a softmax over all experts.',
      default: true,
    }),
  },
  declares: { sum: 'at-most-one', mayDropTokens: false },
  slots: ({ k }, units) => Math.min(k, units),
  select(input, { k, renormalise }, out) {
    const { scores, tokens, units } = input;
    for (let token = 0; token < tokens; token++) {
      const taken = keepLargest(scores, token, units, k, token, out);
      const others = renormalise || taken === 0 ? 0 : leftOut(input, token, taken, out);
      weigh(scores, token, units, taken, 1, token, out, others);
    }
  },
});
