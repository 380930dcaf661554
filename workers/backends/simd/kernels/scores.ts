/** What is done to linear scores and logits behind the matrix product. */
import { exponential } from './exp';
import { vec } from './vec';

class row {
  /** Σ (x − shift)² or, with `plain`, Σ x over `width` floats. */
  static sum(x: usize, width: i32, shift: f32, plain: bool): f32 {
    const s = f32x4.splat(shift);
    let a = f32x4.splat(0);
    let i = 0;
    for (; i + 4 <= width; i += 4, x += 16) {
      const v = v128.load(x);
      const d = f32x4.sub(v, s);
      a = plain ? f32x4.add(a, v) : vec.mad(d, d, a);
    }
    let total = vec.sum(a);
    for (; i < width; i++, x += 4) {
      const d = load<f32>(x) - shift;
      total += plain ? load<f32>(x) : d * d;
    }
    return total;
  }
}

/**
 * Scores of rows that were multiplied with u itself, as if they had been with u of length 1 (`input` 1) or u of standard
 * deviation 1 (2; the mean is taken off by rows of mean 0); their absolute values where asked.
 * @param scores f32 `[tokens][units]`, units a multiple of 4
 */
export function finishScores(
  u: usize,
  stride: i32,
  width: i32,
  tokens: i32,
  scores: usize,
  units: i32,
  input: i32,
  absolute: i32,
  epsilon: f32,
): void {
  for (let t = 0; t < tokens; t++, u += <usize>stride * 4) {
    let scale: f32 = 1;
    if (input == 1) {
      const square = row.sum(u, width, 0, false);
      scale = square == 0 ? 1 : <f32>1 / sqrt<f32>(square);
    } else if (input == 2) {
      const mean = row.sum(u, width, 0, true) / <f32>width;
      scale = <f32>1 / sqrt<f32>(row.sum(u, width, mean, false) / <f32>width + epsilon);
    }
    const factor = f32x4.splat(scale);
    for (let i = 0; i < units; i += 4, scores += 16) {
      let v = v128.load(scores);
      if (input) v = f32x4.mul(v, factor);
      v128.store(scores, absolute ? f32x4.abs(v) : v);
    }
  }
}

/** Largest of `count` logits and the sum of e^(logit − largest), two floats to `to`. */
export function exponentialSum(logits: usize, count: i32, to: usize): void {
  const whole = logits + <usize>(count & ~3) * 4;
  const end = logits + <usize>count * 4;
  let m = f32x4.splat(-3e38);
  for (let p = logits; p < whole; p += 16) m = f32x4.pmax(m, v128.load(p));
  let most = vec.max(m);
  for (let p = whole; p < end; p += 4) most = max(most, load<f32>(p));
  m = f32x4.splat(most);
  let a = f32x4.splat(0);
  for (let p = logits; p < whole; p += 16) a = f32x4.add(a, exponential.of(f32x4.sub(v128.load(p), m)));
  let total = vec.sum(a);
  for (let p = whole; p < end; p += 4) {
    total += f32x4.extract_lane(exponential.of(f32x4.splat(load<f32>(p) - most)), 0);
  }
  store<f32>(to, most);
  store<f32>(to, total, 4);
}
