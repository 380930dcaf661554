/** One slice of a block of tokens through one half of a layer, and through the head. */
import type { LinearScore } from '../../../src/core/routing/policy.ts';
import type { Candidates, SiteRoutes } from '../backend.ts';
import type { SimdEngine } from './engine.ts';
import { LOGIT_ROWS } from './engine.ts';
import type { Block } from './heap.ts';
import type { Place, Positions, Rows } from './machine.ts';
import { tileOf, type Part } from './matrix.ts';

/** Tokens of a slice that follow each other in one sequence. */
export interface Span extends Positions {
  /** Of the span's first token, in the slice. */
  readonly row: number;
}

export interface Slice {
  /** Residual stream of the slice's first token. */
  readonly x: Place;
  readonly tokens: number;
  readonly spans: readonly Span[];
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
  const { tokens } = slice;
  const qkv = { block: space.qkv, from: 0 };
  multiply(engine, layer.qkv, space.u, tokens, space.qkv, layout.qkv.stride, false);
  lora(engine, site, slice, qkv, layout.qkv.stride);
  for (const span of slice.spans) {
    const rows = shifted(qkv, span.row * layout.qkv.stride);
    const angles = (span.row * headDim) / 2;
    machine.rope(rows, { block: space.cos, from: angles }, { block: space.sin, from: angles }, span);
    machine.attend(rows, shifted(space.mixed.floats, span.row * layout.attention), span);
  }
  if (isQuantised(layer.o)) machine.quantise(space.mixed, heads * headDim, tokens);
  for (const { matrix, offset } of layer.o) {
    machine.multiply(matrix, space.mixed, tokens, shifted(slice.x, offset), layout.width, true);
  }
}

function feedForward(engine: SimdEngine, site: number, slice: Slice): void {
  const { weights, machine, space, llama, layout } = engine;
  const layer = weights.layers[site >> 1];
  if (layer === undefined) return;
  const { tokens } = slice;
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
  const { routes, block, from, tokens } = slice;
  if (routes === null || experts === undefined) return;
  const routing = experts.router.route(site, routes, block, from, from + tokens);
  if (routing === undefined) return;
  const { table, fold } = routing;
  machine.loraDown(table, space.u.floats, space.u.stride, tokens);
  fold?.();
  machine.loraUp(table, y, stride, tokens);
}

/** Angles of positions, `[token][headDim / 2]`, into the workspace from float `at` on. */
export function setAngles({ heap, space }: SimdEngine, cos: Float32Array, sin: Float32Array, at: number): void {
  heap.floats(space.cos, at, cos.length).set(cos);
  heap.floats(space.sin, at, sin.length).set(sin);
}

/** Linear scores of a slice whose site input lies in the workspace, `[token][unit]` into `out` from token `from` on. */
export function linearScores(
  { machine, space, llama, linear: store, heap }: SimdEngine,
  linear: LinearScore,
  site: number,
  tokens: number,
  out: Float32Array,
  from: number,
): void {
  const units = store.units(linear);
  const matrix = store.matrix(linear, site);
  const room = { block: store.room(matrix.rows), from: 0 };
  machine.multiply(matrix, space.u, tokens, room, matrix.rows, false);
  machine.finishScores(space.u, llama.shape.width, room, matrix.rows, tokens, linear);
  const { add } = linear;
  for (let t = 0; t < tokens; t++) {
    const row = heap.floats(room.block, t * matrix.rows, units);
    const at = (from + t) * units;
    if (add === undefined) out.set(row, at);
    else row.forEach((score, unit) => (out[at + unit] = score + (add[unit] ?? 0)));
  }
}

/** Inputs of the head for at most `LOGIT_ROWS` tokens of those whose residual streams begin at `x`, into the workspace. */
function headInput(
  { machine, space, weights, llama, layout, heap }: SimdEngine,
  x: Place,
  rows: readonly number[],
): void {
  const { width, rmsEpsilon } = llama.shape;
  space.holds = undefined;
  rows.forEach((row, i) => {
    const from = heap.floats(x.block, x.from + row * layout.width, layout.width);
    heap.floats(space.rows, i * layout.width, layout.width).set(from);
  });
  const gathered = { block: space.rows, from: 0 };
  machine.norm(gathered, weights.outputNorm, space.u, rows.length, width, rmsEpsilon, weights.head.format !== 'float');
}

/** `LOGIT_ROWS` at a time: visits them with the number of the first. */
function forRows(rows: readonly number[], visit: (rows: readonly number[], first: number) => void): void {
  for (let from = 0; from < rows.length; from += LOGIT_ROWS) visit(rows.slice(from, from + LOGIT_ROWS), from);
}

/** Logits of these of the tokens whose residual streams begin at `x`, `[row][vocabulary]` into `out`. */
export function headLogits(engine: SimdEngine, x: Place, rows: readonly number[], out: Float32Array): void {
  const { machine, space, weights, llama, layout, heap } = engine;
  const { vocabulary } = llama.shape;
  const logits = { block: space.logits, from: 0 };
  forRows(rows, (some, first) => {
    headInput(engine, x, some);
    machine.multiply(weights.head, space.u, some.length, logits, layout.vocabulary, false);
    for (let row = 0; row < some.length; row++) {
      out.set(heap.floats(space.logits, row * layout.vocabulary, vocabulary), (first + row) * vocabulary);
    }
  });
}

/** Logits of a few ids, and log-sum-exp of all if asked. Without it, only the tiles of eight rows that hold the ids. */
export function candidateLogits(
  engine: SimdEngine,
  x: Place,
  rows: readonly number[],
  ids: Int32Array,
  sums: boolean,
): Candidates {
  const { machine, space, weights, llama, layout, heap } = engine;
  const { vocabulary } = llama.shape;
  const out = new Float32Array(rows.length * ids.length);
  const logSums = new Float32Array(sums ? rows.length : 0);
  const logits = { block: space.logits, from: 0 };
  forRows(rows, (some, first) => {
    const count = some.length;
    headInput(engine, x, some);
    if (sums) {
      machine.multiply(weights.head, space.u, count, logits, layout.vocabulary, false);
      machine.exponentialSums(logits, layout.vocabulary, vocabulary, count, { block: space.sums, from: 0 });
      const pairs = heap.floats(space.sums, 0, 2 * count);
      for (let row = 0; row < count; row++) {
        logSums[first + row] = (pairs[2 * row] ?? 0) + Math.log(pairs[2 * row + 1] ?? 0);
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
        out[(first + row) * ids.length + i] = all[row * layout.vocabulary + id] ?? NaN;
      });
    }
  });
  return sums ? { logits: out, sums: logSums } : { logits: out };
}
