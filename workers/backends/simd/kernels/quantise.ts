/**
 * Activations as int16: a block of 32 floats shares one scale, (largest magnitude) / 32767. Beside the whole numbers a
 * block keeps its scale, its sum (of the rounded values, times the scale: what the minimum of a Q4 block is multiplied
 * by) and, for one token at a time, −128 times the sum over k mod 4 < 2 (what undoes the bias of Q8's low bytes).
 *
 * Two layouts. *Single*: tokens one after the other, `[token][k]`. *Tiled*: tiles of four tokens,
 * `[token / 4][k / 2][4][2]`, scales and sums `[token / 4][block][4]`; the last tile may be filled in part.
 */
// 1.5·2^23: adding it to |x| < 2^22 leaves x, rounded to nearest even, in the low bits. Two operations; trunc_sat costs six.
const magic: usize = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);
const magnitude: usize = memory.data<u32>([0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff], 16);

/** Below it a block counts as zero: its scale would not be a normal number. */
const SMALLEST: f32 = 1e-30;

/** Four floats times `inverse`, rounded to int32. */
class round {
  @inline
  static of(x: v128, inverse: v128, shift: v128): v128 {
    return i32x4.sub(f32x4.add(f32x4.mul(x, inverse), shift), shift);
  }
}

/**
 * Largest magnitude of 32 floats. Compared as whole numbers: NaN and infinity are then the largest of all, so that they
 * reach the scale and with it everything that is computed from this block.
 */
class largest {
  @inline
  static of(x: usize): f32 {
    const mask = v128.load(magnitude);
    let m = v128.and(v128.load(x), mask);
    for (let i: usize = 16; i < 128; i += 16) m = i32x4.max_s(m, v128.and(v128.load(x + i), mask));
    m = i32x4.max_s(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
    return reinterpret<f32>(max(i32x4.extract_lane(m, 0), i32x4.extract_lane(m, 1)));
  }
}

/** `x` f32 `[tokens][stride]`, of which `blocks`·32 are read. */
export function quantiseSingle(
  x: usize,
  stride: i32,
  blocks: i32,
  tokens: i32,
  values: usize,
  scales: usize,
  sums: usize,
  biases: usize,
): void {
  const shift = v128.load(magic);
  for (let t = 0; t < tokens; t++) {
    let from = x + <usize>t * <usize>stride * 4;
    for (let b = 0; b < blocks; b++, from += 128, scales += 4, sums += 4, biases += 4) {
      const most = largest.of(from);
      const inverse = f32x4.splat(most > SMALLEST ? <f32>32767 / most : 0);
      let total = i32x4.splat(0);
      for (let i: usize = 0; i < 128; i += 32, values += 16) {
        const low = round.of(v128.load(from + i), inverse, shift);
        const high = round.of(v128.load(from + i, 16), inverse, shift);
        total = i32x4.add(total, i32x4.add(low, high));
        v128.store(values, i16x8.narrow_i32x4_s(low, high));
      }
      const scale = most / <f32>32767;
      // Lane i holds the sum over k mod 4 = i.
      const even = i32x4.extract_lane(total, 0) + i32x4.extract_lane(total, 1);
      const odd = i32x4.extract_lane(total, 2) + i32x4.extract_lane(total, 3);
      store<f32>(scales, scale);
      store<f32>(sums, scale * <f32>(even + odd));
      store<i32>(biases, -128 * even);
    }
  }
}

/** As `quantiseSingle`; tokens fill tiles of four from the first place of the first tile on. */
export function quantiseTiled(
  x: usize,
  stride: i32,
  blocks: i32,
  tokens: i32,
  values: usize,
  scales: usize,
  sums: usize,
): void {
  const shift = v128.load(magic);
  for (let t = 0; t < tokens; t++) {
    let from = x + <usize>t * <usize>stride * 4;
    const tile = <usize>(t >> 2) * <usize>blocks;
    const lane = <usize>(t & 3) * 4;
    let to = values + tile * 256 + lane;
    let scaleAt = scales + tile * 16 + lane;
    let sumAt = sums + tile * 16 + lane;
    for (let b = 0; b < blocks; b++, from += 128, scaleAt += 16, sumAt += 16) {
      const most = largest.of(from);
      const inverse = f32x4.splat(most > SMALLEST ? <f32>32767 / most : 0);
      let total = i32x4.splat(0);
      for (let i: usize = 0; i < 128; i += 32, to += 64) {
        const low = round.of(v128.load(from + i), inverse, shift);
        const high = round.of(v128.load(from + i, 16), inverse, shift);
        total = i32x4.add(total, i32x4.add(low, high));
        const eight = i16x8.narrow_i32x4_s(low, high);
        v128.store32_lane(to, eight, 0);
        v128.store32_lane(to, eight, 1, 16);
        v128.store32_lane(to, eight, 2, 32);
        v128.store32_lane(to, eight, 3, 48);
      }
      const scale = most / <f32>32767;
      const whole =
        i32x4.extract_lane(total, 0) +
        i32x4.extract_lane(total, 1) +
        i32x4.extract_lane(total, 2) +
        i32x4.extract_lane(total, 3);
      store<f32>(scaleAt, scale);
      store<f32>(sumAt, scale * <f32>whole);
    }
  }
}
