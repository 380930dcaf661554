import { checkInside, checkWhole, MOST } from './check.ts';
import type { Interval } from './interval.ts';
import { normalUpper } from './normal.ts';

/**
 * Squared score statistic of "the difference of proportions is `delta`", −1 < delta < 1. The share of documents lost is set to
 * its most likely value under that difference, the larger root of 2n q² + B q − c δ(1 − δ) = 0.
 */
function squaredScore(won: number, lost: number, n: number, delta: number): number {
  const b = (2 * n - won + lost) * delta - won - lost;
  const c = -lost * delta * (1 - delta);
  const root = Math.sqrt(Math.max(0, b * b - 8 * n * c));
  // Both forms are the same root; each is used where it subtracts nothing from something nearly equal.
  const q = b > 0 ? (-2 * c) / (b + root) : (root - b) / (4 * n);
  const variance = n * (2 * q + delta * (1 - delta));
  const distance = won - lost - n * delta;
  return distance === 0 ? 0 : (distance * distance) / variance;
}

/** The delta between the estimate (refused by nothing) and the end ±1 where the squared score crosses `limit`. */
function crossing(won: number, lost: number, n: number, end: -1 | 1, limit: number): number {
  let inner = (won - lost) / n;
  let outer: number = end;
  while (Math.abs(outer - inner) > 1e-15) {
    const middle = (inner + outer) / 2;
    if (middle === inner || middle === outer) break;
    if (squaredScore(won, lost, n, middle) <= limit) inner = middle;
    else outer = middle;
  }
  return (inner + outer) / 2;
}

/**
 * Score interval of a paired difference of proportions (Tango 1998, Statistics in Medicine 17, 891–908): of the share right under a policy
 * minus the share right under another on the same documents.
 *
 * @param won documents right under the first alone
 * @param lost documents right under the second alone
 * @param n all documents, at least 1 and at least won + lost
 * @param level share of intervals that are to hold the true difference
 * @throws RangeError naming the argument
 */
export function tango(won: number, lost: number, n: number, level = 0.95): Interval {
  checkWhole('n', n, 1, MOST);
  checkWhole('won', won, 0, n);
  checkWhole('lost', lost, 0, n - won);
  checkInside('level', level);
  const limit = normalUpper((1 - level) / 2) ** 2;
  return {
    estimate: (won - lost) / n,
    lower: lost === n ? -1 : crossing(won, lost, n, -1, limit),
    upper: won === n ? 1 : crossing(won, lost, n, 1, limit),
  };
}
