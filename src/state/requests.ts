/** What a run depends on, and whether a shown run still answers to the experiment. */
import type { Experiment } from '../core/experiment/experiment.ts';
import type { Policy } from '../core/routing/policy.ts';
import type { RunRequest } from '../protocol/engine.ts';
import type { ShownRun } from './facts.ts';

/** JSON with sorted keys, so that equal documents give equal text. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

export const samePolicy = (a: Policy, b: Policy): boolean => a === b || canonical(a) === canonical(b);

type Asked = Pick<Experiment, 'prompt' | 'seed' | 'sampling'>;

/** Text that is the same exactly when two runs must come out the same on one model. */
export const requestKey = ({ prompt, seed, sampling }: Asked, policy: Policy): string =>
  canonical({ prompt, seed, sampling, policy });

/** How many of the next tokens are reported with each token of an answer. */
const TOP = 12;

export const requestOf = ({ prompt, seed, sampling }: Asked, policy: Policy, id: string): RunRequest => ({
  id,
  prompt,
  policy,
  seed,
  sampling,
  scores: true,
  top: TOP,
});

/** Why a run no longer shows what the settings say; undefined when it does. */
export function staleReason(shown: ShownRun, experiment: Experiment, policy: Policy): string | undefined {
  if (shown.end === null || shown.key === requestKey(experiment, policy)) return undefined;
  const was = JSON.parse(shown.key) as Asked;
  if (canonical(was.prompt) !== canonical(experiment.prompt)) return 'The prompt has changed since this run';
  return samePolicy(shown.policy, policy)
    ? 'Seed or sampling has changed since this run'
    : 'The policy has changed since this run';
}
