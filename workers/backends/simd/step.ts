/** One slice of a block of tokens through one half of a layer, and through the head. */
import type { Candidates, LinearScores, SiteRoutes } from '../backend.ts';
import type { SimdEngine } from './engine.ts';
import { LOGIT_ROWS } from './engine.ts';
import type { Block } from './heap.ts';
import type { Place, Positions, Rows } from './machine.ts';
import { tileOf, type Part } from './matrix.ts';

export interface Slice {
  /** Residual stream of the slice's first token. */
  readonly x: Place;
  readonly at: Positions;
  /** Routes of the whole block, its tokens, and the slice's first token in it. */
  readonly routes: SiteRoutes | null;
  readonly block: number;
  readonly from: number;
}

const isQuantised = (parts: readonly Part[]): boolean => parts.some(({ matrix }) => matrix.format !== 'float');

/** Computes the input of a site into the workspace. */
export function siteInput(
  { weights, machine, space, llama }: SimdEngine,
  site: number,
  x: Place,
  tokens: number,
): void {
  const layer = weights.layers[site >> 1];
  if (layer === undefined) throw new RangeError(`site ${String(site)}`);
  const { width, rmsEpsilon } = llama.shape;
  const [norm, parts] = site % 2 === 0 ? [layer.attnNorm, layer.qkv] : [layer.ffnNorm, layer.gates];
  machine.norm(x, norm, space.u, tokens, width, rmsEpsilon, isQuantised(parts));
}

/** From the site's input, which lies in the workspace, to the residual stream behind its half of the layer. */
export function runSite(engine: SimdEngine, site: number, slice: Slice): void {
  if (site % 2 === 0) attention(engine, site, slice);
  else feedForward(engine, site, slice);
}

function attention(engine: SimdEngine, site: number, slice: Slice): void {
  const { weights, machine, space, llama, layout } = engine;
  const { heads, headDim } = llama.shape;
  const layer = weights.layers[site >> 1];
  if (layer === undefined) return;
  const { tokens } = slice.at;
  const qkv = { block: space.qkv, from: 0 };
  multiply(engine, layer.qkv, space.u, tokens, space.qkv, layout.qkv.stride, false);
  lora(engine, site, slice, qkv, layout.qkv.stride);
  machine.rope(qkv, { block: space.cos, from: 0 }, { block: space.sin, from: 0 }, slice.at);
  machine.attend(qkv, space.mixed.floats, slice.at);
  if (isQuantised(layer.o)) machine.quantise(space.mixed, heads * headDim, tokens);
  for (const { matrix, offset } of layer.o) {
    machine.multiply(matrix, space.mixed, tokens, shifted(slice.x, offset), layout.width, true);
  }
}

function feedForward(engine: SimdEngine, site: number, slice: Slice): void {
  const { weights, machine, space, llama, layout } = engine;
  const layer = weights.layers[site >> 1];
  if (layer === undefined) return;
  const { tokens } = slice.at;
  const gates = { block: space.gates, from: 0 };
  multiply(engine, layer.gates, space.u, tokens, space.gates, 2 * layout.ffn, false);
  lora(engine, site, slice, gates, 2 * layout.ffn);
  machine.swiglu(gates, space.hidden, llama.shape.ffn, tokens, isQuantised(layer.down));
  for (const { matrix, offset } of layer.down) {
    machine.multiply(matrix, space.hidden, tokens, shifted(slice.x, offset), layout.width, true);
  }
}

const shifted = ({ block, from }: Place, by: number): Place => ({ block, from: from + by });

function multiply(
  { machine }: SimdEngine,
  parts: readonly Part[],
  x: Rows,
  tokens: number,
  y: Block,
  stride: number,
  add: boolean,
): void {
  for (const { matrix, offset } of parts) machine.multiply(matrix, x, tokens, { block: y, from: offset }, stride, add);
}

function lora({ experts, machine, space }: SimdEngine, site: number, slice: Slice, y: Place, stride: number): void {
  const { routes, block, from, at } = slice;
  if (routes === null || experts === undefined) return;
  const routing = experts.router.route(site, routes, block, from, from + at.tokens);
  if (routing === undefined) return;
  const { table, fold } = routing;
  machine.loraDown(table, space.u.floats, space.u.stride, at.tokens);
  fold?.();
  machine.loraUp(table, y, stride, at.tokens);
}

/** Angles of a slice's positions into the workspace: `[token][headDim / 2]`. */
export function setAngles({ heap, space }: SimdEngine, cos: Float32Array, sin: Float32Array): void {
  heap.floats(space.cos, 0, cos.length).set(cos);
  heap.floats(space.sin, 0, sin.length).set(sin);
}

/** Linear scores of a slice whose site input lies in the workspace, `[token][unit]` into `out` from token `from` on. */
export function linearScores(
  { machine, space, llama, linear, heap }: SimdEngine,
  scores: LinearScores,
  site: number,
  tokens: number,
  out: Float32Array,
  from: number,
): void {
  const { units } = scores;
  const matrix = linear.matrix(scores, site);
  const room = { block: linear.room(matrix.rows), from: 0 };
  machine.multiply(matrix, space.u, tokens, room, matrix.rows, false);
  machine.finishScores(space.u, llama.shape.width, room, matrix.rows, tokens, scores);
  for (let t = 0; t < tokens; t++) out.set(heap.floats(room.block, t * matrix.rows, units), (from + t) * units);
}

/** Inputs of the head for at most `LOGIT_ROWS` tokens into the workspace. */
function headInput({ machine, space, weights, llama }: SimdEngine, x: Place, rows: number): void {
  const { width, rmsEpsilon } = llama.shape;
  space.holds = undefined;
  machine.norm(x, weights.outputNorm, space.u, rows, width, rmsEpsilon, weights.head.format !== 'float');
}

/** Logits of `rows` tokens whose residual streams begin at `x`, `[row][vocabulary]` into `out`. */
export function headLogits(engine: SimdEngine, x: Place, rows: number, out: Float32Array): void {
  const { machine, space, weights, llama, layout, heap } = engine;
  const { vocabulary } = llama.shape;
  const logits = { block: space.logits, from: 0 };
  for (let from = 0; from < rows; from += LOGIT_ROWS) {
    const count = Math.min(LOGIT_ROWS, rows - from);
    headInput(engine, shifted(x, from * layout.width), count);
    machine.multiply(weights.head, space.u, count, logits, layout.vocabulary, false);
    for (let row = 0; row < count; row++) {
      out.set(heap.floats(space.logits, row * layout.vocabulary, vocabulary), (from + row) * vocabulary);
    }
  }
}

/** Logits of a few ids, and log-sum-exp of all if asked. Without it, only the tiles of eight rows that hold the ids. */
export function candidateLogits(
  engine: SimdEngine,
  x: Place,
  rows: number,
  ids: Int32Array,
  sums: boolean,
): Candidates {
  const { machine, space, weights, llama, layout, heap } = engine;
  const { vocabulary } = llama.shape;
  const out = new Float32Array(rows * ids.length);
  const logSums = new Float32Array(sums ? rows : 0);
  const logits = { block: space.logits, from: 0 };
  for (let from = 0; from < rows; from += LOGIT_ROWS) {
    const count = Math.min(LOGIT_ROWS, rows - from);
    headInput(engine, shifted(x, from * layout.width), count);
    if (sums) {
      machine.multiply(weights.head, space.u, count, logits, layout.vocabulary, false);
      machine.exponentialSums(logits, layout.vocabulary, vocabulary, count, { block: space.sums, from: 0 });
      const pairs = heap.floats(space.sums, 0, 2 * count);
      for (let row = 0; row < count; row++) {
        logSums[from + row] = (pairs[2 * row] ?? 0) + Math.log(pairs[2 * row + 1] ?? 0);
      }
    } else {
      for (const tile of new Set(ids.map((id) => id >> 3))) {
        const matrix = tileOf(weights.head, 8 * tile);
        machine.multiply(matrix, space.u, count, { block: space.logits, from: 8 * tile }, layout.vocabulary, false);
      }
    }
    const all = heap.floats(space.logits);
    for (let row = 0; row < count; row++) {
      ids.forEach((id, i) => {
        out[(from + row) * ids.length + i] = all[row * layout.vocabulary + id] ?? NaN;
      });
    }
  }
  return sums ? { logits: out, sums: logSums } : { logits: out };
}
