/** Rows of a trace as they come out of the passes: one block a pass, cut and joined by copying. */
import type { RoutingTrace, TraceBlock } from '../../src/core/trace.ts';

/** While a run lasts every block holds its scores: a later run that asks for them may reuse it. */
export interface ScoredBlock extends TraceBlock {
  readonly scores: Float32Array;
}

export interface BlockSize {
  readonly sites: number;
  readonly first: number;
  readonly tokens: number;
  readonly slots: number;
  readonly units: number;
}

export function emptyBlock(size: BlockSize): ScoredBlock {
  const cells = size.sites * size.tokens;
  return {
    sites: size.sites,
    first: size.first,
    tokens: size.tokens,
    slots: size.slots,
    units: size.units,
    experts: new Int16Array(cells * size.slots).fill(-1),
    weights: new Float32Array(cells * size.slots),
    scores: new Float32Array(cells * size.units),
  };
}

/** Copies sites `from` to `to` (exclusive) of `count` tokens, from row `sourceRow` on, to row `targetRow` on. */
function copyRows(
  source: ScoredBlock,
  sourceRow: number,
  target: ScoredBlock,
  targetRow: number,
  count: number,
  from: number,
  to: number,
): void {
  const { slots, units } = source;
  for (let site = from; site < to; site++) {
    for (let row = 0; row < count; row++) {
      const s = site * source.tokens + sourceRow + row;
      const t = site * target.tokens + targetRow + row;
      target.experts.set(source.experts.subarray(s * slots, (s + 1) * slots), t * target.slots);
      target.weights.set(source.weights.subarray(s * slots, (s + 1) * slots), t * target.slots);
      target.scores.set(source.scores.subarray(s * units, (s + 1) * units), t * target.units);
    }
  }
}

/** Rows of positions `from` to `to` (exclusive) of several consecutive blocks as one; sites from `sites` on stay empty when given. */
export function joinBlocks(
  blocks: readonly ScoredBlock[],
  range: { readonly from: number; readonly to: number; readonly sites?: number; readonly slots?: number },
  shape: { readonly sites: number; readonly units: number },
): ScoredBlock {
  const parts = blocks.filter((b) => b.first < range.to && b.first + b.tokens > range.from);
  const slots = parts.reduce((most, b) => Math.max(most, b.slots), range.slots ?? 0);
  const joined = emptyBlock({
    sites: shape.sites,
    first: range.from,
    tokens: range.to - range.from,
    slots,
    units: shape.units,
  });
  for (const part of parts) {
    const from = Math.max(part.first, range.from);
    const to = Math.min(part.first + part.tokens, range.to);
    copyRows(part, from - part.first, joined, from - range.from, to - from, 0, range.sites ?? shape.sites);
  }
  return joined;
}

/** The blocks cut off at position `length`. */
export function cutBlocks(
  blocks: readonly ScoredBlock[],
  length: number,
  shape: { readonly sites: number; readonly units: number },
): ScoredBlock[] {
  return blocks
    .filter((b) => b.first < length)
    .map((b) => (b.first + b.tokens <= length ? b : joinBlocks([b], { from: b.first, to: length }, shape)));
}

/** A block as it is sent: its scores only on request. */
export function published(block: ScoredBlock, scores: boolean): TraceBlock {
  const { sites, first, tokens, slots, units, experts, weights } = block;
  return { sites, first, tokens, slots, units, experts, weights, ...(scores ? { scores: block.scores } : {}) };
}

/**
 * All rows from position 0 on, with as many slots as the fullest cell has units: the same routes give the same trace,
 * whatever policies the rows came from.
 */
export function traceOf(
  blocks: readonly ScoredBlock[],
  shape: { readonly sites: number; readonly units: number },
  scores: boolean,
): RoutingTrace {
  const last = blocks.at(-1);
  const whole = joinBlocks(blocks, { from: 0, to: last === undefined ? 0 : last.first + last.tokens }, shape);
  const { sites, tokens, units } = whole;
  return { sites, tokens, units, ...withoutEmptySlots(whole), ...(scores ? { scores: whole.scores } : {}) };
}

/** Empty slots come last in every cell, so that those no cell uses can be cut off. */
function withoutEmptySlots({
  slots,
  experts,
  weights,
}: RoutingTrace): Pick<RoutingTrace, 'slots' | 'experts' | 'weights'> {
  let used = 0;
  experts.forEach((unit, i) => {
    if (unit >= 0) used = Math.max(used, (i % slots) + 1);
  });
  if (used === slots) return { slots, experts, weights };
  const kept = (_: number, i: number): boolean => i % slots < used;
  return { slots: used, experts: experts.filter(kept), weights: weights.filter(kept) };
}
