/** Vector idioms that several kernels share. Static methods, since a decorator may not stand on a plain function. */
export class vec {
  /** sum + w·x: eight int16 products, added in pairs to four int32. */
  @inline
  static dot(sum: v128, w: v128, x: v128): v128 {
    return i32x4.add(sum, i32x4.dot_i16x8_s(w, x));
  }

  /** a·b + c. Rounded once in the relaxed builds, twice in the plain ones: one source, two builds. */
  @inline
  static mad(a: v128, b: v128, c: v128): v128 {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
    return f32x4.add(f32x4.mul(a, b), c);
  }

  /** int32 sums of a block as float32, times the block's scales, added to y. */
  @inline
  static scaled(sums: v128, scales: v128, y: v128): v128 {
    return vec.mad(f32x4.convert_i32x4_s(sums), scales, y);
  }

  @inline
  static sum(v: v128): f32 {
    v = f32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
    return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1);
  }

  @inline
  static max(v: v128): f32 {
    v = f32x4.pmax(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
    return max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
  }

  /** The float at an address in all four lanes. */
  @inline
  static all(at: usize): v128 {
    return v128.load32_splat(at);
  }
}
