import { checkShare } from './check.ts';

/** Positions of the p-values from the smallest to the largest; equal ones in their order. */
function rising(pValues: readonly number[]): number[] {
  pValues.forEach((p, i) => {
    checkShare(`pValues[${String(i)}]`, p);
  });
  return pValues.map((_, i) => i).sort((i, j) => (pValues[i] ?? 0) - (pValues[j] ?? 0));
}

/**
 * Holm's step-down adjusted p-values (Holm 1979), in the order given: refusing those ≤ α keeps the chance of *any* false refusal ≤ α,
 * however the tests depend on each other. The default for "on which tasks does it differ".
 *
 * @throws RangeError naming the position of a value outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = pValues.map(() => 0);
  let largest = 0;
  rising(pValues).forEach((at, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * (pValues[at] ?? 0)));
    adjusted[at] = largest;
  });
  return adjusted;
}

/**
 * Benjamini and Hochberg's adjusted p-values (1995), in the order given: refusing those ≤ α keeps the expected *share* of false ones among
 * the refusals ≤ α, for tests that are independent or rise together.
 *
 * @throws RangeError naming the position of a value outside [0, 1]
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = pValues.map(() => 0);
  let smallest = 1;
  const order = rising(pValues);
  for (let rank = order.length; rank > 0; rank--) {
    const at = order[rank - 1] ?? 0;
    smallest = Math.min(smallest, ((pValues[at] ?? 0) * order.length) / rank);
    adjusted[at] = smallest;
  }
  return adjusted;
}
