import { toFloat32 } from '../../numerics.ts';
import { number } from '../../params.ts';
import { defineScore } from '../define.ts';
import { dot, siteVectors, widen } from './vectors.ts';

export const arrow = defineScore({
  id: 'arrow',
  label: 'Arrow',
  source: 'Ostapenko et al. 2024, arXiv 2405.11157; one prototype a site, from the stacked updates of its modules',
  summary: 'How much of the hidden state lies along the direction that the expert’s own update amplifies most.',
  formula: '|⟨u, v⟩| / T',
  needs: ['prototypes'],
  params: {
    t: number({
      label: 'T',
      help: 'Temperature: divides the scores. Published variants use 1.',
      default: 1,
      min: 0.01,
      max: 100,
      step: 0.01,
      scale: 'log',
    }),
  },
  declares: {},
  begin({ library }, { t }) {
    const { width } = library;
    const experts = library.experts.length;
    const v = siteVectors(library, 'prototypes', 'arrow');
    const wide = new Float64Array(width);
    return {
      score({ site, tokens, u }, out) {
        for (let token = 0; token < tokens; token++) {
          widen(u, token * width, width, wide);
          for (let expert = 0; expert < experts; expert++)
            out[token * experts + expert] = toFloat32(
              Math.abs(dot(wide, v, (site * experts + expert) * width, width)) / t,
            );
        }
      },
    };
  },
});
