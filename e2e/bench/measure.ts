/** What is measured, the same in a browser and under Node. Times are milliseconds, medians are taken by the caller. */
import { policyOf, promptOf } from '../../src/engine/timing.ts';
import type { RunRequest, RunResult } from '../../src/protocol/engine.ts';

export interface Sample {
  readonly policy: string;
  /** Time to read the prompt. */
  readonly prefill32: number;
  readonly prefill128: number;
  /** Time a token of the answer. */
  readonly decode: number;
  /** Share of the decode time spent in the policy's own code. */
  readonly policyShare: number;
}

export const POLICIES = ['none', 'phatgoose'] as const;
const DECODED = 24;

/** @param run the engine's run; @param salt another one each round, so that nothing is taken over from the round before */
export async function sample(
  run: (request: RunRequest) => Promise<RunResult>,
  method: (typeof POLICIES)[number],
  salt: number,
): Promise<Sample> {
  const request = (tokens: number, maxTokens: number): RunRequest => ({
    id: `bench-${method}-${String(tokens)}-${String(maxTokens)}-${String(salt)}`,
    // Prompts with the same beginning would share their states.
    prompt: { text: promptOf(tokens, 2 * salt + (tokens > 32 ? 1 : 0)), raw: true },
    policy: policyOf(method),
    seed: 0,
    sampling: { temperature: 0, topP: 1, maxTokens },
    scores: true,
    top: 0,
  });
  const read = async (tokens: number, maxTokens = 1): Promise<RunResult> => {
    const result = await run(request(tokens, maxTokens));
    if (result.prompt.tokens.length !== tokens)
      throw new Error(`prompt of ${String(result.prompt.tokens.length)} tokens`);
    return result;
  };
  const long = await read(128);
  const short = await read(32);
  // The prompt and its first token are taken over from the run before: all of this one is decoding.
  const { reused, answer, milliseconds } = await read(32, DECODED);
  const decoded = answer.tokens.length - 1;
  if (reused.tokens < 32 || decoded < DECODED / 2)
    throw new Error(`${String(reused.tokens)} tokens reused, ${String(decoded)} decoded`);
  return {
    policy: method,
    prefill32: short.milliseconds.prefill,
    prefill128: long.milliseconds.prefill,
    decode: milliseconds.decode / decoded,
    policyShare: milliseconds.policy / milliseconds.decode,
  };
}
