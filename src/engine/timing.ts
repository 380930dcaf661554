/** How fast an engine is on this device: a few short runs of the kind that the page makes. */
import { presetOf, presetPolicy } from '../core/experiment/policies.ts';
import type { Policy } from '../core/routing/policy.ts';
import { RULES } from '../core/routing/rules.ts';
import type { RunRequest, RunResult } from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import type { Engine } from './client.ts';

/** Milliseconds, medians. */
export interface Timing {
  /** To read a prompt of 32 tokens. */
  readonly prefill: number;
  /** A token of the answer, behind that prompt. */
  readonly token: number;
}

const PROMPT = 32;
const DECODED = 12;
const ROUNDS = 3;

/** Single letters with a space in front are one token each in the base's vocabulary. */
const promptOf = (salt: number): string =>
  Array.from({ length: PROMPT }, (_, i) => ` ${String.fromCharCode(97 + ((i * 7 + salt) % 26))}`).join('');

function routed(): Policy {
  const preset = presetOf(RULES, 'phatgoose');
  if (preset === undefined) throw new Error('core/routing/presets.ts has no phatgoose');
  return presetPolicy(RULES, preset);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** @throws EngineError `aborted` when the signal comes before the end */
export async function timeEngine(engine: Pick<Engine, 'run'>, signal: AbortSignal): Promise<Timing> {
  const policy = routed();
  const one = (round: number): Promise<RunResult> => {
    const request: RunRequest = {
      id: `timing-${String(round)}`,
      // Another beginning each time: nothing is taken over from the round before.
      prompt: { text: promptOf(round), raw: true },
      policy,
      seed: 0,
      sampling: { temperature: 0, topP: 1, maxTokens: DECODED },
      scores: false,
      top: 0,
    };
    return engine.run(signal, request, () => undefined);
  };
  await one(0);
  const prefill: number[] = [];
  const token: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const { end, answer, milliseconds } = await one(round);
    if (end === 'stopped') throw new EngineError('aborted', 'The measurement was stopped.');
    prefill.push(milliseconds.prefill);
    if (answer.tokens.length > 1) token.push(milliseconds.decode / (answer.tokens.length - 1));
  }
  if (token.length === 0) throw new EngineError('internal', 'No answer was long enough to be timed.');
  return { prefill: median(prefill), token: median(token) };
}
