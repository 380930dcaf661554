/**
 * Four tokens or more times a matrix, rows `from` to `to` (multiples of 8): Y[token] (+)= W x[token].
 *
 * A tile of 8 rows is expanded to int16 once, for all tokens (576 bytes a block: 27 kB for 1,536 columns, which stays in
 * the first or second cache), and then multiplied with four tokens at a time: eight accumulators, two vectors of
 * weights and one of activations fit the 15 registers that V8 hands out; 12 × 4 does not.
 */
import { EXPANDED_TILE, Q4_TILE, Q8_TILE } from './tiles';
import { vec } from './vec';

/** `[k-pair][8 rows][2]` int16, then scales and minima. */
function expandQ4(w: usize, blocks: i32, to: usize): void {
  const mask = i16x8.splat(15);
  for (let b = 0; b < blocks; b++, w += Q4_TILE, to += EXPANDED_TILE) {
    for (let g: usize = 0; g < 2; g++) {
      for (let i: usize = 0; i < 4; i++) {
        const p = v128.load(w + 64 * g + 16 * i);
        const at = to + 128 * i + 16 * g;
        v128.store(at, v128.and(p, mask));
        v128.store(at, v128.and(i16x8.shr_u(p, 4), mask), 32);
        v128.store(at, v128.and(i16x8.shr_u(p, 8), mask), 64);
        v128.store(at, i16x8.shr_u(p, 12), 96);
      }
    }
    v128.store(to, v128.load(w, 128), 512);
    v128.store(to, v128.load(w, 144), 528);
    v128.store(to, v128.load(w, 160), 544);
    v128.store(to, v128.load(w, 176), 560);
  }
}

function expandQ8(w: usize, blocks: i32, to: usize): void {
  const low = i16x8.splat(255);
  const bias = i16x8.splat(128);
  const zero = i32x4.splat(0);
  for (let b = 0; b < blocks; b++, w += Q8_TILE, to += EXPANDED_TILE) {
    for (let g: usize = 0; g < 2; g++) {
      for (let i: usize = 0; i < 8; i++) {
        const p = v128.load(w + 128 * g + 16 * i);
        const at = to + 64 * i + 16 * g;
        v128.store(at, i16x8.sub(v128.and(p, low), bias));
        v128.store(at, i16x8.shr_s(p, 8), 32);
      }
    }
    v128.store(to, v128.load(w, 256), 512);
    v128.store(to, v128.load(w, 272), 528);
    v128.store(to, zero, 544);
    v128.store(to, zero, 560);
  }
}

class tile {
  /** Eight outputs of one token. */
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

/**
 * @param format 0 is Q4, 1 is Q8
 * @param stride of Y, in floats
 * @param expanded room for `blocks` expanded tiles, of this thread alone
 */
export function gemm(
  format: i32,
  weights: usize,
  blocks: i32,
  from: i32,
  to: i32,
  values: usize,
  scales: usize,
  sums: usize,
  tokens: i32,
  Y: usize,
  stride: i32,
  expanded: usize,
  add: i32,
): void {
  const line = <usize>stride * 4;
  for (let n = from; n < to; n += 8) {
    if (format == 0) expandQ4(weights + <usize>(n >> 3) * <usize>blocks * Q4_TILE, blocks, expanded);
    else expandQ8(weights + <usize>(n >> 3) * <usize>blocks * Q8_TILE, blocks, expanded);
    let x = values;
    let d = scales;
    let s = sums;
    let y = Y + <usize>n * 4;
    for (let t = 0; t < tokens; t += 4, y += 4 * line) {
      let w = expanded;
      let y0 = f32x4.splat(0);
      let y1 = y0;
      let y2 = y0;
      let y3 = y0;
      let z0 = y0;
      let z1 = y0;
      let z2 = y0;
      let z3 = y0;
      for (let b = 0; b < blocks; b++, d += 16, s += 16, w += 64) {
        let a0 = i32x4.splat(0);
        let a1 = a0;
        let a2 = a0;
        let a3 = a0;
        let c0 = a0;
        let c1 = a0;
        let c2 = a0;
        let c3 = a0;
        for (const stop = w + 512; w < stop; w += 32, x += 16) {
          const p = v128.load(w);
          const q = v128.load(w, 16);
          let X = vec.all(x);
          a0 = vec.dot(a0, p, X);
          c0 = vec.dot(c0, q, X);
          X = v128.load32_splat(x, 4);
          a1 = vec.dot(a1, p, X);
          c1 = vec.dot(c1, q, X);
          X = v128.load32_splat(x, 8);
          a2 = vec.dot(a2, p, X);
          c2 = vec.dot(c2, q, X);
          X = v128.load32_splat(x, 12);
          a3 = vec.dot(a3, p, X);
          c3 = vec.dot(c3, q, X);
        }
        const dy = v128.load(w);
        const dz = v128.load(w, 16);
        const my = v128.load(w, 32);
        const mz = v128.load(w, 48);
        let scale = vec.all(d);
        let sum = vec.all(s);
        y0 = vec.mad(my, sum, vec.scaled(a0, f32x4.mul(dy, scale), y0));
        z0 = vec.mad(mz, sum, vec.scaled(c0, f32x4.mul(dz, scale), z0));
        scale = v128.load32_splat(d, 4);
        sum = v128.load32_splat(s, 4);
        y1 = vec.mad(my, sum, vec.scaled(a1, f32x4.mul(dy, scale), y1));
        z1 = vec.mad(mz, sum, vec.scaled(c1, f32x4.mul(dz, scale), z1));
        scale = v128.load32_splat(d, 8);
        sum = v128.load32_splat(s, 8);
        y2 = vec.mad(my, sum, vec.scaled(a2, f32x4.mul(dy, scale), y2));
        z2 = vec.mad(mz, sum, vec.scaled(c2, f32x4.mul(dz, scale), z2));
        scale = v128.load32_splat(d, 12);
        sum = v128.load32_splat(s, 12);
        y3 = vec.mad(my, sum, vec.scaled(a3, f32x4.mul(dy, scale), y3));
        z3 = vec.mad(mz, sum, vec.scaled(c3, f32x4.mul(dz, scale), z3));
      }
      tile.put(y, y0, z0, add);
      if (t + 1 < tokens) tile.put(y + line, y1, z1, add);
      if (t + 2 < tokens) tile.put(y + 2 * line, y2, z2, add);
      if (t + 3 < tokens) tile.put(y + 3 * line, y3, z3, add);
    }
  }
}
