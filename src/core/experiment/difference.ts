/** From an experiment to the JSON that a link or a file holds: only what differs from the defaults of its version. */
import type { ParamValue } from '../params.ts';
import type { Edit, Policy } from '../routing/policy.ts';
import { defaultExperiment, VERSION } from './defaults.ts';
import type { Digests, Experiment, Prompt, Sampling, ViewState } from './experiment.ts';
import { policyChanges, type Rules } from './policies.ts';

export interface PolicyDifference {
  /** Always written, so that a link can be read and does not lean on which method is the default. */
  readonly method: string;
  readonly score?: string;
  readonly select?: string;
  readonly mix?: Policy['mix'];
  readonly set?: Readonly<Record<string, ParamValue>>;
  readonly edits?: readonly Edit[];
}

export interface ExperimentDifference {
  readonly version: number;
  readonly package?: string;
  readonly packageHash?: string;
  readonly prompt?: Partial<Prompt>;
  readonly policies?: readonly PolicyDifference[];
  readonly seed?: number;
  readonly sampling?: Partial<Sampling>;
  readonly view?: Partial<ViewState>;
  readonly digests?: readonly (Digests | null)[];
  readonly looks?: readonly string[];
}

/** Fields of `value` that are not the same in `base`; undefined when there are none. Values that are objects are always kept. */
function changed<T extends object>(value: T, base: Partial<T>): Partial<T> | undefined {
  const entries = Object.entries(value).filter(
    ([key, v]) => v !== undefined && v !== (base as Record<string, unknown>)[key],
  );
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Partial<T>);
}

export function policyDifference(policy: Policy, rules: Rules): PolicyDifference {
  const { set, ...rest } = policyChanges(rules, policy);
  return {
    method: policy.method,
    ...rest,
    ...(Object.keys(set).length === 0 ? {} : { set }),
    ...(policy.edits.length === 0 ? {} : { edits: policy.edits }),
  };
}

/** `parseExperiment(experimentDifference(e), rules).experiment` equals `e` for every valid `e`. */
export function experimentDifference(experiment: Experiment, rules: Rules): ExperimentDifference {
  const base = defaultExperiment(rules);
  const prompt = changed(experiment.prompt, base.prompt);
  const sampling = changed(experiment.sampling, base.sampling);
  const view = changed(experiment.view, base.view);
  return {
    version: VERSION,
    ...(experiment.package === base.package ? {} : { package: experiment.package }),
    ...(experiment.packageHash === undefined ? {} : { packageHash: experiment.packageHash }),
    ...(prompt === undefined ? {} : { prompt }),
    policies: experiment.policies.map((policy) => policyDifference(policy, rules)),
    ...(experiment.seed === base.seed ? {} : { seed: experiment.seed }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(view === undefined ? {} : { view }),
    ...(experiment.digests === undefined ? {} : { digests: experiment.digests }),
    ...(experiment.looks === undefined ? {} : { looks: experiment.looks }),
  };
}
