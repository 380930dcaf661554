import { checkInside, checkWhole, MOST } from './check.ts';
import type { Interval } from './interval.ts';
import { normalUpper } from './normal.ts';

/**
 * Score interval of a proportion (Wilson 1927), without continuity correction: the p at which k of n is not refused.
 *
 * @param k documents answered right, 0 … n
 * @param n documents, at least 1
 * @param level share of intervals that are to hold the true proportion
 * @throws RangeError naming the argument
 */
export function wilson(k: number, n: number, level = 0.95): Interval {
  checkWhole('n', n, 1, MOST);
  checkWhole('k', k, 0, n);
  checkInside('level', level);
  const z = normalUpper((1 - level) / 2);
  const middle = (k + (z * z) / 2) / (n + z * z);
  const half = (z / (n + z * z)) * Math.sqrt((k * (n - k)) / n + (z * z) / 4);
  // At the ends the bound is the end itself; rounding would leave a trace of something else.
  return { estimate: k / n, lower: k === 0 ? 0 : middle - half, upper: k === n ? 1 : middle + half };
}
