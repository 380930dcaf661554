import { number } from '../../params.ts';
import { defineScore } from '../define.ts';
import { linearRun } from './linear.ts';
import { siteVectors } from './vectors.ts';

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
    const rows = siteVectors(library, 'prototypes', 'arrow');
    return linearRun(library, { rows, input: 'plain', scale: 1 / t, absolute: true });
  },
});
