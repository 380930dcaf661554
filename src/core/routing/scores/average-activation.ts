import { choice, number } from '../../params.ts';
import { defineScore } from '../define.ts';
import { linearRun } from './linear.ts';
import { correlation } from './phatgoose.ts';
import { once, siteVectors, unitLength } from './vectors.ts';

const unit = once(unitLength);

/**
 * The two published rules read different averages (PHATGOOSE: all tokens of the training inputs with the expert active; mttl:
 * the last token of ten samples); here both read the package's mean activations.
 */
export const averageActivation = defineScore({
  id: 'average-activation',
  label: 'Average activation',
  source: 'baseline of PHATGOOSE, arXiv 2402.05859; average_activation_selector.py of microsoft/mttl',
  summary: 'How much the hidden state resembles the mean one on the expert’s own training inputs.',
  formula: '⟨LN(u), LN(h̄)⟩ / √d, or ⟨u, h̄ / ‖h̄‖⟩ / (t·√d)',
  needs: ['mean-activations'],
  params: {
    rule: choice({
      label: 'Rule',
      help: 'How hidden state and mean are compared.',
      default: 'phatgoose',
      options: [
        { value: 'phatgoose', label: 'PHATGOOSE', help: 'Both through LayerNorm; temperature has no part.' },
        { value: 'mttl', label: 'mttl', help: 'The mean scaled to length 1, the hidden state as it is.' },
      ],
    }),
    t: number({
      label: 'Temperature',
      help: 'In units of √d; read by the mttl rule alone.',
      default: 1,
      min: 0.01,
      max: 100,
      step: 0.01,
      scale: 'log',
    }),
  },
  declares: { bound: (width, { rule }) => (rule === 'phatgoose' ? Math.sqrt(width) : Infinity) },
  begin({ library }, { rule, t }) {
    const means = siteVectors(library, 'meanActivations', 'average-activation');
    if (rule === 'phatgoose') return linearRun(library, correlation(library, means));
    const { width } = library;
    const scale = 1 / (t * Math.sqrt(width));
    return linearRun(library, { rows: unit(means, width), input: 'plain', scale, absolute: false });
  },
});
