/** The two halves of a comparison on a backend: the reference's routes fed in, and a run of its own. */
import type { FreeRun } from '../../src/core/parity.ts';
import { logitDifference, scoreDifference } from '../../src/core/parity.ts';
import { argmax } from '../../src/core/numerics.ts';
import type { Site } from '../../src/core/library.ts';
import type { Chosen, PolicyRun } from '../../src/core/routing/policy.ts';
import type { Backend, Pass, Sequence, SiteRoutes } from '../backends/backend.ts';
import { emptyBlock, traceOf, type ScoredBlock } from '../host/blocks.ts';
import { createPause } from '../host/pause.ts';
import { CHUNK } from '../host/run.ts';
import { walk } from '../host/walk.ts';
import type { ReferencePrompt, RunFigures } from './reference.ts';

export interface Comparison {
  readonly backend: Backend;
  readonly sites: readonly Site[];
  readonly prompt: ReferencePrompt;
  readonly figures: RunFigures;
  readonly policy: PolicyRun;
  /** Ids that are never chosen. */
  readonly banned: readonly number[];
  /** Tokens of the answer to compare. */
  readonly tokens: number;
  readonly signal: AbortSignal;
}

export interface ReplayResult {
  readonly logits: { readonly largest: number; readonly compared: number };
  readonly scores: { readonly largest: number; readonly compared: number };
}

/** Prompt and the reference's answer in blocks, the stored routes at every site. @throws Stopped */
export async function replay(comparison: Comparison): Promise<ReplayResult> {
  const { backend, prompt, figures, tokens } = comparison;
  const ids = [...prompt.ids, ...figures.answer.slice(0, tokens - 1)];
  const logits = { largest: 0, compared: 0 };
  const scores = { largest: 0, compared: 0 };
  const sequence = await backend.open();
  try {
    for (let first = 0; first < ids.length; first += CHUNK) {
      const pass = await sequence.begin(Int32Array.from(ids.slice(first, first + CHUNK)));
      try {
        await replayPass(comparison, pass, scores);
        await compareLogits(comparison, pass, logits);
      } finally {
        pass.release();
      }
    }
  } finally {
    sequence.release();
  }
  return { logits, scores };
}

async function replayPass(
  { figures, policy, signal }: Comparison,
  pass: Pass,
  tally: { largest: number; compared: number },
): Promise<void> {
  const { first, tokens } = pass;
  const { units, slots } = policy;
  const pause = createPause(signal);
  const chosen: Chosen = { slots, experts: new Int16Array(tokens * slots), weights: new Float32Array(tokens * slots) };
  const raw = new Float32Array(tokens * units);
  const { scoreTokens } = figures;
  for (let site = pass.site; site < figures.sites; site = pass.site) {
    if (scoreTokens.some((token) => token >= first && token < first + tokens)) {
      policy.route({ site, first, tokens, u: await pass.input() }, chosen, raw);
      scoreTokens.forEach((token, i) => {
        const row = token - first;
        if (row < 0 || row >= tokens) return;
        const at = (site * scoreTokens.length + i) * units;
        const wanted = figures.scores.subarray(at, at + units);
        const own = raw.subarray(row * units, (row + 1) * units);
        tally.largest = Math.max(tally.largest, scoreDifference(own, wanted, figures.ranges[site] ?? 0));
        tally.compared += units;
      });
    }
    await pass.advance(routesOf(figures, site, first, tokens, policy));
    await pause();
  }
}

/** The stored routes of a site for `tokens` positions from `first` on. */
function routesOf(
  figures: RunFigures,
  site: number,
  first: number,
  tokens: number,
  { mix }: PolicyRun,
): SiteRoutes | null {
  const { slots } = figures;
  if (slots === 0) return null;
  const units = new Int16Array(tokens * slots);
  const weights = new Float32Array(tokens * slots);
  for (let row = 0; row < tokens; row++) {
    const at = figures.tokens === 1 ? 0 : (site * figures.tokens + first + row) * slots;
    units.set(figures.experts.subarray(at, at + slots), row * slots);
    weights.set(figures.weights.subarray(at, at + slots), row * slots);
  }
  return { slots, units, weights, mix };
}

async function compareLogits(
  { figures, tokens: wanted }: Comparison,
  pass: Pass,
  tally: { largest: number; compared: number },
): Promise<void> {
  const { first, tokens } = pass;
  const start = figures.promptTokens - 1 - first;
  const here = figures.rows.flatMap((row, index) => {
    const at = start + row;
    return row < wanted && at >= 0 && at < tokens ? [{ at, index }] : [];
  });
  if (here.length === 0) return;
  const all = await pass.logits('all');
  const vocabulary = all.length / tokens;
  for (const { at, index } of here) {
    const row = all.subarray(at * vocabulary, (at + 1) * vocabulary);
    tally.largest = Math.max(tally.largest, logitDifference(row, figures, index));
    tally.compared += figures.top + figures.fixedIds.length + 1;
  }
}

/** Greedy among the ids that are not banned, through the host's own walk. @throws Stopped */
export async function runFree({
  backend,
  sites,
  prompt,
  policy,
  banned,
  tokens,
  signal,
}: Comparison): Promise<FreeRun> {
  const sequence = await backend.open();
  const blocks: ScoredBlock[] = [];
  const answer: number[] = [];
  const feed = (ids: Int32Array): Promise<number> =>
    feedBlock(sequence, ids, { policy, sites, banned, signal }, blocks);
  try {
    let next = 0;
    for (let first = 0; first < prompt.ids.length; first += CHUNK) {
      next = await feed(prompt.ids.slice(first, first + CHUNK));
    }
    for (answer.push(next); answer.length < tokens; answer.push(next)) next = await feed(Int32Array.of(next));
  } finally {
    sequence.release();
  }
  const trace = traceOf(blocks, { sites: sites.length, units: policy.units }, false);
  return { answer, tokens: trace.tokens, slots: trace.slots, experts: trace.experts, weights: trace.weights };
}

/** Runs a block and gives the id of largest logit behind it, banned ones left out. */
async function feedBlock(
  sequence: Sequence,
  ids: Int32Array,
  { policy, sites, banned, signal }: Pick<Comparison, 'policy' | 'sites' | 'banned' | 'signal'>,
  blocks: ScoredBlock[],
): Promise<number> {
  const pass = await sequence.begin(ids);
  try {
    const { slots, units } = policy;
    const block = emptyBlock({ sites: sites.length, first: pass.first, tokens: pass.tokens, slots, units });
    await walk(pass, policy, sites, block, createPause(signal), { policy: 0 });
    blocks.push(block);
    const logits = (await pass.logits('last')).slice();
    for (const id of banned) logits[id] = -Infinity;
    return argmax(logits);
  } finally {
    pass.release();
  }
}
