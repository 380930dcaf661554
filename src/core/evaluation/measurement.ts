/** What the engine finds out about one document under one policy; scores, tables and exports are made from it. */

/** Of an answer behind a prompt, the end-of-turn token included. */
export interface Likelihood {
  /** Sum of the natural logarithms of its tokens' probabilities. */
  readonly logprob: number;
  readonly tokens: number;
}

/** Where the tokens of prompt and gold answer went (template included), over all sites. */
export interface RoutingSummary {
  /** `[unit]`: share of all weight given; sums to 1 unless nothing was chosen. */
  readonly share: readonly number[];
  /** `[unit]`: share of cells (token × site) where the unit comes first. */
  readonly first: readonly number[];
  /** Mean over cells of the entropy of their weights, in bits. */
  readonly entropy: number;
  /** Mean number of units a cell. */
  readonly chosen: number;
}

export interface Measurement {
  readonly gold: Likelihood;
  /** In the order of the request's options. */
  readonly options?: readonly Likelihood[];
  /** The greedy answer. */
  readonly answer?: string;
  readonly routing: RoutingSummary;
  /** What it took; near 0 when the policy before routes this prompt alike. */
  readonly milliseconds: number;
}
