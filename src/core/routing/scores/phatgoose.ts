import type { Library } from '../../library.ts';
import { defineScore } from '../define.ts';
import type { ScoreRun } from '../policy.ts';
import { centre, dot, layerNorm, once, siteVectors } from './vectors.ts';

const normalised = once(layerNorm);

/** ⟨LN(u), LN(v)⟩ / √d for the library's `[site][expert][width]` vectors; equals √d times Pearson's correlation but for LN's ε. */
export function correlationScore(library: Library, vectors: Float32Array): ScoreRun {
  const { width } = library;
  const experts = library.experts.length;
  const v = normalised(vectors, width);
  const centred = new Float64Array(width);
  return {
    score({ site, tokens, u }, out) {
      for (let token = 0; token < tokens; token++) {
        const scale = centre(u, token * width, width, centred) / Math.sqrt(width);
        for (let expert = 0; expert < experts; expert++)
          out[token * experts + expert] = scale * dot(centred, v, (site * experts + expert) * width, width);
      }
    },
  };
}

export const phatgoose = defineScore({
  id: 'phatgoose',
  label: 'PHATGOOSE',
  source: 'Muqeeth et al. 2024, arXiv 2402.05859; code r-three/phatgoose, moe.py',
  summary: 'How far the token’s hidden state points the way of the gate that was trained with the expert.',
  formula: '⟨LN(u), LN(v)⟩ / √d',
  needs: ['gates'],
  params: {},
  declares: { bound: (width) => Math.sqrt(width) },
  begin: ({ library }) => correlationScore(library, siteVectors(library, 'gates', 'phatgoose')),
});
