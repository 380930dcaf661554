/** What is on screen as the facts that every export is made from. */
import type { ReportFacts } from '../../core/evaluation/export/facts.ts';
import { RESAMPLES } from '../../core/evaluation/half.ts';
import type { Looks } from '../../core/evaluation/looks.ts';
import type { Outcome } from './facts.ts';
import { summariesNow, type Summarise } from './summaries.ts';

/** Tables that are kept take more resamples than those on screen. */
export async function reportOf(
  outcome: Outcome,
  looks: Looks,
  program: ReportFacts['program'],
  summarise: Summarise,
): Promise<ReportFacts> {
  const { plan, evaluation, tally } = outcome;
  return {
    evaluation,
    tally,
    summaries: (await summariesNow(outcome, RESAMPLES.kept, summarise)) ?? new Map(),
    experts: plan.experts,
    model: plan.model,
    seed: plan.conditions.seed,
    oracle: {},
    picked: [],
    looks,
    date: plan.begun,
    program,
  };
}
