/** Blocks whose state at every site a sequence remembers, so that they can be computed again from any site on. */
import { EngineError } from '../../src/protocol/error.ts';
import type { HeadRows } from './backend.ts';

/** Residual streams before each site and, last, before the head: `[site][token · width]`. */
export type States = readonly Float32Array[];

/**
 * Keys and values of its tokens stay in the cache, also behind the sequence's end, in the layers whose attention site is at
 * or before `valid`.
 */
export interface KeptBlock {
  readonly first: number;
  readonly tokens: number;
  readonly states: States;
  /** Last site whose state still holds: what was resumed before this block changed everything behind it. */
  readonly valid: number;
}

/** The block that may be resumed at `site`, if any. */
export function resumable(
  blocks: readonly KeptBlock[],
  length: number,
  first: number,
  site: number,
): (KeptBlock & { readonly x: Float32Array }) | undefined {
  const block = blocks.find((kept) => kept.first === first);
  const x = block?.states[site];
  return block === undefined || x === undefined || site > block.valid || first > length ? undefined : { ...block, x };
}

/** Behind a block from `first` on that was computed anew: kept ones that waited to be resumed there have lost their place. */
export function keptAfterBegin(
  blocks: readonly KeptBlock[],
  first: number,
  tokens: number,
  states: States | undefined,
): readonly KeptBlock[] {
  const before = blocks.filter((block) => block.first < first);
  return states === undefined ? before : [...before, { first, tokens, states, valid: states.length - 1 }];
}

/** Behind the block at `first`, computed again from `site` on. */
export function keptAfterResume(
  blocks: readonly KeptBlock[],
  first: number,
  states: States,
  site: number,
): readonly KeptBlock[] {
  return blocks.map((kept) => {
    if (kept.first < first) return kept;
    if (kept.first === first) return { ...kept, states, valid: states.length - 1 };
    return { ...kept, valid: Math.min(kept.valid, site) };
  });
}

/** What is left of them in the first `to` tokens. */
export function keptWithin(blocks: readonly KeptBlock[], to: number, width: number): readonly KeptBlock[] {
  return blocks.flatMap((block): readonly KeptBlock[] => {
    if (block.first >= to) return [];
    const tokens = Math.min(block.tokens, to - block.first);
    if (tokens === block.tokens) return [block];
    return [{ ...block, tokens, states: block.states.map((state) => state.subarray(0, tokens * width)) }];
  });
}

/** Tokens up to the end of the last kept block or of the sequence. */
export const extent = (blocks: readonly KeptBlock[], length: number): number =>
  blocks.reduce((n, block) => Math.max(n, block.first + block.tokens), length);

/** @throws RangeError for an empty block, EngineError `context` when it does not fit behind `first` tokens */
export function checkBlock(first: number, tokens: number, context: number): void {
  if (tokens === 0) throw new RangeError('a block has at least one token');
  const over = first + tokens - context;
  if (over <= 0) return;
  throw new EngineError(
    'context',
    `${String(first + tokens)} tokens are ${String(over)} more than the ${String(context)} this model takes: shorten the prompt or the answer.`,
  );
}

/** @throws RangeError naming the first id that is none of the vocabulary's */
export function checkIds(ids: Int32Array, vocabulary: number): void {
  ids.forEach((id, token) => {
    if (id >= 0 && id < vocabulary) return;
    throw new RangeError(
      `token id ${String(id)} at ${String(token)} of the block: the vocabulary has ${String(vocabulary)}`,
    );
  });
}

/** @throws RangeError for a token that the block has not */
export function headRows(which: HeadRows, tokens: number): readonly number[] {
  if (which === 'last') return [tokens - 1];
  if (which === 'all') return Array.from({ length: tokens }, (_, row) => row);
  const bad = which.find((row) => !(Number.isInteger(row) && row >= 0 && row < tokens));
  if (bad === undefined) return which;
  throw new RangeError(`token ${String(bad)} of a block of ${String(tokens)}`);
}

/** @throws RangeError */
export function checkCut(to: number): void {
  if (!(Number.isInteger(to) && to >= 0)) throw new RangeError(`a sequence cannot be cut to ${String(to)} tokens`);
}
