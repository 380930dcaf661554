/** What leaves the page: links with digests of what is on screen, and runs as files. */
import { answerBytes, routeBytes } from '../core/experiment/digests.ts';
import { experimentDifference } from '../core/experiment/difference.ts';
import type { Digests, Experiment } from '../core/experiment/experiment.ts';
import type { Rules } from '../core/experiment/policies.ts';
import { sha256Hex } from '../core/sha256.ts';
import type { Facts, ShownRun } from './facts.ts';
import { writeHash } from './link.ts';
import { requestKey } from './requests.ts';

const digest = (bytes: Uint8Array): string => sha256Hex(bytes).slice(0, 16);

export const digestsOf = (run: ShownRun): Digests => ({
  answer: digest(answerBytes(run.answer.tokens.map((t) => t.id))),
  routes: digest(routeBytes(run.trace)),
});

/** The finished run of each policy that answers to the experiment as it is set now. */
const current = ({ experiment, lanes }: Pick<Facts, 'experiment' | 'lanes'>): (ShownRun | null)[] =>
  experiment.policies.map((policy, i) => {
    const shown = lanes[i]?.shown;
    return shown && shown.end !== null && shown.key === requestKey(experiment, policy) ? shown : null;
  });

/** The experiment with digests of what is on screen and the package's hash, as a fragment; undefined when it is too long. */
export function shareHash(facts: Facts, packageHash: string | undefined, rules: Rules): Promise<string | undefined> {
  const digests = current(facts).map((run) => (run ? digestsOf(run) : null));
  const experiment: Experiment = {
    ...facts.experiment,
    ...(packageHash === undefined ? {} : { packageHash }),
    ...(digests.some((d) => d !== null) ? { digests } : {}),
  };
  return writeHash(experiment, rules);
}

/** Whether each finished run came out as the link's sender said; null where there is nothing to compare. */
export function checkDigests(facts: Facts): (boolean | null)[] {
  const said = facts.experiment.digests ?? [];
  return current(facts).map((run, i) => {
    const theirs = said[i];
    if (!run || !theirs || run.source === 'recorded') return null;
    const ours = digestsOf(run);
    return ours.answer === theirs.answer && ours.routes === theirs.routes;
  });
}

/** Runs on screen with their traces as JSON; arrays are row-major as `core/trace.ts` says. */
export function exportRuns(facts: Facts, rules: Rules): string {
  const { experiment, lanes, model } = facts;
  const runs = lanes.flatMap(({ shown }, i) =>
    !shown?.end
      ? []
      : [
          {
            policy: shown.policy,
            index: i,
            source: shown.source,
            prompt: shown.prompt,
            answer: {
              text: shown.answer.text,
              tokens: shown.answer.tokens.map(({ id, text, logprob }) => ({ id, text, logprob })),
              logits: shown.answer.tokens.map(({ top }) => top.map(({ id, logit }) => [id, logit])),
            },
            end: shown.end,
            trace: {
              ...shown.trace,
              experts: [...shown.trace.experts],
              weights: [...shown.trace.weights],
              ...(shown.trace.scores ? { scores: [...shown.trace.scores] } : {}),
            },
            terms: shown.terms.map(({ name, values }) => ({ name, values: [...values] })),
            milliseconds: shown.milliseconds,
          },
        ],
  );
  const made = model.kind === 'ready' ? { package: model.model.package, backend: model.model.backend } : {};
  return JSON.stringify({
    format: 'switchyard-runs',
    version: 1,
    experiment: experimentDifference(experiment, rules),
    ...made,
    runs,
  });
}
