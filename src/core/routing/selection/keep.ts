/** Keeping the largest of a row of scores, and weighing what is kept. */
import type { Chosen } from '../policy.ts';

/**
 * Fills the slots of one token with the `k` largest scores in falling order, the lower unit first among equals. Muted units
 * (−∞) are never taken. Slots past the last one taken are empty. Returns how many were taken. Weights are left at 0.
 */
export function keepLargest(
  scores: Float32Array,
  row: number,
  units: number,
  k: number,
  token: number,
  out: Chosen,
): number {
  const first = token * out.slots;
  const from = row * units;
  const most = Math.min(k, out.slots);
  let taken = 0;
  for (let unit = 0; unit < units; unit++) {
    const score = scores[from + unit] ?? -Infinity;
    if (score === -Infinity) continue;
    if (taken === most && score <= (scores[from + (out.experts[first + taken - 1] ?? 0)] ?? 0)) continue;
    let slot = taken === most ? taken - 1 : taken++;
    for (; slot > 0; slot--) {
      const ahead = out.experts[first + slot - 1] ?? 0;
      if ((scores[from + ahead] ?? 0) >= score) break;
      out.experts[first + slot] = ahead;
    }
    out.experts[first + slot] = unit;
  }
  out.experts.fill(-1, first + taken, first + out.slots);
  out.weights.fill(0, first, first + out.slots);
  return taken;
}

/**
 * Softmax over the units in the first `taken` slots of a token, in double precision; `others` is the sum of
 * exp((score − largest) / temperature) of units left out that still count in the denominator.
 */
export function weigh(
  scores: Float32Array,
  row: number,
  units: number,
  taken: number,
  temperature: number,
  token: number,
  out: Chosen,
  others = 0,
): void {
  const first = token * out.slots;
  const from = row * units;
  const max = largestKept(scores, from, first, taken, out);
  let sum = others;
  for (let k = 0; k < taken; k++)
    sum += Math.exp(((scores[from + (out.experts[first + k] ?? 0)] ?? 0) - max) / temperature);
  for (let k = 0; k < taken; k++)
    out.weights[first + k] = Math.exp(((scores[from + (out.experts[first + k] ?? 0)] ?? 0) - max) / temperature) / sum;
}

function largestKept(scores: Float32Array, from: number, first: number, taken: number, out: Chosen): number {
  let max = -Infinity;
  for (let k = 0; k < taken; k++) max = Math.max(max, scores[from + (out.experts[first + k] ?? 0)] ?? -Infinity);
  return max;
}
