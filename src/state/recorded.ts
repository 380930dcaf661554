/** Recorded runs: real ones, made by `tools/record.mjs`, shown as such until the model is there and wherever it cannot be. */
import type { Experiment } from '../core/experiment/experiment.ts';
import type { PackageFacts } from '../core/experiment/fit.ts';
import { parseExperiment } from '../core/experiment/parse.ts';
import type { Rules } from '../core/experiment/policies.ts';
import type { LibraryInfo } from '../core/library.ts';
import type { RoutingTrace } from '../core/trace.ts';
import type { AnswerToken, RunResult, TokenText, TopToken } from '../protocol/engine.ts';
import type { ShownRun } from './facts.ts';
import { requestKey } from './requests.ts';

/** `[id, text]`, and 1 where it belongs to the template. */
type PackedToken = readonly [id: number, text: string, template?: 1];
/** `[id, text, logprob, next tokens as [id, text, logit, logprob]]`, and 1 where it belongs to the template. */
type PackedAnswer = readonly [
  id: number,
  text: string,
  logprob: number,
  top: readonly (readonly [number, string, number, number])[],
  template?: 1,
];

/** Numbers as base64 of little-endian Int16; a value is the stored one times `scale`. */
interface PackedNumbers {
  readonly scale: number;
  readonly data: string;
}

export interface RecordedRun {
  readonly prompt: { readonly text: string; readonly tokens: readonly PackedToken[] };
  readonly answer: { readonly text: string; readonly tokens: readonly PackedAnswer[] };
  readonly trace: Pick<RoutingTrace, 'sites' | 'tokens' | 'slots' | 'units'> & {
    readonly experts: PackedNumbers;
    readonly weights: PackedNumbers;
    readonly scores?: PackedNumbers;
  };
  readonly terms: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly end: RunResult['end'];
  readonly milliseconds: RunResult['milliseconds'];
}

export interface RecordedFile {
  readonly format: 'switchyard-recorded';
  readonly version: 1;
  readonly package: { readonly id: string; readonly label: string; readonly hash: string };
  readonly library: LibraryInfo;
  /** By difference from the defaults; one policy for each run. */
  readonly experiment: unknown;
  readonly runs: readonly RecordedRun[];
}

export interface Recorded {
  readonly facts: PackageFacts & { readonly label: string; readonly library: LibraryInfo };
  readonly experiment: Experiment;
  readonly runs: readonly ShownRun[];
}

function numbers(packed: PackedNumbers): Int16Array {
  const bytes = Uint8Array.from(atob(packed.data), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true));
}

const scaled = (packed: PackedNumbers): Float32Array => Float32Array.from(numbers(packed), (v) => v * packed.scale);

const token = ([id, text, template]: PackedToken): TokenText => ({ id, text, template: template === 1 });

const answerToken = ([id, text, logprob, top, template]: PackedAnswer): AnswerToken => ({
  id,
  text,
  template: template === 1,
  logprob,
  top: top.map(([i, t, logit, lp]): TopToken => ({ id: i, text: t, logit, logprob: lp })),
});

/** A file of ours, so only its head is checked. @throws Error when it is no recording of version 1. */
export function readRecorded(json: unknown, rules: Rules): Recorded {
  if (typeof json !== 'object' || json === null || !('format' in json) || json.format !== 'switchyard-recorded')
    throw new Error('This is not a recorded run of this page: its field "format" is not "switchyard-recorded".');
  const file = json as RecordedFile;
  const { experiment } = parseExperiment(file.experiment, rules);
  return {
    facts: { ...file.package, library: file.library },
    experiment,
    runs: file.runs.flatMap((run, i) => {
      const policy = experiment.policies[i];
      return policy === undefined ? [] : [readRun(run, experiment, policy)];
    }),
  };
}

function readRun(run: RecordedRun, experiment: Experiment, policy: ShownRun['policy']): ShownRun {
  const { experts, weights, scores, ...shape } = run.trace;
  return {
    key: requestKey(experiment, policy),
    source: 'recorded',
    end: run.end,
    prompt: { text: run.prompt.text, tokens: run.prompt.tokens.map(token) },
    answer: { text: run.answer.text, tokens: run.answer.tokens.map(answerToken) },
    trace: {
      ...shape,
      experts: numbers(experts),
      weights: scaled(weights),
      ...(scores === undefined ? {} : { scores: scaled(scores) }),
    },
    terms: run.terms.map(({ name, values }) => ({ name, values: Float32Array.from(values) })),
    policy,
    milliseconds: run.milliseconds,
  };
}
