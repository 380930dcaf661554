/**
 * A policy decides, for every token at every site, which units of the expert library take part and with what weight.
 * It is a small document, `{ method, score, select, mix, edits }`; scores and selection rules are two registries.
 */
import type { Library, ScoreNeed, SiteInput } from '../library.ts';
import type { ParamSpecs, ParamValue, ParamValues } from '../params.ts';
import type { SiteIndex, TokenPosition } from '../trace.ts';

// ---- the document -------------------------------------------------------------------------------------------------

export interface Choice {
  readonly id: string;
  readonly params: Readonly<Record<string, ParamValue>>;
}

/** `outputs`: y = Wu + Σ w_k B_k A_k u. `factors`: y = Wu + (Σ w_k B_k)(Σ w_k A_k) u. */
export type Mix = 'outputs' | 'factors';

export interface Policy {
  /** Id of the preset it started from: what differs from it is shown as the user's change. */
  readonly method: string;
  readonly score: Choice;
  readonly select: Choice;
  readonly mix: Mix;
  readonly edits: readonly Edit[];
}

/** Where an edit acts. Absent means everywhere. Ranges are inclusive. */
export interface EditScope {
  readonly sites?: { readonly from?: SiteIndex; readonly to?: SiteIndex; readonly input?: SiteInput };
  readonly tokens?: { readonly from?: TokenPosition; readonly to?: TokenPosition; readonly part?: 'prompt' | 'answer' };
}

/**
 * Edits act in a fixed order, whatever their order in the list: on scores before selection (bias adds, mute = −∞, force
 * takes the place of the last chosen, softmax over the set so formed), then scale on weights after selection, not renormalised.
 * Experts are named by id. `since` is the first token position at which an edit made during generation takes part.
 */
export type Edit = EditScope & { readonly experts: readonly string[]; readonly since?: TokenPosition } & (
    | { readonly kind: 'bias'; readonly amount: number }
    | { readonly kind: 'mute' }
    | { readonly kind: 'force' }
    | { readonly kind: 'scale'; readonly factor: number }
  );

// ---- scores -------------------------------------------------------------------------------------------------------

/** Inputs of one site for `tokens` consecutive positions from `first` on. */
export interface SiteBlock {
  readonly site: SiteIndex;
  readonly first: TokenPosition;
  readonly tokens: number;
  /** `[token][width]`, the normalised input that all modules of the site read. */
  readonly u: Float32Array;
  /** `[token][unit]`, what a backend made of the policy's `linear`; then the score is not computed again. */
  readonly scores?: Float32Array;
}

export interface RunContext {
  readonly library: Library;
  readonly seed: number;
  /** Number of tokens of the prompt, template included: positions below are prompt, from it on answer. */
  readonly promptTokens: number;
  /** Unit-length embedding of the user's text, when some score of the policy needs it. */
  readonly promptEmbedding?: Float32Array;
}

export interface Score<S extends ParamSpecs = ParamSpecs> {
  readonly id: string;
  readonly label: string;
  /** Paper, equation or code. */
  readonly source: string;
  /** One sentence for the reader: what this score measures. */
  readonly summary: string;
  /** The formula as plain Unicode text, e.g. `⟨LN(u), LN(v)⟩ / √d`. */
  readonly formula: string;
  readonly needs: readonly ScoreNeed[];
  readonly params: S;
  readonly declares: {
    /** Scores of a site do not depend on the token (so one line explains a whole run). */
    readonly constant?: boolean;
    /** No unit is ever chosen: the base alone. */
    readonly empty?: boolean;
    /** Largest absolute score for any input, where there is a bound. */
    bound?(width: number, params: ParamValues<S>): number;
  };
  /** Once a run; must be deterministic. */
  begin(context: RunContext, params: ParamValues<S>): ScoreRun;
}

export interface ScoreRun {
  /** Writes `[token][unit]`, finite for every finite `u`. */
  score(block: SiteBlock, out: Float32Array): void;
  /** The same score in the vocabulary of backends, where it can be said in it. */
  readonly linear?: LinearScore;
  /** Addends that are the same for every token and site (GLIDER's global term), so that a reader can take a score apart. */
  readonly terms?: readonly ScoreTerm[];
}

/**
 * A score as a product with one row per unit: f(scale · ⟨x, row⟩) + add, where x is the site's input u or its LayerNorm
 * (no affine part, ε = 1e-5 added to the variance) and f the absolute value or nothing. Enough for gates, means and
 * prototypes; a backend that knows it (`Pass.scores`) needs to know no policy.
 */
export interface LinearScore {
  /** `[site][unit][width]`; the same array for every run over a library, so that a backend prepares it once. */
  readonly rows: Float32Array;
  readonly input: 'plain' | 'layer-norm';
  readonly scale: number;
  readonly absolute: boolean;
  /** `[unit]`, the same at every site and token. */
  readonly add?: Float32Array;
}

export interface ScoreTerm {
  /** As it stands in the formula, e.g. `c · cos(e, e_task)`. */
  readonly name: string;
  /** `[unit]` */
  readonly values: Float32Array;
}

// ---- selection ----------------------------------------------------------------------------------------------------

export interface SelectionInput {
  /** `[token][unit]` after edits; −∞ is a muted unit, never chosen. */
  readonly scores: Float32Array;
  readonly tokens: number;
  readonly units: number;
  readonly site: SiteIndex;
  readonly first: TokenPosition;
  readonly seed: number;
}

/** `[token][slot]`, slots in order of falling weight (ties: lower unit first); empty slots are (−1, 0) and come last. */
export interface Chosen {
  readonly slots: number;
  readonly experts: Int16Array;
  readonly weights: Float32Array;
}

export interface Selection<S extends ParamSpecs = ParamSpecs> {
  readonly id: string;
  readonly label: string;
  readonly source: string;
  readonly summary: string;
  readonly params: S;
  readonly declares: {
    /** What the weights of a token add up to when at least one unit can be chosen. */
    readonly sum: 'one' | 'at-most-one';
    readonly mayDropTokens: boolean;
  };
  /** Temperature of the softmax that weighs the kept units, 1 when absent; a set changed by force is weighed with it too. */
  temperature?(params: ParamValues<S>): number;
  /** Slots needed with these parameters; `out` of `select` may have more, which stay empty. */
  slots(params: ParamValues<S>, units: number): number;
  select(input: SelectionInput, params: ParamValues<S>, out: Chosen): void;
}

// ---- a compiled policy ----------------------------------------------------------------------------------------------

/** What the host asks for each site and block of tokens. */
export interface PolicyRun {
  readonly slots: number;
  readonly units: number;
  readonly mix: Mix;
  readonly terms: readonly ScoreTerm[];
  readonly linear?: LinearScore;
  /** Fills `out`; `rawScores`, when given, receives the scores before edits, `[token][unit]`. */
  route(block: SiteBlock, out: Chosen, rawScores?: Float32Array): void;
}

/** A published method as a named policy. */
export interface Preset {
  readonly id: string;
  readonly label: string;
  readonly source: string;
  readonly summary: string;
  readonly policy: Omit<Policy, 'method' | 'edits'>;
}
