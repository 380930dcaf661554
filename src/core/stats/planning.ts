/**
 * What a run of n documents can show, before it is run. All from McNemar's exact test and the first step of Holm's correction,
 * α divided by the number of comparisons: what passes that, passes whatever the other tasks do.
 */
import { binomialCdf, binomialPmf } from './binomial.ts';
import { checkInside, checkShare, checkWhole, MOST } from './check.ts';

/** Most documents that a plan may ask for. */
export const MOST_PLANNED = 100_000;

function checkLevel(alpha: number, comparisons: number): void {
  checkInside('alpha', alpha);
  checkWhole('comparisons', comparisons, 1, MOST);
}

/**
 * The smallest difference, as a share of n, that can be significant at all: every document on which the policies differ is won.
 * "40 documents: differences under 15 points cannot show." Undefined when not even winning all n documents would be.
 *
 * @param alpha level of the whole family
 * @param comparisons tests in the family
 * @throws RangeError naming the argument
 */
export function smallestSignificantDifference(n: number, alpha = 0.05, comparisons = 1): number | undefined {
  checkWhole('n', n, 1, MOST);
  checkLevel(alpha, comparisons);
  let won = 1;
  // The p-value of (won, 0) is 2 · ½^won.
  for (let p = 1; p > alpha / comparisons; p /= 2) won++;
  return won <= n ? won / n : undefined;
}

/** Whether k won (or lost) of d documents that differ is significant. */
const significant = (k: number, d: number, alpha: number) => 2 * k < d && 2 * binomialCdf(k, d, 0.5) <= alpha;

/** Largest k that is significant of d, −1 if none is. */
function critical(d: number, alpha: number): number {
  let k = -1;
  for (let step = 2 ** Math.ceil(Math.log2(d + 1)); step >= 1; step /= 2)
    if (significant(k + step, d, alpha)) k += step;
  return k;
}

/**
 * Chance that the exact test finds a difference, in either direction, at level `alpha`.
 * The number of documents that differ is Bin(n, pb + pc); of these each is won with probability pb / (pb + pc).
 *
 * @param n documents, at most 100,000
 * @param pb probability that a document is won (right under the first policy alone)
 * @param pc probability that it is lost
 * @param alpha level of this one test: divide by the number of comparisons first
 * @throws RangeError naming the argument
 */
export function power(n: number, pb: number, pc: number, alpha = 0.05): number {
  checkWhole('n', n, 1, MOST_PLANNED);
  checkShare('pb', pb);
  checkShare('pc', pc);
  checkInside('alpha', alpha);
  // A sum of shares may pass 1 by its rounding.
  if (pb + pc > 1 + 1e-12) throw new RangeError(`pb + pc must be at most 1, not ${String(pb + pc)}`);
  const differ = Math.min(1, pb + pc);
  if (differ === 0) return 0;
  const won = pb / (pb + pc);
  // Outside ten deviations lies nothing that double precision would notice; 40 covers the skew of small counts.
  const reach = 10 * Math.sqrt(n * differ * (1 - differ)) + 40;
  const last = Math.min(n, Math.ceil(n * differ + reach));
  let d = Math.max(0, Math.floor(n * differ - reach));
  let sum = 0;
  // One more document moves the critical count by one or not at all.
  for (let k = critical(d, alpha); d <= last; d++) {
    if (significant(k + 1, d, alpha)) k++;
    if (k >= 0) sum += binomialPmf(d, n, differ) * (binomialCdf(k, d, won) + binomialCdf(k, d, 1 - won));
  }
  return Math.min(1, sum);
}

export interface Wish {
  /** Share of documents on which the two policies differ, won or lost: an assumption, taken from validation data. */
  readonly discordance: number;
  /** Wished chance of finding the difference. Default 0.8. */
  readonly power?: number;
  /** Level of the whole family. Default 0.05. */
  readonly alpha?: number;
  /** Tests in the family. Default 1. */
  readonly comparisons?: number;
}

function checkWish({ discordance, power: wished = 0.8, alpha = 0.05, comparisons = 1 }: Wish) {
  if (!(discordance > 0 && discordance <= 1))
    throw new RangeError(`discordance must be above 0 and at most 1, not ${String(discordance)}`);
  checkInside('power', wished);
  checkLevel(alpha, comparisons);
  return { discordance, wished, level: alpha / comparisons };
}

const powerOf = (n: number, difference: number, discordance: number, level: number) =>
  power(n, (discordance + difference) / 2, Math.max(0, discordance - difference) / 2, level);

/**
 * The smallest difference that n documents find with the wished power, to within 1e-6; undefined when not even all differing
 * documents won would do.
 *
 * @throws RangeError naming the argument
 */
export function detectableDifference(n: number, wish: Wish): number | undefined {
  checkWhole('n', n, 1, MOST_PLANNED);
  const { discordance, wished, level } = checkWish(wish);
  if (powerOf(n, discordance, discordance, level) < wished) return undefined;
  let below = 0;
  let enough = discordance;
  // At a fixed discordance the power rises with the difference.
  while (enough - below > 1e-6) {
    const middle = (below + enough) / 2;
    if (powerOf(n, middle, discordance, level) >= wished) enough = middle;
    else below = middle;
  }
  return enough;
}

/** The exact test’s power is a saw-tooth in n: as many numbers below the one found are tried for an earlier tooth that is enough. */
const TEETH = 16;

/**
 * Documents that find the difference with the wished power; undefined when it takes more than 100,000. The number returned is enough,
 * and none of the 16 below it is.
 *
 * @param difference share won minus share lost, 0 < difference ≤ discordance
 * @throws RangeError naming the argument
 */
export function documentsNeeded(difference: number, wish: Wish): number | undefined {
  const { discordance, wished, level } = checkWish(wish);
  if (!(difference > 0 && difference <= discordance))
    throw new RangeError(
      `difference must be above 0 and at most the discordance ${String(discordance)}, not ${String(difference)}`,
    );
  const enough = (n: number) => powerOf(n, difference, discordance, level) >= wished;
  let low = 0;
  let high = 1;
  while (!enough(high)) {
    if (high === MOST_PLANNED) return undefined;
    low = high;
    high = Math.min(MOST_PLANNED, 2 * high);
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  for (let n = high - 1; n >= 1 && n >= high - TEETH; n--) if (enough(n)) high = n;
  return high;
}
