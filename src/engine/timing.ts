/** How fast an engine is on this device: a few short runs of the kind that the page makes. Times are milliseconds. */
import { presetOf, presetPolicy } from '../core/experiment/policies.ts';
import type { Policy } from '../core/routing/policy.ts';
import { RULES } from '../core/routing/rules.ts';
import type { RunRequest } from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import type { Engine } from './client.ts';

/** Medians. */
export interface Timing {
  /** To read a prompt of 32 tokens. */
  readonly prefill: number;
  /** A token of the answer, behind that prompt. */
  readonly token: number;
}

/** One run. */
export interface TimedRun {
  /** To read the prompt, by the engine's own clock. */
  readonly reading: number;
  /** From the call to the answer's first token. */
  readonly first: number;
  /** Each token behind the first; absent when the answer has no second one. */
  readonly token?: number;
  /** Tokens of the prompt that were taken over from the run before. */
  readonly reused: number;
  readonly answer: readonly number[];
}

export interface TimedRequest {
  readonly text: string;
  readonly maxTokens: number;
  readonly policy: Policy;
}

const PROMPT = 32;
const DECODED = 12;
const ROUNDS = 3;

/**
 * A raw prompt: single letters with a space in front are one token each in the base's vocabulary. Prompts of different
 * `salt` (modulo 26) differ from their first letter on, so that nothing is taken over from one to the other.
 */
export const promptOf = (tokens: number, salt: number): string =>
  Array.from({ length: tokens }, (_, i) => ` ${String.fromCharCode(97 + ((i * 7 + salt) % 26))}`).join('');

/**
 * The same prompt of `promptOf` but for its last token, another for each of 26 rounds: the cache of the round before serves up
 * to there, and no answer is taken over.
 */
export const withLast = (prompt: string, round: number): string =>
  `${prompt.slice(0, -1)}${String.fromCharCode(97 + (round % 26))}`;

/** @throws Error when there is no such preset */
export function policyOf(method: string): Policy {
  const preset = presetOf(RULES, method);
  if (preset === undefined) throw new Error(`core/routing/presets.ts has no ${method}`);
  return presetPolicy(RULES, preset);
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
};

let runs = 0;

/** @throws EngineError `aborted` when the signal comes before the end; `internal` when there was nothing to time */
export async function timeRun(
  engine: Pick<Engine, 'run'>,
  signal: AbortSignal,
  { text, maxTokens, policy }: TimedRequest,
): Promise<TimedRun> {
  const request: RunRequest = {
    id: `timing-${String(runs++)}`,
    prompt: { text, raw: true },
    policy,
    seed: 0,
    sampling: { temperature: 0, topP: 1, maxTokens },
    scores: false,
    top: 0,
  };
  const began = performance.now();
  let first = NaN;
  const { end, prompt, answer, milliseconds, reused } = await engine.run(signal, request, (event) => {
    if (event.kind === 'token' && Number.isNaN(first)) first = performance.now() - began;
  });
  if (end === 'stopped') throw new EngineError('aborted', 'The measurement was stopped.');
  if (reused.tokens > prompt.tokens.length)
    throw new EngineError('internal', 'The answer was taken over from an earlier run: there is nothing to time.');
  const more = answer.tokens.length - 1;
  return {
    reading: milliseconds.prefill,
    first,
    ...(more > 0 ? { token: milliseconds.decode / more } : {}),
    reused: reused.tokens,
    answer: answer.tokens.map(({ id }) => id),
  };
}

/** @throws EngineError `aborted` when the signal comes before the end */
export async function timeEngine(engine: Pick<Engine, 'run'>, signal: AbortSignal): Promise<Timing> {
  const policy = policyOf('phatgoose');
  const one = (round: number): Promise<TimedRun> =>
    timeRun(engine, signal, { text: promptOf(PROMPT, round), maxTokens: DECODED, policy });
  await one(0);
  const timed: TimedRun[] = [];
  for (let round = 1; round <= ROUNDS; round++) timed.push(await one(round));
  const token = timed.flatMap((run) => run.token ?? []);
  if (token.length === 0) throw new EngineError('internal', 'No answer was long enough to be timed.');
  return { prefill: median(timed.map(({ reading }) => reading)), token: median(token) };
}
