/** Policies that need no router: one expert for everything, and the oracle made of them. */
import type { Policy } from '../routing/policy.ts';
import { presetPolicy } from '../routing/presets.ts';

/** Every token goes to this expert with weight 1. */
export function singleExpert(expert: string): Policy {
  const uniform = presetPolicy('uniform');
  return {
    ...uniform,
    method: 'uniform',
    select: { id: 'single', params: {} },
    edits: [{ kind: 'force', experts: [expert] }],
  };
}

/** Each task's best single expert: its own where it has one, else the one that `best` names. */
export function oracle(
  tasks: readonly { readonly id: string }[],
  experts: readonly string[],
  best: Readonly<Record<string, string>>,
): Readonly<Record<string, Policy>> {
  const entries = tasks.flatMap(({ id }) => {
    const expert = experts.includes(id) ? id : best[id];
    return expert === undefined ? [] : [[id, singleExpert(expert)] as const];
  });
  return Object.fromEntries(entries);
}
