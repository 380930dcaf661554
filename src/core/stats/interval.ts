/** An estimate and the interval around it, in the unit of the values; lower ≤ estimate ≤ upper but for a bootstrap of few values. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}
