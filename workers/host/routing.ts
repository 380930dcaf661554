/** What the host asks of the routing core, in one place so that tests may count or slow it down. */
import type { ScoreNeed } from '../../src/core/library.ts';
import { compilePolicy } from '../../src/core/routing/compile.ts';
import { earliestDifference } from '../../src/core/routing/difference.ts';
import type { Policy, PolicyRun, RunContext } from '../../src/core/routing/policy.ts';
import { SCORES } from '../../src/core/routing/scores/registry.ts';

export interface Routing {
  /** @throws PolicyError that says which part of the policy cannot be run */
  compile(policy: Policy, context: RunContext): PolicyRun;
  needs(policy: Policy): readonly ScoreNeed[];
  readonly difference: typeof earliestDifference;
}

export const coreRouting: Routing = {
  compile: compilePolicy,
  needs: (policy) => SCORES.get(policy.score.id)?.needs ?? [],
  difference: earliestDifference,
};
