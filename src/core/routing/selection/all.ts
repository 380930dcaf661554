import { number } from '../../params.ts';
import { defineSelection } from '../define.ts';
import { keepLargest, weigh } from './keep.ts';

export const all = defineSelection({
  id: 'all',
  label: 'All experts',
  source: 'dense softmax routing, as in microsoft/mttl with top_k −1',
  summary: 'Every expert that is not muted, weighted by a softmax of its score.',
  params: {
    temperature: number({
      label: 'Temperature',
      help: 'Divides the scores before the softmax: low values sharpen the mixture, high ones level it.',
      default: 1,
      min: 0.01,
      max: 100,
      step: 0.01,
      scale: 'log',
    }),
  },
  declares: { sum: 'one', mayDropTokens: false },
  temperature: ({ temperature }) => temperature,
  slots: (_params, units) => units,
  select({ scores, tokens, units }, { temperature }, out) {
    for (let token = 0; token < tokens; token++)
      weigh(scores, token, units, keepLargest(scores, token, units, units, token, out), temperature, token, out);
  },
});
