import { draws } from '../tasks/random.ts';
import { checkFinite, checkInside, checkWhole, MOST } from './check.ts';
import type { Interval } from './interval.ts';
import { normalTail, normalUpper } from './normal.ts';
import { studentTail, studentUpper } from './student.ts';

export interface BootstrapOptions {
  /** Any safe integer ≥ 0; the same seed gives the same interval for ever. */
  readonly seed: number;
  /** Default 9,999: a bound’s own random error is then below 1 % of the width, and p can pass Holm’s first step of 36 tasks of 25 documents. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
}

export interface BootstrapResult extends Interval {
  /**
   * Two-sided p-value of "the statistic is 0": from the share of resamples beyond 0, the sample itself counted once, so that p ≤ α where
   * the interval of level 1 − α leaves 0 out.
   */
  readonly p: number;
}

/** Most documents drawn in all, resamples × documents: some seconds. */
const MOST_DRAWS = 1_000_000_000;

/**
 * Degrees of freedom of the sum of the tasks' means (Welch 1947, Satterthwaite 1946), rounded down. With no spread at all, those of
 * all tasks together.
 */
function freedom(tasks: readonly ArrayLike<number>[]): number {
  let all = 0;
  let sum = 0;
  let squares = 0;
  for (const values of tasks) {
    const middle = mean(values);
    const spread =
      Array.from(values).reduce((total, value) => total + (value - middle) ** 2, 0) /
      (values.length - 1) /
      values.length;
    all += values.length - 1;
    sum += spread;
    squares += spread ** 2 / (values.length - 1);
  }
  // What is whole but for rounding must not lose one.
  return squares > 0 ? Math.floor(sum ** 2 / squares + 1e-9) : all;
}

/** The `share` quantile of sorted values, at place share · (length + 1), between two places in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = Math.min(sorted.length, Math.max(1, share * (sorted.length + 1))) - 1;
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Percentile bootstrap (Efron 1979) of a statistic of the tasks' means. Documents are drawn with replacement within each task, so every
 * task keeps its weight. Two corrections for few documents: of n documents n − 1 are drawn, because the mean of n drawn ones varies too
 * little by (n − 1)/n, and the bounds lie where Student's t has its tails, not the normal distribution (Hesterberg 2015).
 *
 * @param tasks for each task its documents' values, at least 2 (one says nothing about spread)
 * @param statistic of the tasks' means, in the order of `tasks`
 * @throws RangeError naming the argument
 */
export function bootstrap(
  tasks: readonly ArrayLike<number>[],
  statistic: (means: Float64Array) => number,
  { seed, resamples = 9999, level = 0.95 }: BootstrapOptions,
): BootstrapResult {
  checkWhole('the number of tasks', tasks.length, 1, MOST);
  tasks.forEach((values, t) => {
    checkFinite(`tasks[${String(t)}]`, values, 2);
  });
  checkWhole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('resamples', resamples, 99, MOST);
  checkInside('level', level);
  const documents = tasks.reduce((sum, values) => sum + values.length, 0);
  if (documents * resamples > MOST_DRAWS)
    throw new RangeError(
      `resamples × documents must be at most ${String(MOST_DRAWS)}, not ${String(documents * resamples)}`,
    );
  const random = draws(seed, 'bootstrap');
  const means = new Float64Array(tasks.length);
  const found = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    tasks.forEach((values, t) => {
      let sum = 0;
      for (let i = 1; i < values.length; i++) sum += values[random.int(values.length)] ?? 0;
      means[t] = sum / (values.length - 1);
    });
    found[r] = statistic(means);
  }
  found.sort();
  // Sums in another order leave traces where the statistic is exactly 0; they belong to neither side.
  const zero = 1e-12 * Math.max(Math.abs(found[0] ?? 0), Math.abs(found[resamples - 1] ?? 0));
  let notAbove = 0;
  let notBelow = 0;
  for (const value of found) {
    if (value <= zero) notAbove++;
    if (value >= -zero) notBelow++;
  }
  const degrees = freedom(tasks);
  const tail = normalTail(studentUpper((1 - level) / 2, degrees));
  const beyond = Math.min(0.5, (1 + Math.min(notAbove, notBelow)) / (resamples + 1));
  return {
    estimate: statistic(Float64Array.from(tasks, mean)),
    lower: quantile(found, tail),
    upper: quantile(found, 1 - tail),
    p: 2 * studentTail(normalUpper(beyond), degrees),
  };
}

/**
 * The mean of one task's documents. For two policies on the same documents give it {@link differences}: that is the paired bootstrap.
 *
 * @throws RangeError naming the argument
 */
export const bootstrapMean = (values: ArrayLike<number>, options: BootstrapOptions): BootstrapResult =>
  bootstrap([values], (means) => means[0] ?? Number.NaN, options);

/**
 * The average over tasks of their means (macro-average: every task weighs the same, however many documents it has).
 *
 * @throws RangeError naming the argument
 */
export const bootstrapAverage = (tasks: readonly ArrayLike<number>[], options: BootstrapOptions): BootstrapResult =>
  bootstrap(tasks, mean, options);

/**
 * Document by document, first minus second.
 *
 * @throws RangeError when the two do not hold the same number of documents
 */
export function differences(first: ArrayLike<number>, second: ArrayLike<number>): Float64Array {
  if (first.length !== second.length)
    throw new RangeError(
      `first and second must be of the same documents, not ${String(first.length)} and ${String(second.length)}`,
    );
  return Float64Array.from(first, (value, i) => value - (second[i] ?? Number.NaN));
}
