/** A trace put together from the blocks in which a run sends it. */
import type { RoutingTrace, TraceBlock } from './trace.ts';

/**
 * The trace with a block's rows from `block.first` on; rows that were there are replaced, later ones dropped. The result has
 * the larger number of slots of the two, and scores when all its rows have them.
 *
 * @throws Error when rows between the trace's end and the block are missing, or sites or units differ
 */
export function appendBlock(trace: RoutingTrace | undefined, block: TraceBlock): RoutingTrace {
  const { sites, units, first } = block;
  const kept = trace ? Math.min(first, trace.tokens) : 0;
  if (first > kept)
    throw new Error(`the block begins at token ${String(first)}, but the trace ends at ${String(kept)}`);
  if (trace && (trace.sites !== sites || trace.units !== units))
    throw new Error(
      `the block has ${String(sites)} sites and ${String(units)} units, the trace ${String(trace.sites)} and ${String(trace.units)}`,
    );
  const slots = Math.max(block.slots, kept > 0 ? (trace?.slots ?? 0) : 0);
  const tokens = kept + block.tokens;
  const withScores = block.scores !== undefined && (kept === 0 || trace?.scores !== undefined);
  const joined: RoutingTrace = {
    sites,
    tokens,
    slots,
    units,
    experts: new Int16Array(sites * tokens * slots).fill(-1),
    weights: new Float32Array(sites * tokens * slots),
    ...(withScores ? { scores: new Float32Array(sites * tokens * units) } : {}),
  };
  if (trace) copyRows(trace, kept, joined, 0);
  copyRows(block, block.tokens, joined, kept);
  return joined;
}

/** Copies the first `count` token rows of every site; slots that only `to` has stay empty. */
function copyRows(from: RoutingTrace, count: number, to: RoutingTrace, at: number): void {
  for (let site = 0; site < from.sites; site++)
    for (let token = 0; token < count; token++) {
      const source = site * from.tokens + token;
      const target = site * to.tokens + at + token;
      to.experts.set(from.experts.subarray(source * from.slots, (source + 1) * from.slots), target * to.slots);
      to.weights.set(from.weights.subarray(source * from.slots, (source + 1) * from.slots), target * to.slots);
      if (to.scores && from.scores)
        to.scores.set(from.scores.subarray(source * from.units, (source + 1) * from.units), target * to.units);
    }
}
