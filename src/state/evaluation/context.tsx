/** How components reach the evaluation's facts and what can be done to them. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { EvaluationState } from './evaluation.ts';
import type { EvaluationFacts } from './facts.ts';

const Context = createContext<EvaluationState | null>(null);
export const EvaluationProvider = Context.Provider;

export function useEvaluation(): EvaluationState {
  const evaluation = useContext(Context);
  if (evaluation === null) throw new Error('this component must lie inside EvaluationProvider');
  return evaluation;
}

/** One fact, or what `select` takes from the facts (it must return the same object for the same facts). */
export const useEvaluationFacts = <T,>(select: (facts: EvaluationFacts) => T): T =>
  useStore(useEvaluation().store, select);
