/** One run: the prompt in chunks, then token after token, each through all routing sites. */
import { draw, largest, logSumExp, sampleToken } from '../../src/core/numerics.ts';
import type { Site } from '../../src/core/library.ts';
import type { Policy, PolicyRun } from '../../src/core/routing/policy.ts';
import type { Tokenizer } from '../../src/formats/tokenizer.ts';
import { EngineError } from '../../src/protocol/error.ts';
import type { AnswerToken, RunEvent, RunRequest, RunResult } from '../../src/protocol/engine.ts';
import type { Pass, Sequence } from '../backends/backend.ts';
import { amendPolicy } from './amend.ts';
import { cutBlocks, emptyBlock, joinBlocks, published, traceOf, type ScoredBlock } from './blocks.ts';
import { createPause, Stopped } from './pause.ts';
import type { EncodedPrompt } from './prompt.ts';
import type { Kept, PolicyFrom, ReusePlan } from './reuse.ts';
import { walk, type WalkClock } from './walk.ts';

/** Heard between segments. */
export interface RunControl {
  /** Aborted: the run ends with what it has. */
  readonly signal: AbortSignal;
  /** A policy that replaces the one in force, once; undefined when there is none. */
  amendment(): Policy | undefined;
}

export interface RunInput {
  readonly request: RunRequest;
  readonly prompt: EncodedPrompt;
  readonly sequence: Sequence;
  /** The run whose sequence this is (or a copy of it), and what of it still holds. */
  readonly from?: { readonly kept: Kept; readonly plan: ReusePlan };
  readonly sites: readonly Site[];
  readonly units: number;
  readonly tokenizer: Tokenizer;
  readonly endOfTurn: number;
  /** The request's policy, ready to run. */
  readonly compiled: PolicyRun;
  readonly prepare: (policy: Policy) => Promise<PolicyRun>;
  readonly control: RunControl;
  readonly onEvent: (event: RunEvent) => void;
}

/** Longest chunk of a prompt: what a stop may have to wait for is one segment of it. */
export const CHUNK = 128;
/** Longest prompt whose states are kept for `resume`: 60 sites of 256 tokens take about 70 MB. */
export const LONGEST_KEPT = 256;

const nothing: ReusePlan = { tokens: 0, site: 0, answer: 0 };

/** @throws EngineError, Error of the backend; the sequence is then in no state to be used again. */
export async function runOnce(input: RunInput): Promise<{ readonly result: RunResult; readonly kept: Kept }> {
  const { request, prompt, sequence, sites, units, tokenizer, control, onEvent } = input;
  const began = performance.now();
  const clock: WalkClock = { policy: 0 };
  const plan = input.from?.plan ?? nothing;
  const shape = { sites: sites.length, units };
  const promptTokens = prompt.ids.length;
  const keep = promptTokens <= LONGEST_KEPT;
  const pause = createPause(control.signal);

  let policy = request.policy;
  let { compiled } = input;
  const policies: PolicyFrom[] = [{ from: 0, policy }];
  let blocks: ScoredBlock[] = cutBlocks(input.from?.kept.blocks ?? [], plan.tokens, shape);
  const resumable = new Set([...(input.from?.kept.resumable ?? [])].filter((first) => first < plan.tokens));
  const fed = (input.from?.kept.fed ?? []).slice(0, plan.tokens);
  const answer: AnswerToken[] = (input.from?.kept.answer ?? []).slice(0, plan.answer);
  let promptEnd = plan.tokens >= promptTokens ? input.from?.kept.promptEnd : undefined;
  let firstSite = 0;

  /** Takes over a policy that was changed meanwhile, from the next token to be fed on. */
  async function hear(): Promise<void> {
    const next = control.amendment();
    if (next === undefined) return;
    const since = fed.length;
    const amended = amendPolicy(policy, next, since);
    compiled = await input.prepare(amended);
    policy = amended;
    policies.push({ from: since, policy });
    onEvent({ kind: 'policy', policy, since });
  }

  /** Runs a pass that is open; on any error the sequence is what it was before. */
  async function finish(
    pass: Pass,
    ids: ArrayLike<number>,
    block: ScoredBlock,
    rows: 'last' | 'all' | 'none',
  ): Promise<Float32Array> {
    try {
      await walk(pass, compiled, sites, block, pause, clock);
      const logits = rows === 'none' ? new Float32Array() : (await pass.logits(rows)).slice();
      for (let i = 0; i < pass.tokens; i++) fed.push(ids[i] ?? 0);
      blocks.push(block);
      onEvent({ kind: 'block', block: published(block, request.scores) });
      return logits;
    } finally {
      pass.release();
    }
  }

  async function feed(ids: Int32Array, rows: 'last' | 'all' | 'none', remember: boolean): Promise<Float32Array> {
    await hear();
    const first = fed.length;
    const block = emptyBlock({ ...shape, first, tokens: ids.length, slots: compiled.slots });
    const logits = await finish(await sequence.begin(ids, { keep: remember }), ids, block, rows);
    if (remember) resumable.add(first);
    return logits;
  }

  /** The kept blocks behind `plan.tokens` again from `plan.site` on; false when the backend no longer has one. */
  async function resume(kept: Kept): Promise<boolean> {
    const again = kept.blocks.filter((b) => b.first >= plan.tokens && b.first < promptTokens);
    for (const old of again) {
      const to = old.first + old.tokens;
      const pass = await sequence.resume(old.first, plan.site);
      if (pass === undefined) {
        sequence.truncate(old.first);
        return false;
      }
      firstSite = plan.site;
      const copied = { from: old.first, to, sites: plan.site, slots: compiled.slots };
      try {
        const ids = prompt.ids.subarray(old.first, to);
        const logits = await finish(pass, ids, joinBlocks([old], copied, shape), to === promptTokens ? 'last' : 'none');
        resumable.add(old.first);
        if (to === promptTokens) promptEnd = logits;
      } catch (error) {
        // Half of it is computed under the new policy, half under the old one.
        sequence.truncate(old.first);
        throw error;
      }
    }
    return true;
  }

  async function prefill(): Promise<void> {
    if (plan.tokens > 0) {
      onEvent({
        kind: 'block',
        block: published(joinBlocks(blocks, { from: 0, to: plan.tokens }, shape), request.scores),
      });
    }
    if (input.from !== undefined && plan.site > 0) await resume(input.from.kept);
    while (fed.length < promptTokens) {
      const to = Math.min(fed.length + CHUNK, promptTokens);
      const logits = await feed(prompt.ids.subarray(fed.length, to), to === promptTokens ? 'last' : 'none', keep);
      if (to === promptTokens) promptEnd = logits;
    }
  }

  function take(id: number, row: Float32Array): AnswerToken {
    const all = logSumExp(row);
    const logit = (i: number): number => row[i] ?? -Infinity;
    const token: AnswerToken = {
      id,
      text: tokenizer.text(id),
      template: id === input.endOfTurn,
      logprob: logit(id) - all,
      top: largest(row, request.top).map((i) => ({
        id: i,
        text: tokenizer.text(i),
        logit: logit(i),
        logprob: logit(i) - all,
      })),
    };
    answer.push(token);
    onEvent({ kind: 'token', token });
    return token;
  }

  async function generate(first: Float32Array): Promise<'end-of-turn' | 'limit'> {
    const limit = request.sampling.maxTokens;
    // Reused tokens: all but the last are in the cache, unless the earlier run fed that one too.
    let row = answer.length === 0 ? first : undefined;
    for (;;) {
      if (answer.at(-1)?.id === input.endOfTurn) return 'end-of-turn';
      if (answer.length >= limit) return 'limit';
      row ??= await feed(Int32Array.of(answer.at(-1)?.id ?? 0), 'last', false);
      const position = promptTokens + answer.length;
      refuseNotFinite(row, fed.length - 1);
      take(sampleToken(row, request.sampling, draw(request.seed, 'sample', 0, position, 0)), row);
      row = undefined;
    }
  }

  /** The given answer's tokens as they are, in chunks. */
  async function force(first: Float32Array, given: readonly number[]): Promise<'end-of-turn' | 'limit'> {
    if (answer.length === 0 && given[0] !== undefined) {
      refuseNotFinite(first, promptTokens - 1);
      take(given[0], first);
    }
    while (answer.length < given.length) {
      const from = fed.length - promptTokens;
      const ids = Int32Array.from(given.slice(from, Math.min(from + CHUNK, given.length - 1)));
      const logits = await feed(ids, 'all', false);
      const vocabulary = logits.length / ids.length;
      refuseNotFinite(logits, fed.length - 1);
      for (let row = 0; row < ids.length; row++) {
        take(given[from + row + 1] ?? 0, logits.subarray(row * vocabulary, (row + 1) * vocabulary));
      }
    }
    return given.at(-1) === input.endOfTurn ? 'end-of-turn' : 'limit';
  }

  onEvent({ kind: 'prompt', tokens: prompt.tokens });
  sequence.truncate(plan.site > 0 ? promptTokens : plan.tokens);
  let end: RunResult['end'] = 'stopped';
  let prefilled = began;
  try {
    await prefill();
    prefilled = performance.now();
    for (const token of answer) onEvent({ kind: 'token', token });
    const first = promptEnd ?? new Float32Array();
    end = await (request.answer === undefined ? generate(first) : force(first, request.answer));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (prefilled === began) prefilled = performance.now();
  }
  // After a stop the cache may hold blocks that were not run again.
  sequence.truncate(fed.length);
  blocks = cutBlocks(blocks, fed.length, shape);
  const now = performance.now();
  const ids = answer.map((token) => token.id);
  return {
    kept: {
      sequence,
      fed,
      blocks,
      resumable,
      promptTokens,
      ...(promptEnd === undefined ? {} : { promptEnd }),
      answer,
      request,
      policies,
    },
    result: {
      prompt: { text: prompt.text, tokens: prompt.tokens },
      answer: { text: tokenizer.decode(ids), tokens: answer },
      trace: traceOf(blocks, shape, request.scores),
      terms: compiled.terms,
      policy,
      end,
      milliseconds: { prefill: prefilled - began, decode: now - prefilled, policy: clock.policy, total: now - began },
      reused: { tokens: Math.min(plan.tokens, fed.length), site: firstSite },
    },
  };
}

/** @throws EngineError `internal` that says from which token on */
export function refuseNotFinite(logits: Float32Array, token: number): void {
  let sum = 0;
  for (const value of logits) sum += value;
  if (Number.isFinite(sum)) return;
  throw new EngineError(
    'internal',
    `The logits behind token ${String(token)} are not numbers: an expert's weights are damaged or an edit scales one too far. Mute the experts that take part, or lower the scale.`,
  );
}
