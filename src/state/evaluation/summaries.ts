/** Averages of the results on screen, kept up with them: they take longer to compute than a picture may. */
import {
  collectSummaries,
  RESAMPLES,
  samplesOf,
  type HalfSample,
  type HalfSummary,
  type NamedSample,
  type Summaries,
  type SummaryOptions,
} from '../../core/evaluation/half.ts';
import type { EvaluationFacts, EvaluationStore, Outcome } from './facts.ts';

export type Summarise = (sample: HalfSample, options: SummaryOptions) => Promise<HalfSummary>;

/** One after the other; undefined once `over` says so. */
export async function summariesNow(
  { evaluation, tally }: Pick<Outcome, 'evaluation' | 'tally'>,
  resamples: number,
  summarise: Summarise,
  over: () => boolean = () => false,
): Promise<Summaries | undefined> {
  const { seed } = evaluation.conditions;
  const found: (NamedSample & { summary: HalfSummary })[] = [];
  for (const named of samplesOf(evaluation.contestants, tally)) {
    if (over()) return undefined;
    found.push({ ...named, summary: await summarise(named.sample, { resamples, seed }) });
  }
  return over() ? undefined : collectSummaries(found);
}

const moving = ({ run }: EvaluationFacts): boolean => run.kind === 'running' || run.kind === 'preparing';

/** Writes `summaries` whenever there are new results; what comes while they are computed is taken in by the next round. */
export function followSummaries(store: EvaluationStore, summarise: Summarise): void {
  let busy = false;
  let again = false;

  async function work(): Promise<void> {
    busy = true;
    try {
      while (again) {
        again = false;
        const { outcome } = store.getState();
        if (outcome === null) break;
        const resamples = moving(store.getState()) ? RESAMPLES.running : RESAMPLES.shown;
        const other = (): boolean => store.getState().outcome?.tally !== outcome.tally;
        const summaries = await summariesNow(outcome, resamples, summarise, other);
        if (summaries !== undefined) store.setState({ summaries });
      }
    } finally {
      // Also after a failure: the next results try again.
      busy = false;
    }
  }

  store.subscribe((now, before) => {
    const another = now.outcome?.tally !== before.outcome?.tally;
    const more = now.outcome?.revision !== before.outcome?.revision || moving(now) !== moving(before);
    if (another) store.setState({ summaries: new Map() });
    if (!another && !more) return;
    again = true;
    if (!busy) void work();
  });
}
