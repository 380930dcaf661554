import { binomialCdf, binomialPmf } from './binomial.ts';
import { checkWhole, MOST } from './check.ts';

function checkPairs(won: number, lost: number): void {
  checkWhole('won', won, 0, MOST);
  checkWhole('lost', lost, 0, MOST - won);
}

/**
 * Two-sided p-value of McNemar's exact test: were both policies equally good, each document on which they differ would be won
 * or lost with probability ½. The default: never more false positives than its level says (usually fewer). No difference, p = 1.
 *
 * @param won documents right under the first policy alone
 * @param lost documents right under the second alone
 * @throws RangeError naming the argument
 */
export function mcnemarExact(won: number, lost: number): number {
  checkPairs(won, lost);
  return Math.min(1, 2 * binomialCdf(Math.min(won, lost), won + lost, 0.5));
}

/**
 * The same with mid-p: the table seen counts half. Closer to its level on average, and may pass it a little (Fagerland,
 * Lydersen and Laake 2013, who advise it).
 *
 * @throws RangeError naming the argument
 */
export function mcnemarMidP(won: number, lost: number): number {
  checkPairs(won, lost);
  if (won === lost) return 1;
  const less = Math.min(won, lost);
  return 2 * binomialCdf(less, won + lost, 0.5) - binomialPmf(less, won + lost, 0.5);
}
