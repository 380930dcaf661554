/** Options that several commands share: which package, which policy, which sampling. */
import { availableParallelism } from 'node:os';
import { resolve, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { LETTERS, LIMITS, PACKAGE } from '../core/experiment/defaults.ts';
import type { Experiment } from '../core/experiment/experiment.ts';
import { isObject, numberFault, type NumberRange } from '../core/experiment/json.ts';
import { parseExperiment } from '../core/experiment/parse.ts';
import { presetOf, presetPolicy, withSetting, type Rules } from '../core/experiment/policies.ts';
import type { Policy } from '../core/routing/policy.ts';
import { PRESETS } from '../core/routing/presets.ts';
import { SCORES } from '../core/routing/scores/registry.ts';
import { SELECTIONS } from '../core/routing/selection/registry.ts';
import type { BackendId } from '../protocol/engine.ts';
import { UsageError, type CliIo } from './io.ts';

export const rules: Rules = { presets: PRESETS.list, scores: SCORES.list, selections: SELECTIONS.list };

/** Those that run under Node. */
const BACKENDS = ['onnx-wasm', 'simd'] as const satisfies readonly BackendId[];

/** For `parseArgs`. */
export const modelOptions = {
  package: { type: 'string' },
  threads: { type: 'string' },
  backend: { type: 'string' },
} as const;
export const policyOptions = {
  policy: { type: 'string' },
  set: { type: 'string', multiple: true },
  experiment: { type: 'string' },
  run: { type: 'string' },
} as const;

export const modelHelp = `  --package DIR      folder of a model package, or a manifest in it (default: models/${PACKAGE})
  --threads N        threads of the backend (default: as many as the processor has, at most 4)
  --backend ID       ${BACKENDS.join(' or ')} (default: ${BACKENDS[0]})`;
export const policyHelp = `  --policy ID        ${PRESETS.ids.join(', ')}
  --set NAME=VALUE   a parameter of the policy, e.g. c=3 or select.k=1; repeatable
  --experiment FILE  an experiment, or an earlier output that holds one; the other options change it
  --run LETTER       which policy of the experiment, A to H (default A)`;

const MOST_THREADS = 4;

export interface ModelChoice {
  readonly folder: string;
  readonly threads: number;
  readonly backend: BackendId;
}

export function modelChoice(
  values: {
    readonly package?: string | undefined;
    readonly threads?: string | undefined;
    readonly backend?: string | undefined;
  },
  io: Pick<CliIo, 'root'>,
): ModelChoice {
  const backend = BACKENDS.find((id) => id === (values.backend ?? BACKENDS[0]));
  if (backend === undefined) {
    throw new UsageError(
      `--backend: there is no ${values.backend ?? ''} under Node; there are ${BACKENDS.join(' and ')}.`,
    );
  }
  return {
    backend,
    folder: values.package === undefined ? join(io.root, 'models', PACKAGE) : resolve(values.package),
    threads:
      number('threads', values.threads, { min: 1, max: 64, integer: true }) ??
      Math.min(MOST_THREADS, availableParallelism()),
  };
}

/** @throws UsageError naming the option when its text is no number of this range */
export function number(option: string, text: string | undefined, range: NumberRange): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? text : Number(text);
  const fault = numberFault(Number.isNaN(value) ? text : value, range);
  if (fault !== undefined) throw new UsageError(`--${option}: ${fault}`);
  return Number(value);
}

export interface PolicyValues {
  readonly policy?: string | undefined;
  readonly set?: string[] | undefined;
  readonly experiment?: string | undefined;
  readonly run?: string | undefined;
}

/**
 * The experiment of the file, or the default one, with the policy that was chosen alone in its list.
 * @throws UsageError for a field that cannot be taken as it stands: a script is better stopped than given another experiment.
 */
export async function readExperiment(values: PolicyValues): Promise<Experiment> {
  const { digests, ...rest } = await wholeExperiment(values.experiment);
  const at = policyIndex(values.run, rest.policies.length);
  const policy = withSettings(chosenPolicy(values.policy, rest.policies[at]), values.set ?? []);
  const digest = digests?.[at];
  const unchanged = values.policy === undefined && (values.set ?? []).length === 0;
  return { ...rest, policies: [policy], ...(unchanged && digest != null ? { digests: [digest] } : {}) };
}

/** The experiment of a file with all of its policies, or the default one. @throws UsageError as {@link readExperiment} does */
export async function wholeExperiment(file: string | undefined): Promise<Experiment> {
  const { experiment, problems } = parseExperiment(await experimentJson(file), rules);
  if (problems.length === 0) return experiment;
  const list = problems.map(({ field, message }) => `  ${field}: ${message}`).join('\n');
  throw new UsageError(`--experiment ${file ?? ''}: these fields cannot be taken as they stand:\n${list}`);
}

async function experimentJson(file: string | undefined): Promise<unknown> {
  if (file === undefined) return {};
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`--experiment: the file ${file} cannot be read.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `--experiment: ${file} is no JSON (${error instanceof Error ? error.message : 'unreadable'}).`,
    );
  }
  // The output of `route` holds its experiment.
  return isObject(json) && isObject(json.experiment) ? json.experiment : json;
}

function policyIndex(letter: string | undefined, count: number): number {
  if (letter === undefined) return 0;
  const at = LETTERS.indexOf(letter.toUpperCase());
  if (at >= 0 && at < count) return at;
  throw new UsageError(`--run: ${letter} is none of the experiment's policies ${LETTERS.slice(0, count).join(', ')}.`);
}

function chosenPolicy(id: string | undefined, fallback: Policy | undefined): Policy {
  const preset = presetOf(rules, id ?? 'none');
  if (id === undefined && fallback !== undefined) return fallback;
  if (preset === undefined)
    throw new UsageError(`--policy: there is no ${id ?? ''}; there are ${PRESETS.ids.join(', ')}.`);
  return presetPolicy(rules, preset);
}

function withSettings(policy: Policy, settings: readonly string[]): Policy {
  return settings.reduce((changed, setting) => {
    const checked = withSetting(rules, changed, setting);
    if (!checked.ok) throw new UsageError(`--set ${checked.reason}`);
    return checked.value;
  }, policy);
}

export const samplingRanges = {
  temperature: LIMITS.temperature,
  'top-p': LIMITS.topP,
  'max-tokens': LIMITS.maxTokens,
  seed: LIMITS.seed,
} as const;
