/** A model ready to compute: weights, kernels, and the memory that the steps of a layer share. */
import type { Llama } from '../../../src/formats/llama.ts';
import type { SiteRoutes } from '../backend.ts';
import { forEachChosen, type RankTable, type UnitRows } from '../units.ts';
import type { Block, Heap } from './heap.ts';
import { SLICE, type Layout } from './layout.ts';
import type { LinearStore } from './linear.ts';
import type { Machine, Quantised, Rows } from './machine.ts';
import type { Pages } from './pages.ts';
import type { Router } from './routes.ts';
import type { Weights } from './weights.ts';

export interface Chosen {
  readonly router: Router;
  readonly ranks: RankTable;
  /** Replaced by `setUnits`. */
  units: readonly UnitRows[];
}

export interface SimdEngine {
  readonly llama: Pick<Llama, 'shape'>;
  /** Longest sequence, in tokens. */
  readonly context: number;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly heap: Heap;
  readonly machine: Machine;
  readonly pages: Pages;
  readonly space: Workspace;
  readonly linear: LinearStore;
  /** Undefined when the model has no experts. */
  readonly experts: Chosen | undefined;
}

/**
 * To be called before a block is changed in part: a block of one slice finds the same faults before it changes anything.
 * @throws RangeError for routes that cannot be computed, as `forEachChosen` does, or for any unit without experts
 */
export function checkRoutes({ experts }: SimdEngine, routes: SiteRoutes | null, tokens: number): void {
  if (routes === null) return;
  if (experts !== undefined) {
    if (tokens > SLICE) forEachChosen(experts.ranks, experts.units, routes, tokens, () => undefined);
  } else if (routes.units.some((unit) => unit >= 0)) {
    throw new RangeError('routes name units, but the model was loaded without experts');
  }
}

/** Rows of logits that are computed at a time. */
export const LOGIT_ROWS = 16;

/** Room for a slice of tokens on its way through a layer. */
export interface Workspace {
  /** A site's input, and the head's. */
  readonly u: Rows;
  readonly qkv: Block;
  /** What attention gives. */
  readonly mixed: Rows;
  readonly gates: Block;
  readonly hidden: Rows;
  readonly cos: Block;
  readonly sin: Block;
  /** Residual streams of the head's rows, side by side. */
  readonly rows: Block;
  readonly logits: Block;
  /** `[row][2]`, see `exponentialSums`. */
  readonly sums: Block;
  /** Whose site input lies in `u`: a pass that reads its input does not compute it again to advance. */
  holds: { readonly owner: object; readonly from: number } | undefined;
}

export function createWorkspace(heap: Heap, layout: Layout, headDim: number): Workspace {
  const floats = (count: number): Block => heap.allocate(4 * count);
  const quantised = (columns: number): Quantised => {
    const blocks = Math.ceil(columns / 32);
    return {
      values: heap.allocate(64 * SLICE * blocks),
      scales: floats(SLICE * blocks),
      sums: floats(SLICE * blocks),
      biases: floats(SLICE * blocks),
    };
  };
  const rows = (stride: number): Rows => ({
    floats: { block: floats(SLICE * stride), from: 0 },
    stride,
    quantised: quantised(stride),
  });
  return {
    u: rows(layout.width),
    qkv: floats(SLICE * layout.qkv.stride),
    mixed: rows(layout.attention),
    gates: floats(2 * SLICE * layout.ffn),
    hidden: rows(layout.ffn),
    cos: floats((SLICE * headDim) / 2),
    sin: floats((SLICE * headDim) / 2),
    rows: floats(LOGIT_ROWS * layout.width),
    logits: floats(LOGIT_ROWS * layout.vocabulary),
    sums: floats(2 * LOGIT_ROWS),
    holds: undefined,
  };
}
