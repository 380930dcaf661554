/**
 * How weights lie in memory: tiles of 8 rows × 32 columns, row tiles one after the other, in each its blocks by rising k.
 *
 * Q4 (Q4_0 and Q4_1), 192 bytes: two groups of four rows, each four vectors. In vector i the 32-bit lane j is row j of
 * the group; its 16-bit halves are k even and k odd; nibble n of a half is k = 8i + 2n + (0 or 1). Then eight f32
 * scales and eight f32 minima: w = q·scale + minimum.
 *
 * Q8 (Q8_0), 288 bytes: two groups of four rows, each eight vectors. In vector i the low byte of a 16-bit half is
 * w + 128 for k = 4i + (0 or 1), the high byte is w for k = 4i + 2 + (0 or 1). Then eight f32 scales.
 *
 * Float, 1024 bytes: `[k][8 rows]` f32; here k need not be a multiple of 32.
 */
export const Q4_TILE: usize = 192;
export const Q8_TILE: usize = 288;
/** Of a tile as `expand` writes it for the GEMM: 16 k-pairs of 8 rows as int16, scales, minima. */
export const EXPANDED_TILE: usize = 576;

/** IEEE half to float; infinity and NaN are kept. */
export function half(bits: u32): f32 {
  const sign: u32 = (bits >> 15) << 31;
  const exponent: u32 = (bits >> 10) & 31;
  const fraction: u32 = bits & 1023;
  if (exponent == 0) {
    const value = <f32>fraction * <f32>5.9604644775390625e-8;
    return sign ? -value : value;
  }
  if (exponent == 31) return reinterpret<f32>(sign | 0x7f800000 | (fraction << 13));
  return reinterpret<f32>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

/**
 * Rows of a file's Q4_0 (`minima` 0) or Q4_1 (1) tensor, `[rows][blocks]`, into tiles. Row r goes to `order[r]`, a list
 * of i32: q and k lie permuted in the file. Rows of the last tile that no source row goes to must be zero already.
 */
export function packQ4(source: usize, blocks: i32, rows: i32, minima: i32, order: usize, to: usize): void {
  const bytes: usize = minima ? 20 : 18;
  const header: usize = bytes - 16;
  for (let r = 0; r < rows; r++) {
    const row = load<i32>(order + <usize>r * 4);
    const within = <usize>(row & 7);
    let tile = to + <usize>(row >> 3) * <usize>blocks * Q4_TILE;
    const lane = (within >> 2) * 64 + (within & 3) * 4;
    for (let b = 0; b < blocks; b++, tile += Q4_TILE, source += bytes) {
      for (let i: usize = 0; i < 4; i++) {
        // Eight weights as the low nibbles of eight bytes; the file's low nibbles are k < 16, its high ones the rest.
        let x = load<u64>(source + header + 8 * (i & 1));
        x = (i < 2 ? x : x >> 4) & 0x0f0f0f0f0f0f0f0f;
        // Bytes 0 and 2, 1 and 3: k and k + 2 side by side in one byte.
        x |= x >> 12;
        const high = <u32>(x >> 32);
        const low = <u32>x;
        const even = (low & 255) | ((high & 255) << 8);
        const odd = ((low & 0xff00) << 8) | ((high & 0xff00) << 16);
        store<u32>(tile + lane + 16 * i, even | odd);
      }
      const scale = half(load<u16>(source));
      store<f32>(tile + 128 + 4 * within, scale);
      store<f32>(tile + 160 + 4 * within, minima ? half(load<u16>(source, 2)) : -8 * scale);
    }
  }
}

/** As `packQ4`, for Q8_0. */
export function packQ8(source: usize, blocks: i32, rows: i32, order: usize, to: usize): void {
  for (let r = 0; r < rows; r++) {
    const row = load<i32>(order + <usize>r * 4);
    const within = <usize>(row & 7);
    let tile = to + <usize>(row >> 3) * <usize>blocks * Q8_TILE;
    const lane = (within >> 2) * 128 + (within & 3) * 4;
    for (let b = 0; b < blocks; b++, tile += Q8_TILE, source += 34) {
      for (let i: usize = 0; i < 8; i++) {
        const w = load<u32>(source + 4 * i, 2);
        // Bytes 0 1 2 3 become 0 2 1 3; the bias turns those of the first pair into w + 128.
        const swapped = (w & 0xff0000ff) | ((w >> 8) & 0xff00) | ((w & 0xff00) << 8);
        store<u32>(tile + lane + 16 * i, swapped ^ 0x00800080);
      }
      store<f32>(tile + 256 + 4 * within, half(load<u16>(source)));
    }
  }
}

/** Rows of f32 `[rows][columns]` into float tiles. */
export function packFloat(source: usize, columns: i32, rows: i32, order: usize, to: usize): void {
  for (let r = 0; r < rows; r++) {
    const row = load<i32>(order + <usize>r * 4);
    let at = to + <usize>(row >> 3) * <usize>columns * 32 + <usize>(row & 7) * 4;
    for (let k = 0; k < columns; k++, at += 32, source += 4) store<f32>(at, load<f32>(source));
  }
}

/** One row of a tiled matrix as f32, `[32 · blocks]` for Q4 (`format` 0) and Q8 (1), `[blocks]` columns for float (2). */
export function unpackRow(format: i32, tiles: usize, blocks: i32, row: i32, to: usize): void {
  const within = <usize>(row & 7);
  if (format == 2) {
    let at = tiles + <usize>(row >> 3) * <usize>blocks * 32 + 4 * within;
    for (let k = 0; k < blocks; k++, at += 32, to += 4) store<f32>(to, load<f32>(at));
    return;
  }
  if (format == 0) {
    let tile = tiles + <usize>(row >> 3) * <usize>blocks * Q4_TILE;
    const lane = (within >> 2) * 64 + (within & 3) * 4;
    for (let b = 0; b < blocks; b++, tile += Q4_TILE) {
      const scale = load<f32>(tile + 4 * within, 128);
      const minimum = load<f32>(tile + 4 * within, 160);
      for (let k: usize = 0; k < 32; k++, to += 4) {
        const halves = <u32>load<u16>(tile + lane + 16 * (k >> 3) + 2 * (k & 1));
        store<f32>(to, <f32>((halves >> (4 * ((<u32>(k >> 1)) & 3))) & 15) * scale + minimum);
      }
    }
    return;
  }
  let tile = tiles + <usize>(row >> 3) * <usize>blocks * Q8_TILE;
  const lane = (within >> 2) * 128 + (within & 3) * 4;
  for (let b = 0; b < blocks; b++, tile += Q8_TILE) {
    const scale = load<f32>(tile + 4 * within, 256);
    for (let k: usize = 0; k < 32; k++, to += 4) {
      const at = tile + lane + 16 * (k >> 2) + 2 * (k & 1);
      const w = k & 2 ? <i32>load<i8>(at, 1) : <i32>load<u8>(at) - 128;
      store<f32>(to, <f32>w * scale);
    }
  }
}
