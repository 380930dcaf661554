/**
 * e^x for four floats: x = n·ln 2 + r, a polynomial of degree 7 in r (the coefficients of Cephes' expf), n added to the
 * exponent. Within 1e-7 of the value from −87 to 88; beyond, x is clamped.
 */

import { vec } from './vec';

// Four lanes each, read from memory: splatting a constant in a loop costs V8 three instructions every time.
const constants: usize = memory.data<f32>(
  [
    88, 88, 88, 88, -87, -87, -87, -87,
    // 1 / ln 2, and 1.5·2^23: adding it rounds to a whole number in the low bits
    1.44269504, 1.44269504, 1.44269504, 1.44269504, 12582912, 12582912, 12582912, 12582912,
    // ln 2 in two parts
    0.693359375, 0.693359375, 0.693359375, 0.693359375, -2.1219444e-4, -2.1219444e-4, -2.1219444e-4, -2.1219444e-4,
    1.98756915e-4, 1.98756915e-4, 1.98756915e-4, 1.98756915e-4, 1.3981999507e-3, 1.3981999507e-3, 1.3981999507e-3,
    1.3981999507e-3, 8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 8.3334519073e-3, 4.1665795894e-2,
    4.1665795894e-2, 4.1665795894e-2, 4.1665795894e-2, 1.6666665459e-1, 1.6666665459e-1, 1.6666665459e-1,
    1.6666665459e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1, 5.0000001201e-1, 1, 1, 1, 1,
  ],
  16,
);

export class exponential {
  @inline
  static constant(i: usize): v128 {
    return v128.load(constants + 16 * i);
  }

  /** NaN stays NaN. */
  @inline
  static of(x: v128): v128 {
    x = f32x4.pmax(f32x4.pmin(x, exponential.constant(0)), exponential.constant(1));
    const magic = exponential.constant(3);
    const shifted = f32x4.add(f32x4.mul(x, exponential.constant(2)), magic);
    const n = f32x4.sub(shifted, magic);
    const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, exponential.constant(4))), f32x4.mul(n, exponential.constant(5)));
    let y = vec.mad(exponential.constant(6), r, exponential.constant(7));
    y = vec.mad(y, r, exponential.constant(8));
    y = vec.mad(y, r, exponential.constant(9));
    y = vec.mad(y, r, exponential.constant(10));
    y = vec.mad(y, r, exponential.constant(11));
    y = vec.mad(y, f32x4.mul(r, r), f32x4.add(r, exponential.constant(12)));
    return i32x4.add(y, i32x4.shl(shifted, 23));
  }
}
