/** A document of an evaluation as an experiment of the workbench. */
import { policyFor, type Evaluation } from '../../core/evaluation/plan.ts';
import { SAMPLING } from '../../core/experiment/defaults.ts';
import type { Experiment } from '../../core/experiment/experiment.ts';

export interface Named {
  /** Ids of task and document, name of the contestant. */
  readonly task: string;
  readonly document: string;
  readonly contestant: string;
}

export type Opened = Pick<Experiment, 'prompt' | 'policies' | 'seed' | 'sampling'>;

/**
 * Its prompt under the first contestant and the one named, side by side, as they were measured: greedily, with the same seed.
 * Undefined when there is no such document or contestant.
 */
export function openedDocument({ tasks, contestants, conditions }: Evaluation, named: Named): Opened | undefined {
  const document = tasks.find(({ id }) => id === named.task)?.documents.find(({ id }) => id === named.document);
  const other = contestants.find(({ name }) => name === named.contestant);
  if (document === undefined || other === undefined) return undefined;
  const pair = [...new Set([...contestants.slice(0, 1), other])];
  const policies = pair.flatMap((contestant) => policyFor(contestant, named.task) ?? []);
  if (policies.length === 0) return undefined;
  const { raw, system, seed } = conditions;
  return {
    prompt: { text: document.prompt, raw, ...(system === undefined ? {} : { system }) },
    policies,
    seed,
    sampling: SAMPLING,
  };
}
