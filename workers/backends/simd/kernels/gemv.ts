/**
 * One token times a matrix, rows `from` to `to` (multiples of 8): y (+)= W x. Bound by reading the weights.
 *
 * One vector of weights an iteration: unrolled further, Binaryen and V8 move the chains of additions to their end and
 * spill. Sums of a block are whole numbers and exact; blocks are added in rising order, as the GEMM does, so that a
 * token's numbers do not depend on how many tokens are computed with it.
 */
import { Q4_TILE, Q8_TILE } from './tiles';
import { vec } from './vec';

const nibbles: usize = memory.data<u16>(
  [
    15, 15, 15, 15, 15, 15, 15, 15, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf00, 0xf00, 0xf00, 0xf00, 0xf00,
    0xf00, 0xf00, 0xf00,
  ],
  16,
);

/**
 * Nibbles are masked where they stand, so that four operations give 32 weights; the sums are then 1, 16 and 256 times
 * too large and are brought together by shifts once a block. Largest possible sum: 256·15·8·32767 = 1.01e9.
 */
export function gemvQ4(
  weights: usize,
  blocks: i32,
  from: i32,
  to: i32,
  values: usize,
  scales: usize,
  sums: usize,
  y: usize,
  add: i32,
): void {
  const mask0 = v128.load(nibbles);
  const mask1 = v128.load(nibbles, 16);
  const mask2 = v128.load(nibbles, 32);
  let w = weights + <usize>(from >> 3) * <usize>blocks * Q4_TILE;
  const end = y + <usize>to * 4;
  for (y += <usize>from * 4; y < end; y += 32) {
    let y0 = f32x4.splat(0);
    let y1 = y0;
    let x = values;
    let d = scales;
    let s = sums;
    for (let b = 0; b < blocks; b++, w += Q4_TILE - 64, d += 4, s += 4) {
      let a0 = i32x4.splat(0);
      let a1 = a0;
      let a2 = a0;
      let c0 = a0;
      let c1 = a0;
      let c2 = a0;
      for (const stop = w + 64; w < stop; w += 16, x += 16) {
        const p = v128.load(w);
        const q = v128.load(w, 64);
        let X = vec.all(x);
        a0 = vec.dot(a0, v128.and(p, mask0), X);
        c0 = vec.dot(c0, v128.and(q, mask0), X);
        X = v128.load32_splat(x, 4);
        a1 = vec.dot(a1, v128.and(p, mask1), X);
        c1 = vec.dot(c1, v128.and(q, mask1), X);
        X = v128.load32_splat(x, 8);
        a2 = vec.dot(a2, v128.and(p, mask2), X);
        c2 = vec.dot(c2, v128.and(q, mask2), X);
        X = v128.load32_splat(x, 12);
        a0 = vec.dot(a0, i16x8.shr_u(p, 12), X);
        c0 = vec.dot(c0, i16x8.shr_u(q, 12), X);
      }
      const scale = vec.all(d);
      const sum = vec.all(s);
      a0 = i32x4.add(a0, i32x4.shr_s(i32x4.add(a1, i32x4.shr_s(a2, 4)), 4));
      c0 = i32x4.add(c0, i32x4.shr_s(i32x4.add(c1, i32x4.shr_s(c2, 4)), 4));
      // `w` stands behind the first group: 64 bytes to the scales, 96 to the minima.
      y0 = vec.mad(v128.load(w, 96), sum, vec.scaled(a0, f32x4.mul(v128.load(w, 64), scale), y0));
      y1 = vec.mad(v128.load(w, 112), sum, vec.scaled(c0, f32x4.mul(v128.load(w, 80), scale), y1));
    }
    if (add) {
      y0 = f32x4.add(y0, v128.load(y));
      y1 = f32x4.add(y1, v128.load(y, 16));
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
  }
}

/** A mask or a shift gives eight weights; the low bytes' bias is undone by starting from −128 times the sum of their x. */
export function gemvQ8(
  weights: usize,
  blocks: i32,
  from: i32,
  to: i32,
  values: usize,
  scales: usize,
  biases: usize,
  y: usize,
  add: i32,
): void {
  const low = i16x8.splat(255);
  let w = weights + <usize>(from >> 3) * <usize>blocks * Q8_TILE;
  const end = y + <usize>to * 4;
  for (y += <usize>from * 4; y < end; y += 32) {
    let y0 = f32x4.splat(0);
    let y1 = y0;
    let x = values;
    let d = scales;
    let bias = biases;
    for (let b = 0; b < blocks; b++, w += Q8_TILE - 128, d += 4, bias += 4) {
      let a0 = vec.all(bias);
      let c0 = a0;
      let a1 = i32x4.splat(0);
      let c1 = a1;
      for (const stop = w + 128; w < stop; w += 16, x += 8) {
        const p = v128.load(w);
        const q = v128.load(w, 128);
        let X = vec.all(x);
        a0 = vec.dot(a0, v128.and(p, low), X);
        c0 = vec.dot(c0, v128.and(q, low), X);
        X = v128.load32_splat(x, 4);
        a1 = vec.dot(a1, i16x8.shr_s(p, 8), X);
        c1 = vec.dot(c1, i16x8.shr_s(q, 8), X);
      }
      const scale = vec.all(d);
      y0 = vec.scaled(i32x4.add(a0, a1), f32x4.mul(v128.load(w, 128), scale), y0);
      y1 = vec.scaled(i32x4.add(c0, c1), f32x4.mul(v128.load(w, 144), scale), y1);
    }
    if (add) {
      y0 = f32x4.add(y0, v128.load(y));
      y1 = f32x4.add(y1, v128.load(y, 16));
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
  }
}
