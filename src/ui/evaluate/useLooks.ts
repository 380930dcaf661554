import { useMemo } from 'react';
import { mergeLooks, noLooks, type Looks } from '../../core/evaluation/looks.ts';
import { useFacts } from '../../state/context.tsx';
import { useEvaluationFacts } from '../../state/evaluation/context.tsx';

/** Looks made in this browser, and those that the open experiment tells of: of these only that they were made. */
export function useLooks(): Looks {
  const own = useEvaluationFacts((f) => f.looks);
  const told = useFacts((f) => f.experiment.looks);
  return useMemo(() => mergeLooks(own, { ...noLooks, others: told ?? [] }), [own, told]);
}
