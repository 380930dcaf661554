import { defineScore } from '../define.ts';
import type { ScoreRun } from '../policy.ts';

/** The same value for every unit, token and site. */
const zero: ScoreRun = {
  score(_block, out) {
    out.fill(0);
  },
};

export const none = defineScore({
  id: 'none',
  label: 'None',
  source: 'the base model without its experts',
  summary: 'No expert is scored: the base alone, unless an edit forces one.',
  formula: '−∞',
  needs: [],
  params: {},
  declares: { constant: true, empty: true, bound: () => 0 },
  begin: () => zero,
});

export const uniform = defineScore({
  id: 'uniform',
  label: 'Uniform',
  source: 'merged expert of PHATGOOSE (arXiv 2402.05859) and uniform merge of microsoft/mttl',
  summary: 'Every expert scores the same, whatever the token.',
  formula: '0',
  needs: [],
  params: {},
  declares: { constant: true, bound: () => 0 },
  begin: () => zero,
});
