import type { Library } from '../../library.ts';
import { defineScore } from '../define.ts';
import type { LinearScore } from '../policy.ts';
import { linearRun } from './linear.ts';
import { layerNorm, once, siteVectors } from './vectors.ts';

const normalised = once(layerNorm);

/** ⟨LN(u), LN(v)⟩ / √d for the library's `[site][expert][width]` vectors; equals √d times Pearson's correlation but for LN's ε. */
export const correlation = (library: Library, vectors: Float32Array): LinearScore => ({
  rows: normalised(vectors, library.width),
  input: 'layer-norm',
  scale: 1 / Math.sqrt(library.width),
  absolute: false,
});

export const phatgoose = defineScore({
  id: 'phatgoose',
  label: 'PHATGOOSE',
  source: 'Muqeeth et al. 2024, arXiv 2402.05859; code r-three/phatgoose, moe.py',
  summary: 'How far the token’s hidden state points the way of the gate that was trained with the expert.',
  formula: '⟨LN(u), LN(v)⟩ / √d',
  needs: ['gates'],
  params: {},
  declares: { bound: (width) => Math.sqrt(width) },
  begin: ({ library }) => linearRun(library, correlation(library, siteVectors(library, 'gates', 'phatgoose'))),
});
