/** The whole experiment: what a link holds (by difference from the defaults) and what the command line runs. */
import type { Policy } from '../routing/policy.ts';
import type { SiteIndex, TokenPosition } from '../trace.ts';

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  /** 1 keeps the whole distribution. */
  readonly topP: number;
  /** Most tokens of an answer. */
  readonly maxTokens: number;
}

export interface Prompt {
  /** What the user typed; a raw prompt is the whole text, template included. */
  readonly text: string;
  readonly raw: boolean;
  /** Text of a system turn in front; absent by default, as the experts were trained without one. */
  readonly system?: string;
}

/** Digests of what the sender saw, so that the receiver can be told whether it came out the same. */
export interface Digests {
  /** Lower-case hex, first 16 characters of the SHA-256. */
  readonly answer: string;
  readonly routes: string;
}

export interface ViewState {
  readonly panel: string;
  readonly heatMode: 'top' | 'weight' | 'entropy' | 'margin';
  /** The selected cell. */
  readonly cell?: { readonly token: TokenPosition; readonly site: SiteIndex };
  readonly template: boolean;
}

export interface Experiment {
  readonly version: 1;
  /** Id of the model package. */
  readonly package: string;
  /** SHA-256 of its manifest, when the sender wants a mismatch to be told. */
  readonly packageHash?: string;
  readonly prompt: Prompt;
  /** A to H, in this order; the first is A. */
  readonly policies: readonly Policy[];
  readonly seed: number;
  readonly sampling: Sampling;
  readonly view: ViewState;
  readonly digests?: readonly (Digests | null)[];
  /** Ids of the looks at held-out test while the policies were tuned (`lookIds` of `core/evaluation/looks.ts`), sorted; never empty. */
  readonly looks?: readonly string[];
}
