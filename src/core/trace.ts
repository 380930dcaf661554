/**
 * What a run leaves behind: for every site and token, the units chosen and their weights.
 * Views, comparisons, analyses, exports and imports all speak this type.
 */

/** Index of a routing site: `layer * sitesPerLayer + index`; for the llama packages 2·layer (attention input) and 2·layer + 1 (FFN input). */
export type SiteIndex = number;
/** Position of a token in prompt + answer, template tokens included. */
export type TokenPosition = number;

/**
 * Columnar and row-major. An empty slot holds expert −1 and weight 0; slots are in order of falling weight.
 * The last generated token is never fed back to the model, so it has no row.
 */
export interface RoutingTrace {
  readonly sites: number;
  /** Tokens with a row, counted from position 0. */
  readonly tokens: number;
  /** Most units chosen by one token at one site. */
  readonly slots: number;
  /** Units that could be chosen (whole experts, unless the policy routes parts of them). */
  readonly units: number;
  /** `[site][token][slot]` */
  readonly experts: Int16Array;
  /** `[site][token][slot]` */
  readonly weights: Float32Array;
  /** `[site][token][unit]`, raw scores before edits, selection and softmax; only on request. */
  readonly scores?: Float32Array;
}

/** Rows of a trace for `tokens` consecutive positions from `first` on; same layout as the trace over its own tokens. */
export interface TraceBlock extends RoutingTrace {
  readonly first: TokenPosition;
}
