/** Checks of arguments. Every error names the argument, what it may be, and what it was. */

/** Most documents, pairs or resamples that a function here takes; far past any evaluation, and quick enough to refuse. */
export const MOST = 1_000_000;

/** @throws RangeError unless `value` is a whole number in [least, most]. */
export function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(
      `${name} must be a whole number from ${String(least)} to ${String(most)}, not ${String(value)}`,
    );
}

/** @throws RangeError unless `value` is in [0, 1]. */
export function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be from 0 to 1, not ${String(value)}`);
}

/** @throws RangeError unless `value` lies strictly between 0 and 1. */
export function checkInside(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must lie between 0 and 1, not ${String(value)}`);
}

/** @throws RangeError unless there are `least` values or more, at most a million, all finite. */
export function checkFinite(name: string, values: ArrayLike<number>, least: number): void {
  if (values.length < least || values.length > MOST)
    throw new RangeError(
      `${name} must hold from ${String(least)} to ${String(MOST)} values, not ${String(values.length)}`,
    );
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new RangeError(`${name}[${String(i)}] must be a finite number, not ${String(values[i])}`);
}
