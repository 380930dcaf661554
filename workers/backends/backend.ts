/**
 * The contract between the host, which routes, and whoever multiplies the matrices.
 * Nothing above this file may know ONNX, WebAssembly or WebGPU.
 *
 * A **sequence** is a KV cache. A **pass** takes a block of tokens of one sequence through the routing sites in order:
 * read the site's input, hand over weights, go on to the next site; after the last site ask for logits.
 */
import type { LinearScore, Mix } from '../../src/core/routing/policy.ts';
import type { SiteIndex } from '../../src/core/trace.ts';

export interface ModelShape {
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly sites: number;
  /** Longest sequence, in tokens. */
  readonly context: number;
}

/**
 * Weights over units for each token of the block, as a sparse list: `[token][slot]`, an empty slot is (−1, 0).
 * Null routes nothing: the base alone.
 */
export interface SiteRoutes {
  readonly slots: number;
  readonly units: Int16Array;
  readonly weights: Float32Array;
  readonly mix: Mix;
}

/** A unit is a span of ranks of one expert. With whole experts, unit i is expert i and spans all its ranks. */
export interface Unit {
  readonly expert: number;
  readonly rankFrom: number;
  readonly rankTo: number;
}

/** Tokens of a block: the last one, all, or these in any order, counted from the block's first. */
export type HeadRows = 'last' | 'all' | readonly number[];

/** Logits of a few ids. */
export interface Candidates {
  /** `[row][id]` */
  readonly logits: Float32Array;
  /** `[row]`, log-sum-exp over the whole vocabulary: a logit less this is a log-probability. Absent unless asked for. */
  readonly sums?: Float32Array;
}

export interface Pass {
  readonly first: number;
  readonly tokens: number;
  /** The site whose input can be read now; equals `shape.sites` when only the head is left. */
  readonly site: SiteIndex;
  /** `[token][width]` of the current site. The array may be reused by the next `advance`. */
  input(): Promise<Float32Array>;
  /** `[token][unit]` of a linear score at the current site, as `linearRun` would compute it; absent where the backend cannot. */
  scores?(linear: LinearScore): Promise<Float32Array>;
  /** Applies the routes at the current site, runs its segment and moves to the next site. */
  advance(routes: SiteRoutes | null): Promise<void>;
  /** Logits after the last site: `[row][vocabulary]`. */
  logits(rows: HeadRows): Promise<Float32Array>;
  /**
   * Logits of these ids after the last site, without handing all logits out; without `sums` a backend may read only the
   * head's rows of these ids.
   */
  candidates?(ids: Int32Array, rows: HeadRows, sums: boolean): Promise<Candidates>;
  /** Frees what is not in the cache. A pass that did not reach the last site leaves the sequence as it was before it. */
  release(): void;
}

export interface Sequence {
  /** Tokens whose keys and values are complete. */
  readonly length: number;
  /** Starts a block behind the cache's end. With `keep` the sequence remembers the block's state at every site, for `resume`. */
  begin(ids: Int32Array, options?: { readonly keep?: boolean }): Promise<Pass>;
  /**
   * The kept block that starts at `first`, again from `site` on: earlier sites are not recomputed, keys and values behind
   * it are dropped for the layers that change. Blocks after it must be resumed in order. Undefined when nothing is kept there.
   */
  resume(first: number, site: SiteIndex): Promise<Pass | undefined>;
  /**
   * Several continuations of the sequence as one block, one after the other, such as the options of a question: each starts at
   * position `length` and sees the sequence and itself, nothing of the others. The sequence stays as it is: nothing of
   * them is kept. Absent where the backend cannot; forks, fed one by one, give the same.
   */
  branch?(continuations: readonly Int32Array[]): Promise<Pass>;
  /** A copy with a cache of its own. */
  fork(): Promise<Sequence>;
  /** Drops tokens from `length` on. */
  truncate(length: number): void;
  release(): void;
}

/** Placement of one operator: for the check that nothing fell back to the CPU in silence. */
export interface BackendReport {
  readonly provider: string;
  readonly threads: number;
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly notices: readonly string[];
}

export interface Backend {
  readonly id: string;
  readonly label: string;
  readonly shape: ModelShape;
  /** Largest error of a router score, relative to its site's range of scores; fixed beforehand, defines a near-tie. */
  readonly scoreError: number;
  /** Largest error of a logit; a token margin below twice it is a near-tie. */
  readonly logitError: number;
  readonly report: BackendReport;
  open(): Promise<Sequence>;
  /** Sets which spans of ranks the unit numbers of `SiteRoutes` mean; whole experts unless told otherwise. */
  setUnits(units: readonly Unit[]): void;
  dispose(): Promise<void>;
}
