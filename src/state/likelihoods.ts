/** How likely the answer of A is under B's policy, and the other way round. */
import type { QueryClient } from '@tanstack/react-query';
import type { Engine } from '../engine/client.ts';
import type { FactStore, ShownRun } from './facts.ts';
import { canonical, requestOf } from './requests.ts';

/** Natural logarithms, end of turn included; absent where it has not been computed. */
export interface CrossLikelihoods {
  readonly aUnderB?: number;
  readonly bUnderA?: number;
}

/** Computes what is missing for the first two policies as they are set now and puts it into the facts. */
export async function computeLikelihoods(
  store: FactStore,
  engine: Pick<Engine, 'run'>,
  queries: QueryClient,
): Promise<void> {
  const { experiment, lanes } = store.getState();
  const [a, b] = [lanes[0]?.shown, lanes[1]?.shown];
  if (!a?.end || !b?.end) return;

  const under = (answer: ShownRun, policy: ShownRun['policy']): Promise<number> => {
    const ids = answer.answer.tokens.map((t) => t.id);
    const request = requestOf(experiment, policy, '');
    return queries.query({
      queryKey: ['likelihood', canonical([request.prompt, policy, ids])],
      queryFn: async ({ signal }) => {
        const id = `likelihood-${crypto.randomUUID()}`;
        const result = await engine.run(
          signal,
          { ...request, id, answer: ids, scores: false, top: 1 },
          () => undefined,
        );
        if (result.end === 'stopped') throw new Error('called off');
        return result.answer.tokens.reduce((sum, t) => sum + t.logprob, 0);
      },
    });
  };
  try {
    const found = { aUnderB: await under(a, b.policy), bUnderA: await under(b, a.policy) };
    const now = store.getState();
    // The runs may have moved on meanwhile.
    if (now.lanes[0]?.shown === a && now.lanes[1]?.shown === b) store.setState({ likelihoods: found });
  } catch {
    // Called off by a newer run, or failed as that run will: the figures stay absent.
  }
}
