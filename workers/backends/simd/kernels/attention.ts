/**
 * Causal attention, blocked: for a tile of tokens and one head of keys, page after page of 64 keys. A page's keys and
 * values (32 kB for heads of 64) stay in the first cache while every query of the tile reads them; the softmax runs
 * along (Milakov and Gimelshein 2018; Dao et al. 2022). Queries that share keys, of other heads of the group or of other
 * tokens, go three at a time and share every load.
 *
 * Pages begin at multiples of 64 positions, and within a page sums run in one order for one query as for three: what a
 * token gets does not depend on the pass it is in.
 */
import { exponential } from './exp';
import { COLUMNS, PAGE, valueRow } from './rope';
import { vec } from './vec';

/** Below every score; its exponential is set to 0 by hand. */
const LOWEST: f32 = -3e38;

/** Bytes of a query's state: largest score, sum of exponentials, two unused, then its mixed values. */
class state {
  @inline
  static bytes(headDim: i32): usize {
    return 16 + valueRow(headDim);
  }
}

/** Bytes of scratch memory that a tile of `queries` takes: packed queries, their states, scores of three. */
export function attentionScratch(queries: i32, headDim: i32): usize {
  return <usize>queries * (<usize>headDim * 4 + state.bytes(headDim)) + 3 * <usize>PAGE * 4 + 16;
}

/**
 * The queries of a tile three by three, `[headDim][3]`, those left over one by one: the kernels then read them behind one
 * pointer with fixed offsets, which saves three additions of addresses a step.
 */
function packQueries(q: usize, stride: i32, group: i32, headDim: i32, queries: i32, to: usize): void {
  for (let r = 0; r < queries; r++) {
    const t = r / group;
    const triple = r - (r % 3);
    const step: usize = triple + 3 <= queries ? 12 : 4;
    let from = q + (<usize>t * <usize>stride + <usize>((r - t * group) * headDim)) * 4;
    let at = step == 12 ? to + <usize>(triple * headDim + r - triple) * 4 : to + <usize>(r * headDim) * 4;
    for (let i = 0; i < headDim; i++, from += 4, at += step) store<f32>(at, load<f32>(from));
  }
}

/** Scores of three packed queries with `keys` keys (a multiple of 8), `[query][64]`. */
function scoresOf3(q: usize, k: usize, headDim: i32, keys: i32, to: usize): void {
  const end = q + <usize>headDim * 12;
  for (let s = 0; s < keys; s += 8, to += 32) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    for (let i = q; i < end; i += 24, k += 64) {
      let u = v128.load(k);
      let v = v128.load(k, 16);
      let X = vec.all(i);
      a0 = vec.mad(X, u, a0);
      a1 = vec.mad(X, v, a1);
      X = v128.load32_splat(i, 4);
      b0 = vec.mad(X, u, b0);
      b1 = vec.mad(X, v, b1);
      X = v128.load32_splat(i, 8);
      c0 = vec.mad(X, u, c0);
      c1 = vec.mad(X, v, c1);
      u = v128.load(k, 32);
      v = v128.load(k, 48);
      X = v128.load32_splat(i, 12);
      a0 = vec.mad(X, u, a0);
      a1 = vec.mad(X, v, a1);
      X = v128.load32_splat(i, 16);
      b0 = vec.mad(X, u, b0);
      b1 = vec.mad(X, v, b1);
      X = v128.load32_splat(i, 20);
      c0 = vec.mad(X, u, c0);
      c1 = vec.mad(X, v, c1);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, b0, 256);
    v128.store(to, b1, 272);
    v128.store(to, c0, 512);
    v128.store(to, c1, 528);
  }
}

/** The same for one query; sixteen keys at a time, of which the last eight may be beyond `keys` but in the page. */
function scoresOf1(q: usize, k: usize, head: usize, keys: i32, to: usize): void {
  const block = head * 8;
  for (let s = 0; s < keys; s += 16, to += 64, k += block) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    for (let i: usize = 0; i < head; i += 4, k += 32) {
      const X = vec.all(q + i);
      a0 = vec.mad(X, v128.load(k), a0);
      a1 = vec.mad(X, v128.load(k, 16), a1);
      b0 = vec.mad(X, v128.load(k + block), b0);
      b1 = vec.mad(X, v128.load(k + block, 16), b1);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, b0, 32);
    v128.store(to, b1, 48);
  }
}

/**
 * Turns `keys` scores, of which the first `seen` count, into weights relative to the largest score so far, and brings
 * what was mixed before to the same scale.
 */
function soften(query: usize, values: usize, scores: usize, seen: i32, keys: i32, scale: f32): void {
  for (let s = max(seen, 0); s < keys; s++) store<f32>(scores + 4 * <usize>s, LOWEST);
  const end = scores + 4 * <usize>keys;
  const factor = f32x4.splat(scale);
  const before = load<f32>(query);
  let m = f32x4.splat(before);
  for (let p = scores; p < end; p += 16) {
    const x = f32x4.mul(v128.load(p), factor);
    v128.store(p, x);
    m = f32x4.pmax(m, x);
  }
  const most = vec.max(m);
  m = f32x4.splat(most);
  let total = f32x4.splat(0);
  for (let p = scores; p < end; p += 16) {
    const e = exponential.of(f32x4.sub(v128.load(p), m));
    v128.store(p, e);
    total = f32x4.add(total, e);
  }
  for (let s = max(seen, 0); s < keys; s++) store<f32>(scores + 4 * <usize>s, 0);
  let sum = load<f32>(query, 4);
  if (most != before) {
    const shrink = exponential.of(f32x4.splat(before - most));
    sum *= f32x4.extract_lane(shrink, 0);
    for (let i: usize = 0; i < values; i += 16) {
      v128.store(query + i, f32x4.mul(v128.load(query + i, 16), shrink), 16);
    }
  }
  store<f32>(query, most);
  store<f32>(query, sum + vec.sum(total), 4);
}

/**
 * Adds the values of `keys` keys, weighted, to what three queries have mixed: eight columns at a time, whose values of the
 * page's 64 keys lie one after the other. `row`: bytes of one key's values.
 */
function mix3(q0: usize, q1: usize, q2: usize, v: usize, row: usize, keys: i32, weights: usize): void {
  const end = weights + 4 * <usize>keys;
  for (let i: usize = 0; i < row; i += 32, v += COLUMNS) {
    let a0 = v128.load(q0 + i, 16);
    let a1 = v128.load(q0 + i, 32);
    let b0 = v128.load(q1 + i, 16);
    let b1 = v128.load(q1 + i, 32);
    let c0 = v128.load(q2 + i, 16);
    let c1 = v128.load(q2 + i, 32);
    let at = v;
    for (let w = weights; w < end; w += 4, at += 32) {
      const p = v128.load(at);
      const q = v128.load(at, 16);
      let X = vec.all(w);
      a0 = vec.mad(X, p, a0);
      a1 = vec.mad(X, q, a1);
      X = v128.load32_splat(w, 256);
      b0 = vec.mad(X, p, b0);
      b1 = vec.mad(X, q, b1);
      X = v128.load32_splat(w, 512);
      c0 = vec.mad(X, p, c0);
      c1 = vec.mad(X, q, c1);
    }
    v128.store(q0 + i, a0, 16);
    v128.store(q0 + i, a1, 32);
    v128.store(q1 + i, b0, 16);
    v128.store(q1 + i, b1, 32);
    v128.store(q2 + i, c0, 16);
    v128.store(q2 + i, c1, 32);
  }
}

/** The same for one query, sixteen columns at a time where there are as many. */
function mix1(query: usize, v: usize, row: usize, keys: i32, weights: usize): void {
  const end = weights + 4 * <usize>keys;
  let i: usize = 0;
  for (; i + 64 <= row; i += 64, v += 2 * COLUMNS) {
    let a = v128.load(query + i, 16);
    let b = v128.load(query + i, 32);
    let c = v128.load(query + i, 48);
    let d = v128.load(query + i, 64);
    let at = v;
    for (let w = weights; w < end; w += 4, at += 32) {
      const X = vec.all(w);
      a = vec.mad(X, v128.load(at), a);
      b = vec.mad(X, v128.load(at, 16), b);
      c = vec.mad(X, v128.load(at, COLUMNS), c);
      d = vec.mad(X, v128.load(at, COLUMNS + 16), d);
    }
    v128.store(query + i, a, 16);
    v128.store(query + i, b, 32);
    v128.store(query + i, c, 48);
    v128.store(query + i, d, 64);
  }
  for (; i < row; i += 32, v += COLUMNS) {
    let a = v128.load(query + i, 16);
    let b = v128.load(query + i, 32);
    let at = v;
    for (let w = weights; w < end; w += 4, at += 32) {
      const X = vec.all(w);
      a = vec.mad(X, v128.load(at), a);
      b = vec.mad(X, v128.load(at, 16), b);
    }
    v128.store(query + i, a, 16);
    v128.store(query + i, b, 32);
  }
}

/** Divides by the sum of exponentials; exactly `headDim` floats are written, the neighbour's begin behind them. */
function finish(query: usize, headDim: i32, out: usize): void {
  const sum = load<f32>(query, 4);
  const inverse = <f32>1 / sum;
  const scale = f32x4.splat(inverse);
  let i = 0;
  for (; i + 4 <= headDim; i += 4, query += 16, out += 16) v128.store(out, f32x4.mul(v128.load(query, 16), scale));
  for (; i < headDim; i++, query += 4, out += 4) store<f32>(out, load<f32>(query, 16) * inverse);
}

/**
 * @param q f32 `[tokens][stride]`, queries of `group` heads that share the keys, rotated
 * @param first position of the first token
 * @param head bytes from a page's beginning to the keys of this layer and head
 * @param out f32 `[tokens][outStride]`, from the group's first head on
 */
export function attend(
  q: usize,
  stride: i32,
  tokens: i32,
  first: i32,
  group: i32,
  headDim: i32,
  scale: f32,
  pages: usize,
  head: usize,
  out: usize,
  outStride: i32,
  scratch: usize,
): void {
  const headBytes = <usize>headDim * 4;
  const row = valueRow(headDim);
  const bytes = state.bytes(headDim);
  const queries = tokens * group;
  const packed = scratch;
  const states = (scratch + <usize>queries * headBytes + 15) & ~15;
  const scores = states + <usize>queries * bytes;
  packQueries(q, stride, group, headDim, queries, packed);
  for (let r = 0; r < queries; r++) {
    const query = states + <usize>r * bytes;
    memory.fill(query, 0, bytes);
    store<f32>(query, LOWEST);
  }
  for (let p = 0; p * PAGE < first + tokens; p++) {
    const k = <usize>load<u32>(pages + 4 * <usize>p) + head;
    const v = k + <usize>PAGE * headBytes;
    /** Keys of this page that the first token sees; each later token sees one more. */
    const before = first + 1 - p * PAGE;
    // Tokens before the page see none of it.
    let r = before < 1 ? (((1 - before) * group) / 3) * 3 : 0;
    for (; r + 3 <= queries; r += 3) {
      const seen = min(PAGE, before + (r + 2) / group);
      if (seen <= 0) continue;
      const query = states + <usize>r * bytes;
      const keys = (seen + 7) & ~7;
      scoresOf3(packed + <usize>r * headBytes, k, headDim, keys, scores);
      soften(query, row, scores, min(PAGE, before + r / group), keys, scale);
      soften(query + bytes, row, scores + 256, min(PAGE, before + (r + 1) / group), keys, scale);
      soften(query + 2 * bytes, row, scores + 512, seen, keys, scale);
      mix3(query, query + bytes, query + 2 * bytes, v, row, seen, scores);
    }
    for (; r < queries; r++) {
      const seen = min(PAGE, before + r / group);
      if (seen <= 0) continue;
      const query = states + <usize>r * bytes;
      const keys = (seen + 7) & ~7;
      scoresOf1(packed + <usize>r * headBytes, k, headBytes, keys, scores);
      soften(query, row, scores, seen, keys, scale);
      mix1(query, v, row, seen, scores);
    }
  }
  for (let r = 0; r < queries; r++) {
    const t = r / group;
    const at = out + (<usize>t * <usize>outStride + <usize>((r - t * group) * headDim)) * 4;
    finish(states + <usize>r * bytes, headDim, at);
  }
}
