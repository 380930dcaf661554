/**
 * One document under several policies: how likely its answers are, what is answered, where its tokens go. The prompt is
 * read once for all its answers, and for a policy that parts from the one before at a late site from that site on only.
 */
import { entropy } from '../../src/core/derive/cells.ts';
import { expertLoad } from '../../src/core/derive/load.ts';
import { argmax, logSumExp } from '../../src/core/numerics.ts';
import type { Site } from '../../src/core/library.ts';
import type { Policy, PolicyRun } from '../../src/core/routing/policy.ts';
import type { RoutingTrace } from '../../src/core/trace.ts';
import type { Tokenizer } from '../../src/formats/tokenizer.ts';
import type { Likelihood, Measurement, RoutingSummary } from '../../src/core/evaluation/measurement.ts';
import type { MeasureRequest } from '../../src/protocol/engine.ts';
import { EngineError } from '../../src/protocol/error.ts';
import type { Pass, Sequence } from '../backends/backend.ts';
import { cutBlocks, emptyBlock, joinBlocks, traceOf, type ScoredBlock } from './blocks.ts';
import { createPause, type Pause } from './pause.ts';
import { CHUNK, LONGEST_KEPT, refuseNotFinite } from './run.ts';
import { walk, type Part, type WalkClock } from './walk.ts';

export interface MeasureInput {
  readonly request: MeasureRequest;
  /** Ids of the prompt, template included. */
  readonly prompt: Int32Array;
  /** Empty at the start; the caller releases it. */
  readonly sequence: Sequence;
  readonly sites: readonly Site[];
  readonly units: number;
  readonly tokenizer: Tokenizer;
  readonly endOfTurn: number;
  readonly prepare: (policy: Policy) => Promise<PolicyRun>;
  /** First site at which the second policy may route this prompt differently; undefined: nowhere. */
  readonly firstSite: (before: Policy, after: Policy) => number | undefined;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly signal: AbortSignal;
}

/** @throws Stopped when told to; EngineError; errors of the backend */
export async function measure(input: MeasureInput): Promise<Measurement[]> {
  const { request } = input;
  const share = request.share !== false;
  const keepable = share && input.prompt.length <= LONGEST_KEPT;
  const measured: Measurement[] = [];
  let blocks: readonly ScoredBlock[] = [];
  for (const [i, policy] of request.policies.entries()) {
    const began = performance.now();
    const [before, after] = [request.policies[i - 1], request.policies[i + 1]];
    const site = before === undefined || !share ? 0 : input.firstSite(before, policy);
    const last = measured.at(-1);
    if (site === undefined && last !== undefined) {
      measured.push({ ...last, milliseconds: performance.now() - began });
      continue;
    }
    const keep = keepable && after !== undefined && input.firstSite(policy, after) !== 0;
    const read = await readPrompt(input, await input.prepare(policy), { blocks, site: site ?? 0, keep });
    ({ blocks } = read);
    measured.push({ ...(await measureAnswers(input, read)), milliseconds: performance.now() - began });
  }
  return measured;
}

/** A prompt that was read under a policy: what its answers go on from. */
interface Reading {
  readonly compiled: PolicyRun;
  readonly blocks: readonly ScoredBlock[];
  /** Logits behind the last token. */
  readonly end: Float32Array;
}

interface Before {
  readonly blocks: readonly ScoredBlock[];
  /** Sites before it are taken over from `blocks`. */
  readonly site: number;
  /** Whether a policy that follows may take over sites. */
  readonly keep: boolean;
}

async function readPrompt(input: MeasureInput, compiled: PolicyRun, { blocks, site, keep }: Before): Promise<Reading> {
  const { prompt, sequence, sites, units } = input;
  const shape = { sites: sites.length, units };
  const feeder = createFeeder(input, compiled);
  const read: ScoredBlock[] = [];
  let end = new Float32Array();
  for (let first = 0, n = 0; first < prompt.length; first += CHUNK, n++) {
    const ids = prompt.subarray(first, Math.min(first + CHUNK, prompt.length));
    const before = blocks[n];
    const resumed = site > 0 && before !== undefined ? await sequence.resume(first, site) : undefined;
    if (resumed === undefined) sequence.truncate(first);
    const pass = resumed ?? (await sequence.begin(ids, { keep }));
    const rows = first + ids.length === prompt.length ? 'last' : 'none';
    const block =
      resumed === undefined || before === undefined
        ? feeder.block(first, ids.length)
        : joinBlocks([before], { from: first, to: first + ids.length, sites: site, slots: compiled.slots }, shape);
    const logits = await feeder.pass(pass, block, rows);
    read.push(block);
    if (rows === 'last') end = logits;
  }
  return { compiled, blocks: read, end };
}

/** Passes under one policy. */
interface Feeder {
  block(first: number, tokens: number): ScoredBlock;
  /** Takes an open pass to its end and releases it. */
  pass(
    pass: Pass,
    block: ScoredBlock,
    rows: 'last' | 'all' | 'none',
    parts?: readonly Part[],
  ): Promise<Float32Array<ArrayBuffer>>;
}

function createFeeder({ sites, units, signal }: MeasureInput, compiled: PolicyRun): Feeder {
  const pause: Pause = createPause(signal);
  const clock: WalkClock = { policy: 0 };
  return {
    block: (first, tokens) => emptyBlock({ sites: sites.length, units, first, tokens, slots: compiled.slots }),
    async pass(pass, block, rows, parts) {
      try {
        await walk(pass, compiled, sites, block, pause, clock, parts);
        return rows === 'none' ? new Float32Array() : (await pass.logits(rows)).slice();
      } finally {
        pass.release();
      }
    },
  };
}

async function measureAnswers(input: MeasureInput, reading: Reading): Promise<Omit<Measurement, 'milliseconds'>> {
  const { request, tokenizer, endOfTurn } = input;
  const idsOf = (text: string): number[] => [...tokenizer.encode(text), endOfTurn];
  const path = createPath(input, reading);
  const gold = idsOf(request.gold);
  const answer =
    request.beyond === undefined ? undefined : tokenizer.decode(await path.greedy(gold.length + request.beyond));
  const goldLikelihood = await path.likelihood(gold);
  const routing = summary(path.trace(), input.sites);

  const options = request.options === undefined ? undefined : await path.likelihoods(request.options.map(idsOf));
  return {
    gold: goldLikelihood,
    ...(options === undefined ? {} : { options }),
    ...(answer === undefined ? {} : { answer }),
    routing,
  };
}

/** Answers behind one prompt, one after the other: what they have in common is computed once. */
interface Path {
  likelihood(ids: readonly number[]): Promise<Likelihood>;
  /** Of several answers, together where the backend can; `trace` then speaks of none of them. */
  likelihoods(answers: readonly (readonly number[])[]): Promise<Likelihood[]>;
  /** Ids without the end-of-turn token; a tie goes to the lower id. */
  greedy(most: number): Promise<number[]>;
  /** Of prompt and the answer that was measured last. */
  trace(): RoutingTrace;
}

function createPath(input: MeasureInput, { compiled, blocks, end }: Reading): Path {
  const { request, prompt, sequence, units, endOfTurn } = input;
  const shape = { sites: input.sites.length, units };
  const feeder = createFeeder(input, compiled);
  /** Tokens in the cache behind the prompt, and the logits behind each; `rows[0]` are those behind the prompt. */
  let fed: number[] = [];
  let rows: Float32Array[] = [end];
  let read: ScoredBlock[] = [...blocks];
  refuseNotFinite(end, prompt.length - 1);

  /**
   * Puts `ids` behind the prompt, with as little work as may be.
   * @param grows it is an answer that goes on from what was fed: even the slow way does not read the prompt for every token
   */
  async function goTo(ids: readonly number[], grows = false): Promise<void> {
    let common = 0;
    if (request.share !== false || grows) while (common < fed.length && fed[common] === ids[common]) common++;
    else if (fed.length > 0) await again();
    const length = prompt.length + common;
    if (common < fed.length) {
      sequence.truncate(length);
      read = cutBlocks(read, length, shape);
      fed = fed.slice(0, common);
      rows = rows.slice(0, common + 1);
    }
    const more = ids.slice(common);
    if (more.length === 0) return;
    const block = feeder.block(length, more.length);
    const logits = await feeder.pass(await sequence.begin(Int32Array.from(more)), block, 'all');
    const width = logits.length / more.length;
    more.forEach((id, i) => {
      const row = logits.subarray(i * width, (i + 1) * width);
      refuseNotFinite(row, length + i);
      fed.push(id);
      rows.push(row);
    });
    read.push(block);
  }

  /** The slow way. */
  async function again(): Promise<void> {
    const reading = await readPrompt(input, compiled, { blocks: [], site: 0, keep: false });
    [fed, rows, read] = [[], [reading.end], [...reading.blocks]];
  }

  async function likelihood(ids: readonly number[]): Promise<Likelihood> {
    await goTo(ids.slice(0, -1));
    let logprob = 0;
    ids.forEach((id, i) => {
      const row = rows[i] ?? end;
      logprob += (row[id] ?? -Infinity) - logSumExp(row);
    });
    return { logprob, tokens: ids.length };
  }

  /** All of them as one block behind the prompt. */
  async function branched(answers: readonly (readonly number[])[]): Promise<Likelihood[] | undefined> {
    const fedTo = answers.map((ids) => Int32Array.from(ids.slice(0, -1)));
    const fits = fedTo.reduce((sum, { length }) => sum + length, prompt.length) <= input.context;
    if (request.share === false || sequence.branch === undefined || !fits) return undefined;
    await goTo([]);
    const pass = await sequence.branch(fedTo);
    const block = feeder.block(prompt.length, pass.tokens);
    const parts = fedTo.map(({ length }) => ({ first: prompt.length, tokens: length }));
    const logits = await feeder.pass(pass, block, 'all', parts);
    const width = end.length;
    const base = logSumExp(end);
    let row = 0;
    return answers.map((ids) => {
      let logprob = (end[ids[0] ?? -1] ?? -Infinity) - base;
      for (const id of ids.slice(1)) {
        const own = logits.subarray(row * width, (row + 1) * width);
        refuseNotFinite(own, prompt.length);
        logprob += (own[id] ?? -Infinity) - logSumExp(own);
        row++;
      }
      return { logprob, tokens: ids.length };
    });
  }

  return {
    likelihood,
    async likelihoods(answers) {
      const found: Likelihood[] = [];
      for (const together of groups(answers))
        found.push(...((await branched(together)) ?? (await inTurn(together, likelihood))));
      return found;
    },
    async greedy(most) {
      const ids: number[] = [];
      for (;;) {
        const next = argmax(rows[ids.length] ?? end);
        if (next === endOfTurn) return ids;
        ids.push(next);
        if (ids.length >= most) return ids;
        await goTo(ids, true);
      }
    },
    trace: () => traceOf(read, shape, false),
  };
}

/** Cut into blocks that fit a chunk; an answer longer than that is alone in its own. */
function groups(answers: readonly (readonly number[])[]): (readonly number[])[][] {
  const cut: (readonly number[])[][] = [];
  let room = 0;
  for (const answer of answers) {
    if (answer.length - 1 > room) {
      cut.push([]);
      room = CHUNK;
    }
    cut.at(-1)?.push(answer);
    room -= answer.length - 1;
  }
  return cut;
}

/** One by one, in an order in which answers that begin alike follow each other. */
async function inTurn(
  answers: readonly (readonly number[])[],
  likelihood: (ids: readonly number[]) => Promise<Likelihood>,
): Promise<Likelihood[]> {
  const order = answers.map((_, i) => i).sort((a, b) => compareIds(answers[a] ?? [], answers[b] ?? []));
  const found: Likelihood[] = [];
  for (const i of order) found[i] = await likelihood(answers[i] ?? []);
  return found;
}

function compareIds(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((id, i) => id !== b[i]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Four digits: results are kept by the thousand. */
const short = (value: number): number => Math.round(value * 1e4) / 1e4;

function summary(trace: RoutingTrace, sites: readonly Site[]): RoutingSummary {
  const { share, first } = expertLoad(trace, sites, trace.units);
  let bits = 0;
  for (let site = 0; site < trace.sites; site++)
    for (let token = 0; token < trace.tokens; token++) bits += entropy(trace, site, token);
  const cells = Math.max(1, trace.sites * trace.tokens);
  return {
    share: Array.from(share, short),
    first: Array.from(first, short),
    entropy: short(bits / cells),
    chosen: short(trace.experts.reduce((count, unit) => count + (unit >= 0 ? 1 : 0), 0) / cells),
  };
}

/** @throws EngineError `format` that names what cannot be measured */
export function checkMeasurable({ gold, options, policies }: MeasureRequest): void {
  if (policies.length === 0) throw new EngineError('policy', 'There is no policy to measure: name at least one.');
  if (options === undefined) return;
  // Behind the prompt there would be nothing to read for it.
  if (options.includes('')) throw new EngineError('format', 'An option of the document is empty: leave it out.');
  if (new Set(options).size < options.length)
    throw new EngineError('format', 'Two options of the document are the same: leave one out.');
  if (!options.includes(gold))
    throw new EngineError('format', 'The right answer is none of the options of the document: add it.');
}
