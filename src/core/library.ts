/** What a policy may know of the model and its experts. Built by the worker (or Node) from a model package. */

export type SiteInput = 'attn' | 'ffn';

export interface Site {
  readonly layer: number;
  /** Which input of the layer is routed here. */
  readonly input: SiteInput;
  /** `L12.attn` */
  readonly name: string;
}

export interface ExpertInfo {
  /** Stable id: links and edits name experts by it. */
  readonly id: string;
  readonly label: string;
  /** Two or three letters; unique in its package. */
  readonly badge: string;
  readonly family: string;
  /** The task it was trained on (id in the task registry), if known. */
  readonly task?: string;
  readonly instruction?: string;
}

/** The part of a library that is cheap to copy: what the page needs for forms, views and links. */
export interface LibraryInfo {
  readonly experts: readonly ExpertInfo[];
  readonly sites: readonly Site[];
  /** Width d of a site's input. */
  readonly width: number;
  /** Which inputs of scores this package can serve. */
  readonly has: readonly ScoreNeed[];
}

/** Something a score reads beside the site's input `u`. */
export type ScoreNeed = 'gates' | 'mean-activations' | 'prototypes' | 'embeddings' | 'prompt-embedding';

/** Sentence embeddings, rows of unit length; E experts, X examples each, D dimensions. */
export interface ExpertEmbeddings {
  readonly dimension: number;
  /** `[E][D]` */
  readonly instruction: Float32Array;
  /** `[E][D]`, mean of the examples, unit length. */
  readonly mean: Float32Array;
  /** `[E][X][D]` */
  readonly examples: Float32Array;
  readonly examplesPerExpert: number;
}

/** Vectors are `[site][expert][width]`, row-major. */
export interface Library extends LibraryInfo {
  readonly gates?: Float32Array;
  readonly meanActivations?: Float32Array;
  /** Arrow: top right singular vector of the site's stacked ΔW; computed on first use by whoever owns the adapters. */
  readonly prototypes?: Float32Array;
  readonly embeddings?: ExpertEmbeddings;
}
