/** What a new run can take over from an earlier one: tokens before the first difference, and sites before it. */
import type { Policy } from '../../src/core/routing/policy.ts';
import type { AnswerToken, RunRequest } from '../../src/protocol/engine.ts';
import type { Sequence } from '../backends/backend.ts';
import type { ScoredBlock } from './blocks.ts';

/** A run that is over, with its cache. */
export interface Kept {
  readonly sequence: Sequence;
  /** Tokens fed to the model: one for each row of the trace and each place in the cache. */
  readonly fed: readonly number[];
  readonly blocks: readonly ScoredBlock[];
  /** Blocks of the prompt whose states the backend was asked to keep, by first position. */
  readonly resumable: ReadonlySet<number>;
  readonly promptTokens: number;
  /** Logits behind the last token of the prompt, when it was reached. */
  readonly promptEnd?: Float32Array;
  readonly answer: readonly AnswerToken[];
  readonly request: RunRequest;
  /** Which policy held from which position on, in order; the first from 0. */
  readonly policies: readonly PolicyFrom[];
}

export interface PolicyFrom {
  readonly from: number;
  readonly policy: Policy;
}

/** No token before `token` and no site before `site` is routed differently. Undefined: nothing is. */
export type FirstDifference = (
  before: Policy,
  after: Policy,
) => { readonly token: number; readonly site: number } | undefined;

export interface ReusePlan {
  /** Rows and cache taken over as they are. */
  readonly tokens: number;
  /** First site to run for the blocks of the prompt behind `tokens`; 0 runs them whole. */
  readonly site: number;
  /** Tokens of the answer taken over, chosen from logits that did not change. */
  readonly answer: number;
}

const nothing: ReusePlan = { tokens: 0, site: 0, answer: 0 };

/**
 * @param ids of the new prompt
 * @param sameText whether what the policies know of the prompt as a whole (its embedding) is the same
 */
export function planReuse(
  kept: Kept,
  request: RunRequest,
  ids: Int32Array,
  sites: number,
  sameText: boolean,
  difference: FirstDifference,
): ReusePlan {
  if (!sameText || kept.request.seed !== request.seed) return nothing;
  const common = commonPrefix(kept, ids);
  const routes = firstDifferences(kept, request.policy, difference);
  const samePrompt = common === ids.length && kept.promptTokens === ids.length;
  if (samePrompt && routes.token >= ids.length) return planAnswer(kept, request, ids.length, routes.token);

  // The last token of the prompt is always run, as its logits are needed.
  const tokens = Math.min(common, routes.token, ids.length - 1);
  const byToken: ReusePlan = { tokens, site: 0, answer: 0 };
  const resumed = samePrompt && kept.promptEnd !== undefined ? resumeFrom(kept, tokens) : undefined;
  if (resumed === undefined || routes.site === 0) return byToken;
  const costByToken = (ids.length - tokens) * sites;
  const costBySite = (ids.length - resumed) * (sites - routes.site);
  return costBySite < costByToken ? { tokens: resumed, site: routes.site, answer: 0 } : byToken;
}

/** The prompt and its routes are the same: what can be kept of the answer. */
function planAnswer(kept: Kept, request: RunRequest, promptTokens: number, firstChange: number): ReusePlan {
  if (kept.promptEnd === undefined) return { tokens: Math.min(kept.fed.length, promptTokens - 1), site: 0, answer: 0 };
  if (!sameChoices(kept.request, request)) return { tokens: promptTokens, site: 0, answer: 0 };
  const most = Math.max(1, request.answer?.length ?? request.sampling.maxTokens);
  const rows = Math.min(firstChange, kept.fed.length, promptTokens + most - 1);
  const answer = Math.min(kept.answer.length, rows - promptTokens + 1, most);
  return { tokens: rows, site: 0, answer };
}

/** Given the same logits, the same tokens would be chosen and as much reported of them. */
function sameChoices(before: RunRequest, after: RunRequest): boolean {
  if (before.top < after.top) return false;
  if (before.answer !== undefined || after.answer !== undefined) {
    // An answer that was given and one that was chosen are not told apart by their tokens alone: the end may differ.
    return before.answer !== undefined && after.answer !== undefined && startsAlike(before.answer, after.answer);
  }
  const { temperature, topP } = after.sampling;
  if (before.sampling.temperature !== temperature) return false;
  return temperature === 0 || before.sampling.topP === topP;
}

const startsAlike = (a: readonly number[], b: readonly number[]): boolean =>
  a.slice(0, Math.min(a.length, b.length)).every((id, i) => b[i] === id);

/** Positions at which both runs fed the same token and called it prompt. */
function commonPrefix(kept: Kept, ids: Int32Array): number {
  const most = Math.min(kept.fed.length, kept.promptTokens, ids.length);
  let n = 0;
  while (n < most && kept.fed[n] === ids[n]) n++;
  return n;
}

function firstDifferences(kept: Kept, after: Policy, difference: FirstDifference): { token: number; site: number } {
  let token = Infinity;
  let site = Infinity;
  kept.policies.forEach(({ from, policy }, i) => {
    const to = kept.policies[i + 1]?.from ?? Infinity;
    const found = difference(policy, after);
    if (found === undefined || found.token >= to) return;
    token = Math.min(token, Math.max(from, found.token));
    site = Math.min(site, found.site);
  });
  return { token, site };
}

/** First position of the kept block that holds `token`, when all blocks of the prompt from there on are kept. */
function resumeFrom(kept: Kept, token: number): number | undefined {
  const behind = kept.blocks.filter((b) => b.first < kept.promptTokens && b.first + b.tokens > token);
  return behind.every((b) => kept.resumable.has(b.first)) ? behind[0]?.first : undefined;
}
