import { toFloat32 } from '../../numerics.ts';
import { choice, number } from '../../params.ts';
import { defineScore } from '../define.ts';
import { correlationScore } from './phatgoose.ts';
import { dot, once, siteVectors, unitLength, widen } from './vectors.ts';

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
    if (rule === 'phatgoose') return correlationScore(library, means);
    const { width } = library;
    const experts = library.experts.length;
    const v = unit(means, width);
    const scale = 1 / (t * Math.sqrt(width));
    const wide = new Float64Array(width);
    return {
      score({ site, tokens, u }, out) {
        for (let token = 0; token < tokens; token++) {
          widen(u, token * width, width, wide);
          for (let expert = 0; expert < experts; expert++)
            out[token * experts + expert] = toFloat32(scale * dot(wide, v, (site * experts + expert) * width, width));
        }
      },
    };
  },
});
