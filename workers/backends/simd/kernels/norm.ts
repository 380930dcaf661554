/** RMSNorm (Zhang and Sennrich 2019) and SwiGLU (Shazeer 2020), row by row. */
import { exponential } from './exp';
import { vec } from './vec';

/**
 * u = x / √(mean square + ε) · weight. Rows of `stride` floats, a multiple of 8; the mean is over `width` of them, the
 * rest must be zero.
 */
export function rmsNorm(x: usize, weight: usize, u: usize, tokens: i32, width: i32, stride: i32, epsilon: f32): void {
  const bytes = <usize>stride * 4;
  for (let t = 0; t < tokens; t++, x += bytes, u += bytes) {
    let a = f32x4.splat(0);
    let b = a;
    for (let i: usize = 0; i < bytes; i += 32) {
      const p = v128.load(x + i);
      const q = v128.load(x + i, 16);
      a = vec.mad(p, p, a);
      b = vec.mad(q, q, b);
    }
    const mean = vec.sum(f32x4.add(a, b)) / <f32>width;
    const scale = f32x4.splat(<f32>1 / sqrt<f32>(mean + epsilon));
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(u + i, f32x4.mul(f32x4.mul(v128.load(x + i), scale), v128.load(weight + i)));
    }
  }
}

/** h = gate / (1 + e^−gate) · up; `gates` `[tokens][2][stride]`, `h` `[tokens][stride]`, stride a multiple of 4. */
export function swiglu(gates: usize, stride: i32, tokens: i32, h: usize): void {
  const one = exponential.constant(12);
  const bytes = <usize>stride * 4;
  for (let t = 0; t < tokens; t++, gates += 2 * bytes, h += bytes) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const gate = v128.load(gates + i);
      const sigmoid = f32x4.div(gate, f32x4.add(one, exponential.of(f32x4.neg(gate))));
      v128.store(h + i, f32x4.mul(sigmoid, v128.load(gates + bytes + i)));
    }
  }
}
