import { useEffect, useRef, useState } from 'react';
import type { EvaluatedTask } from '../../core/evaluation/plan.ts';
import type { HalfSummary } from '../../core/evaluation/tally.ts';
import type { EvaluationViewProps } from './types.ts';

export const HALVES: readonly EvaluatedTask['half'][] = ['held-in', 'held-out'];

/** By contestant and half; absent where too little is measured. */
export type Summaries = ReadonlyMap<string, Partial<Record<EvaluatedTask['half'], HalfSummary>>>;

/** Of the bootstrap: while results still come, and for what stays. */
const RESAMPLES = { running: 199, done: 1999 };

type Wanted = Pick<EvaluationViewProps, 'evaluation' | 'tally' | 'running'>;

/** A piece for each contestant and half, so that the page answers in between. Undefined when `over` says so. */
async function summarise({ evaluation, tally, running }: Wanted, over: () => boolean): Promise<Summaries | undefined> {
  const found = new Map<string, Partial<Record<EvaluatedTask['half'], HalfSummary>>>();
  const resamples = running ? RESAMPLES.running : RESAMPLES.done;
  for (const { name } of evaluation.contestants) {
    for (const half of HALVES) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (over()) return undefined;
      const summary = tally.half(half, name, { resamples, seed: evaluation.conditions.seed });
      if (summary !== undefined) found.set(name, { ...found.get(name), [half]: summary });
    }
  }
  return found;
}

/** Averages of both halves; results that come while they are computed are taken in by the next round. */
export function useSummaries({ evaluation, tally, revision, running }: EvaluationViewProps): Summaries {
  const [summaries, setSummaries] = useState<Summaries>(new Map());
  const latest = useRef<Wanted>({ evaluation, tally, running });
  const life = useRef({ busy: false, again: false, over: false });
  useEffect(() => {
    const state = life.current;
    state.over = false;
    return () => {
      state.over = true;
    };
  }, []);
  useEffect(() => {
    const state = life.current;
    latest.current = { evaluation, tally, running };
    state.again = true;
    if (state.busy) return;
    state.busy = true;
    void (async () => {
      while (state.again && !state.over) {
        state.again = false;
        const found = await summarise(latest.current, () => state.over);
        if (found !== undefined) setSummaries(found);
      }
      state.busy = false;
    })();
  }, [evaluation, tally, revision, running]);
  return summaries;
}
