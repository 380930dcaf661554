/** The model as a chain of sessions, and what the host must know to walk it. */
import { dequantise } from '../../../src/formats/ggml.ts';
import type { Llama } from '../../../src/formats/llama.ts';
import type { SiteRoutes } from '../backend.ts';
import { checkIds } from '../kept.ts';
import type { RankTable, UnitRows } from '../units.ts';
import { blockGates } from './gates.ts';
import type { Feeds, Runtime, Segment } from './runtime.ts';

export interface Chain {
  readonly runtime: Runtime;
  readonly llama: Llama;
  /** Longest sequence, in tokens. */
  readonly context: number;
  /** By site: even ones attention, odd ones FFN. */
  readonly segments: readonly Segment[];
  readonly head: Segment;
  /** Weights of the norm before each site, `[site][width]`. */
  readonly norms: readonly Float32Array[];
  /** Undefined when the model has no experts: its segments then have no inputs for routes. */
  readonly ranks: RankTable | undefined;
  /** Units as rows of the stacked factors; replaced by `setUnits`. */
  units: readonly UnitRows[];
}

/** Residual stream before the first site, `[token][width]`, straight from the file's embedding table. */
export function embed({ llama }: Chain, ids: Int32Array): Float32Array {
  const { width, vocabulary } = llama.shape;
  checkIds(ids, vocabulary);
  const x = new Float32Array(ids.length * width);
  ids.forEach((id, token) => {
    dequantise(llama.gguf, llama.embedding, { from: id, to: id + 1, offset: token * width }, x);
  });
  return x;
}

/** The inputs of `addLora` for a block of tokens. */
export function routeFeeds({ runtime, ranks, units }: Chain, routes: SiteRoutes | null, tokens: number): Feeds {
  const { ort, device } = runtime;
  if (ranks === undefined) {
    if (routes?.units.some((unit) => unit >= 0) === true) {
      throw new RangeError('routes name units, but the model was loaded without experts');
    }
    return {};
  }
  const routed = routes === null ? undefined : blockGates(ranks, units, routes, tokens);
  // A GPU has no buffers of no bytes: there nothing is one rank with weight 0.
  const least = device === undefined ? 0 : 1;
  const n = routed?.ranks.length ?? 0;
  const factors = n > 0 && routed?.factors === true;
  const columns = n > 0 ? n : least;
  return {
    ranks: new ort.Tensor('int32', n > 0 && routed ? routed.ranks : new Int32Array(columns), [columns]),
    gates: new ort.Tensor('float32', n > 0 && routed ? routed.gates : new Float32Array(tokens * columns), [
      tokens,
      factors ? 2 * columns : columns,
    ]),
    factors: new ort.Tensor('bool', Uint8Array.of(factors ? 1 : 0), [1]),
  };
}
