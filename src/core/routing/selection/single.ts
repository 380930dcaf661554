import { defineSelection } from '../define.ts';
import { keepLargest, weigh } from './keep.ts';

export const single = defineSelection({
  id: 'single',
  label: 'Single best',
  source: 'Switch Transformer’s top-1 (arXiv 2101.03961) without the gate’s factor',
  summary: 'The expert of largest score, with weight 1.',
  params: {},
  declares: { sum: 'one', mayDropTokens: false },
  slots: () => 1,
  select({ scores, tokens, units }, _params, out) {
    for (let token = 0; token < tokens; token++)
      weigh(scores, token, units, keepLargest(scores, token, units, 1, token, out), 1, token, out);
  },
});
