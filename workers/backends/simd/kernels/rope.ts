/**
 * Rotary embedding (Su et al. 2021) of queries and keys, and the new keys and values into their pages.
 *
 * A page holds 64 positions of every layer. For one layer and head of keys: eight blocks of 8 keys, `[block][headDim][8]`,
 * so that one query's scores with eight keys are two vectors; then the values by eight columns, `[column / 8][64][8]`, the
 * last eight filled up, so that mixing them reads memory in order.
 */
export const PAGE: i32 = 64;
/** Bytes of eight columns of a page's values. */
export const COLUMNS: usize = 64 * 32;

/** Bytes of one key's values. */
export function valueRow(headDim: i32): usize {
  return <usize>((headDim + 7) & ~7) * 4;
}

class pair {
  /** Coordinates i and i + half of a head, turned by the angle of position and i. */
  static rotate(head: usize, half: i32, cos: usize, sin: usize): void {
    const other = <usize>half * 4;
    let i = 0;
    for (; i + 4 <= half; i += 4, head += 16, cos += 16, sin += 16) {
      const a = v128.load(head);
      const b = v128.load(head + other);
      const c = v128.load(cos);
      const s = v128.load(sin);
      v128.store(head, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
      v128.store(head + other, f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s)));
    }
    for (; i < half; i++, head += 4, cos += 4, sin += 4) {
      const a = load<f32>(head);
      const b = load<f32>(head + other);
      const c = load<f32>(cos);
      const s = load<f32>(sin);
      store<f32>(head, a * c - b * s);
      store<f32>(head + other, b * c + a * s);
    }
  }
}

/**
 * @param qkv f32 `[tokens][stride]`: queries from 0, keys from `keys`, values from `values` floats on
 * @param cos, sin f32 `[tokens][headDim / 2]`
 * @param pages i32 addresses, one for every 64 positions from 0 on
 * @param layer bytes from a page's beginning to this layer
 */
export function ropeAndStore(
  qkv: usize,
  stride: i32,
  tokens: i32,
  first: i32,
  cos: usize,
  sin: usize,
  heads: i32,
  kvHeads: i32,
  headDim: i32,
  keys: i32,
  values: i32,
  pages: usize,
  layer: usize,
): void {
  const half = headDim >> 1;
  const head = <usize>headDim * 4;
  const headBytes = <usize>PAGE * (head + valueRow(headDim));
  for (let t = 0; t < tokens; t++) {
    for (let h = 0; h < heads; h++) pair.rotate(qkv + <usize>h * head, half, cos, sin);
    const position = first + t;
    const within = <usize>(position & (PAGE - 1));
    let page = <usize>load<u32>(pages + 4 * <usize>(position / PAGE)) + layer;
    let k = qkv + <usize>keys * 4;
    let v = qkv + <usize>values * 4;
    for (let h = 0; h < kvHeads; h++, page += headBytes, k += head, v += head) {
      pair.rotate(k, half, cos, sin);
      const column = page + (within >> 3) * head * 8 + (within & 7) * 4;
      for (let i: usize = 0; i < head; i += 4) store<f32>(column + 8 * i, load<f32>(k + i));
      let to = page + <usize>PAGE * head + within * 32;
      for (let i: usize = 0; i < head; i += 32, to += COLUMNS) memory.copy(to, v + i, min<usize>(32, head - i));
    }
    qkv += <usize>stride * 4;
    cos += <usize>half * 4;
    sin += <usize>half * 4;
  }
}
