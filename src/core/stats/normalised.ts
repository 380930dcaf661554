import { bootstrap, type BootstrapOptions, type BootstrapResult } from './bootstrap.ts';

function checkChance(name: string, chance: number): void {
  if (!(chance >= 0 && chance < 1)) throw new RangeError(`${name} must be from 0 to below 1, not ${String(chance)}`);
}

/**
 * A score on a scale where guessing is 0 and all right is 1; below 0 when worse than guessing.
 *
 * @param score share right
 * @param chance share right by guessing, 0 for free answers
 * @throws RangeError naming the argument
 */
export function normalisedScore(score: number, chance: number): number {
  checkChance('chance', chance);
  if (!Number.isFinite(score)) throw new RangeError(`score must be a finite number, not ${String(score)}`);
  return (score - chance) / (1 - chance);
}

export interface NormalisedTask {
  /** For each document, 1 if right and 0 if not. */
  readonly right: ArrayLike<number>;
  readonly chance: number;
}

/**
 * Macro-average of normalised scores, each floored at 0: a task worse than guessing pulls no other down. The floor lifts the average of a
 * policy that guesses, so compare two policies by {@link normalisedDifference}, which has none.
 *
 * @throws RangeError naming the argument
 */
export function normalisedAverage(tasks: readonly NormalisedTask[], options: BootstrapOptions): BootstrapResult {
  checkChances(tasks);
  return bootstrap(
    tasks.map((task) => task.right),
    (means) =>
      means.reduce((sum, score, t) => sum + Math.max(0, normalisedScore(score, tasks[t]?.chance ?? 0)), 0) /
      means.length,
    options,
  );
}

/** A task's documents under two policies: `differences(first, second)` of their scores. */
export interface NormalisedPair {
  readonly differences: ArrayLike<number>;
  readonly chance: number;
}

/**
 * Macro-average of the paired differences, each task's divided by 1 − chance: the difference of normalised averages without floors.
 *
 * @throws RangeError naming the argument
 */
export function normalisedDifference(tasks: readonly NormalisedPair[], options: BootstrapOptions): BootstrapResult {
  checkChances(tasks);
  return bootstrap(
    tasks.map((task) => task.differences),
    (means) => means.reduce((sum, difference, t) => sum + difference / (1 - (tasks[t]?.chance ?? 0)), 0) / means.length,
    options,
  );
}

function checkChances(tasks: readonly { readonly chance: number }[]): void {
  tasks.forEach(({ chance }, t) => {
    checkChance(`tasks[${String(t)}].chance`, chance);
  });
}
