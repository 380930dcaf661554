/**
 * Float weights, f32 tiles `[rows / 8][k][8]`, rows `from` to `to` (multiples of 8): Y[token] (+)= W x[token]. Serves
 * F32, F16 and BF16 tensors and the linear scores of routers. Every sum runs over k in rising order, however many
 * tokens and rows are computed together.
 */
import { vec } from './vec';

class rows {
  @inline
  static put(y: usize, y0: v128, y1: v128, add: i32): void {
    if (add) {
      y0 = f32x4.add(y0, v128.load(y));
      y1 = f32x4.add(y1, v128.load(y, 16));
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
  }
}

/** One token: two row tiles at a time, for four independent chains of additions. */
export function gemvFloat(weights: usize, columns: i32, from: i32, to: i32, x: usize, y: usize, add: i32): void {
  const bytes = <usize>columns * 32;
  const last = x + <usize>columns * 4;
  let n = from;
  let w = weights + <usize>(from >> 3) * bytes;
  for (; n + 16 <= to; n += 16, w += bytes) {
    let v = w + bytes;
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    for (let u = x; u < last; u += 4, w += 32, v += 32) {
      const X = vec.all(u);
      a0 = vec.mad(X, v128.load(w), a0);
      a1 = vec.mad(X, v128.load(w, 16), a1);
      b0 = vec.mad(X, v128.load(v), b0);
      b1 = vec.mad(X, v128.load(v, 16), b1);
    }
    rows.put(y + <usize>n * 4, a0, a1, add);
    rows.put(y + <usize>n * 4 + 32, b0, b1, add);
  }
  for (; n < to; n += 8) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    for (let u = x; u < last; u += 4, w += 32) {
      const X = vec.all(u);
      a0 = vec.mad(X, v128.load(w), a0);
      a1 = vec.mad(X, v128.load(w, 16), a1);
    }
    rows.put(y + <usize>n * 4, a0, a1, add);
  }
}

/** @param x f32 `[tokens][stride]`  @param Y f32 `[tokens][outputs]`, the strides in floats */
export function gemmFloat(
  weights: usize,
  columns: i32,
  from: i32,
  to: i32,
  x: usize,
  stride: i32,
  tokens: i32,
  Y: usize,
  outputs: i32,
  add: i32,
): void {
  const bytes = <usize>columns * 32;
  const next = <usize>stride * 4;
  const line = <usize>outputs * 4;
  let tile = weights + <usize>(from >> 3) * bytes;
  for (let n = from; n < to; n += 8, tile += bytes) {
    let t = 0;
    let first = x;
    let y = Y + <usize>n * 4;
    for (; t + 4 <= tokens; t += 4, first += 4 * next, y += 4 * line) {
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      let b0 = a0;
      let b1 = a0;
      let b2 = a0;
      let b3 = a0;
      let u = first;
      let v = first + 2 * next;
      for (let w = tile, stop = tile + bytes; w < stop; w += 32, u += 4, v += 4) {
        const p = v128.load(w);
        const q = v128.load(w, 16);
        let X = vec.all(u);
        a0 = vec.mad(X, p, a0);
        b0 = vec.mad(X, q, b0);
        X = vec.all(u + next);
        a1 = vec.mad(X, p, a1);
        b1 = vec.mad(X, q, b1);
        X = vec.all(v);
        a2 = vec.mad(X, p, a2);
        b2 = vec.mad(X, q, b2);
        X = vec.all(v + next);
        a3 = vec.mad(X, p, a3);
        b3 = vec.mad(X, q, b3);
      }
      rows.put(y, a0, b0, add);
      rows.put(y + line, a1, b1, add);
      rows.put(y + 2 * line, a2, b2, add);
      rows.put(y + 3 * line, a3, b3, add);
    }
    for (; t < tokens; t++, first += next, y += line) {
      let a0 = f32x4.splat(0);
      let a1 = a0;
      let u = first;
      for (let w = tile, stop = tile + bytes; w < stop; w += 32, u += 4) {
        const X = vec.all(u);
        a0 = vec.mad(X, v128.load(w), a0);
        a1 = vec.mad(X, v128.load(w, 16), a1);
      }
      rows.put(y, a0, a1, add);
    }
  }
}
