/**
 * LoRA of chosen experts (Hu et al. 2021): y += B (g ⊙ A u), a *block* of eight ranks at a time; an expert of rank 32 has
 * four blocks, one of rank 3 a block that is filled up with zeros.
 *
 * At a site the modules that read it (q, k, v or gate, up) lie side by side: A is `[k][modules · 8]`, B is for each module
 * `[outputs / 4][8][4]`. Numbers are f32, or pairs of bf16: a 32-bit lane then holds two vectors' values, the low half
 * of the even vector and the high half of the odd one, which is half the memory to read and exact where the adapter's
 * values are bf16 already.
 */
import { vec } from './vec';

/** One block of ranks and the tokens that use it; `first` counts (block, token) pairs over the whole table. */
@unmanaged
export class Entry {
  a: usize;
  b: usize;
  /** 1: pairs of bf16. */
  pairs: i32;
  count: i32;
  first: i32;
}

class bf16 {
  @inline
  static even(pair: v128): v128 {
    return i32x4.shl(pair, 16);
  }

  @inline
  static odd(pair: v128, high: v128): v128 {
    return v128.and(pair, high);
  }
}

/** g ⊙ h for one module's eight ranks. */
class gated {
  @inline
  static put(to: usize, low: v128, high: v128, gates: usize): void {
    v128.store(to, f32x4.mul(low, v128.load(gates)));
    v128.store(to, f32x4.mul(high, v128.load(gates, 16)), 16);
  }
}

/**
 * h = g ⊙ A u for `count` tokens, two at a time.
 * @param u f32 `[token][stride]`, of which `columns` are read
 * @param tokens i32 rows of u  @param gates f32 `[count][8]`  @param h f32 `[count][modules · 8]`
 */
export function loraDown(
  modules: i32,
  pairs: i32,
  u: usize,
  stride: i32,
  columns: i32,
  tokens: usize,
  gates: usize,
  count: i32,
  A: usize,
  h: usize,
): void {
  const line = <usize>stride * 4;
  const length = <usize>columns * 4;
  for (let i = 0; i < count; i += 2) {
    const two = i + 1 < count;
    const first = u + <usize>load<i32>(tokens) * line;
    // An odd token out is computed twice: one code, and so the same numbers as in company.
    const second = two ? u + <usize>load<i32>(tokens, 4) * line : first;
    const g = gates + 32;
    if (modules == 3) {
      if (pairs) down3<u16>(first, second, length, A, h, gates, two ? g : gates, two);
      else down3<f32>(first, second, length, A, h, gates, two ? g : gates, two);
      h += 192;
    } else {
      if (pairs) down2<u16>(first, second, length, A, h, gates, two ? g : gates, two);
      else down2<f32>(first, second, length, A, h, gates, two ? g : gates, two);
      h += 128;
    }
    tokens += 8;
    gates += 64;
  }
}

/** Three modules: 24 columns, six accumulators a token. */
function down3<T>(u: usize, v: usize, length: usize, a: usize, h: usize, g: usize, f: usize, two: bool): void {
  const high = i32x4.splat(0xffff0000);
  let p0 = f32x4.splat(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let p4 = p0;
  let p5 = p0;
  let q0 = p0;
  let q1 = p0;
  let q2 = p0;
  let q3 = p0;
  let q4 = p0;
  let q5 = p0;
  for (const end = u + length; u < end; u += 4, v += 4, a += 24 * sizeof<T>()) {
    const X = vec.all(u);
    const Y = vec.all(v);
    if (sizeof<T>() == 2) {
      let odd = v128.load(a);
      let even = bf16.even(odd);
      odd = bf16.odd(odd, high);
      p0 = vec.mad(X, even, p0);
      q0 = vec.mad(Y, even, q0);
      p1 = vec.mad(X, odd, p1);
      q1 = vec.mad(Y, odd, q1);
      odd = v128.load(a, 16);
      even = bf16.even(odd);
      odd = bf16.odd(odd, high);
      p2 = vec.mad(X, even, p2);
      q2 = vec.mad(Y, even, q2);
      p3 = vec.mad(X, odd, p3);
      q3 = vec.mad(Y, odd, q3);
      odd = v128.load(a, 32);
      even = bf16.even(odd);
      odd = bf16.odd(odd, high);
      p4 = vec.mad(X, even, p4);
      q4 = vec.mad(Y, even, q4);
      p5 = vec.mad(X, odd, p5);
      q5 = vec.mad(Y, odd, q5);
    } else {
      let w = v128.load(a);
      p0 = vec.mad(X, w, p0);
      q0 = vec.mad(Y, w, q0);
      w = v128.load(a, 16);
      p1 = vec.mad(X, w, p1);
      q1 = vec.mad(Y, w, q1);
      w = v128.load(a, 32);
      p2 = vec.mad(X, w, p2);
      q2 = vec.mad(Y, w, q2);
      w = v128.load(a, 48);
      p3 = vec.mad(X, w, p3);
      q3 = vec.mad(Y, w, q3);
      w = v128.load(a, 64);
      p4 = vec.mad(X, w, p4);
      q4 = vec.mad(Y, w, q4);
      w = v128.load(a, 80);
      p5 = vec.mad(X, w, p5);
      q5 = vec.mad(Y, w, q5);
    }
  }
  gated.put(h, p0, p1, g);
  gated.put(h + 32, p2, p3, g);
  gated.put(h + 64, p4, p5, g);
  if (!two) return;
  gated.put(h + 96, q0, q1, f);
  gated.put(h + 128, q2, q3, f);
  gated.put(h + 160, q4, q5, f);
}

/** Two modules: 16 columns. */
function down2<T>(u: usize, v: usize, length: usize, a: usize, h: usize, g: usize, f: usize, two: bool): void {
  const high = i32x4.splat(0xffff0000);
  let p0 = f32x4.splat(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let q0 = p0;
  let q1 = p0;
  let q2 = p0;
  let q3 = p0;
  for (const end = u + length; u < end; u += 4, v += 4, a += 16 * sizeof<T>()) {
    const X = vec.all(u);
    const Y = vec.all(v);
    if (sizeof<T>() == 2) {
      let odd = v128.load(a);
      let even = bf16.even(odd);
      odd = bf16.odd(odd, high);
      p0 = vec.mad(X, even, p0);
      q0 = vec.mad(Y, even, q0);
      p1 = vec.mad(X, odd, p1);
      q1 = vec.mad(Y, odd, q1);
      odd = v128.load(a, 16);
      even = bf16.even(odd);
      odd = bf16.odd(odd, high);
      p2 = vec.mad(X, even, p2);
      q2 = vec.mad(Y, even, q2);
      p3 = vec.mad(X, odd, p3);
      q3 = vec.mad(Y, odd, q3);
    } else {
      let w = v128.load(a);
      p0 = vec.mad(X, w, p0);
      q0 = vec.mad(Y, w, q0);
      w = v128.load(a, 16);
      p1 = vec.mad(X, w, p1);
      q1 = vec.mad(Y, w, q1);
      w = v128.load(a, 32);
      p2 = vec.mad(X, w, p2);
      q2 = vec.mad(Y, w, q2);
      w = v128.load(a, 48);
      p3 = vec.mad(X, w, p3);
      q3 = vec.mad(Y, w, q3);
    }
  }
  gated.put(h, p0, p1, g);
  gated.put(h + 32, p2, p3, g);
  if (!two) return;
  gated.put(h + 64, q0, q1, f);
  gated.put(h + 96, q2, q3, f);
}

/** y[0 … length) += B h for one token and one module. */
function up<T>(h: usize, b: usize, length: i32, y: usize): void {
  const high = i32x4.splat(0xffff0000);
  const end = y + <usize>length * 4;
  const z0 = vec.all(h);
  const z1 = v128.load32_splat(h, 4);
  const z2 = v128.load32_splat(h, 8);
  const z3 = v128.load32_splat(h, 12);
  const z4 = v128.load32_splat(h, 16);
  const z5 = v128.load32_splat(h, 20);
  const z6 = v128.load32_splat(h, 24);
  const z7 = v128.load32_splat(h, 28);
  for (; y < end; y += 16, b += 32 * sizeof<T>()) {
    let a = v128.load(y);
    let c: v128;
    if (sizeof<T>() == 2) {
      let w = v128.load(b, 32);
      c = f32x4.mul(z4, bf16.even(w));
      c = vec.mad(z5, bf16.odd(w, high), c);
      w = v128.load(b);
      a = vec.mad(z0, bf16.even(w), a);
      a = vec.mad(z1, bf16.odd(w, high), a);
      w = v128.load(b, 48);
      c = vec.mad(z6, bf16.even(w), c);
      c = vec.mad(z7, bf16.odd(w, high), c);
      w = v128.load(b, 16);
      a = vec.mad(z2, bf16.even(w), a);
      a = vec.mad(z3, bf16.odd(w, high), a);
    } else {
      c = f32x4.mul(z4, v128.load(b, 64));
      a = vec.mad(z0, v128.load(b), a);
      c = vec.mad(z5, v128.load(b, 80), c);
      a = vec.mad(z1, v128.load(b, 16), a);
      c = vec.mad(z6, v128.load(b, 96), c);
      a = vec.mad(z2, v128.load(b, 32), a);
      c = vec.mad(z7, v128.load(b, 112), c);
      a = vec.mad(z3, v128.load(b, 48), a);
    }
    v128.store(y, f32x4.add(a, c));
  }
}

/**
 * Y[token] += B h over a table of entries, columns `from` to `to` (multiples of 4) of the modules' outputs, which lie one
 * after the other from Y's first column on, `widths` (i32, multiples of 4) wide.
 */
export function loraUp(
  modules: i32,
  widths: usize,
  entries: usize,
  count: i32,
  tokens: usize,
  h: usize,
  Y: usize,
  stride: i32,
  from: i32,
  to: i32,
): void {
  const line = <usize>stride * 4;
  const hLine = <usize>modules * 32;
  for (let e = 0; e < count; e++, entries += offsetof<Entry>()) {
    const entry = changetype<Entry>(entries);
    const bytes: usize = entry.pairs ? 16 : 32;
    let b = entry.b;
    let start = 0;
    for (let m = 0; m < modules; m++) {
      const width = load<i32>(widths + 4 * <usize>m);
      const low = max(from, start);
      const high = min(to, start + width);
      if (low < high) {
        for (let i = entry.first; i < entry.first + entry.count; i++) {
          const token = <usize>load<i32>(tokens + 4 * <usize>i);
          const ranks = h + <usize>i * hLine + 32 * <usize>m;
          const y = Y + token * line + 4 * <usize>low;
          const at = b + <usize>(low - start) * bytes;
          if (entry.pairs) up<u16>(ranks, at, high - low, y);
          else up<f32>(ranks, at, high - low, y);
        }
      }
      b += <usize>width * bytes;
      start += width;
    }
  }
}

/**
 * Ranks `from` to `from + ranks` (at most 8) of one module's A, f32 `[rank][columns]`, into column group `module` of a
 * block's A, which must be zero before.
 */
export function packA(
  source: usize,
  from: i32,
  ranks: i32,
  columns: i32,
  modules: i32,
  module: i32,
  pairs: i32,
  to: usize,
): void {
  const line = <usize>(modules * 8) * (pairs ? 2 : 4);
  for (let r = 0; r < ranks; r++) {
    let at = source + <usize>(from + r) * <usize>columns * 4;
    const lane = <usize>(r & 3) * 4;
    let out = pairs ? to + <usize>module * 16 + lane + (r < 4 ? 0 : 2) : to + <usize>(module * 8 + r) * 4;
    for (let k = 0; k < columns; k++, at += 4, out += line) {
      if (pairs) store<u16>(out, load<u16>(at, 2));
      else store<f32>(out, load<f32>(at));
    }
  }
}

/** The same ranks of one module's B, f32 `[outputs][rank]`, to where this module's B begins; must be zero before. */
export function packB(source: usize, rank: i32, from: i32, ranks: i32, outputs: i32, pairs: i32, to: usize): void {
  for (let o = 0; o < outputs; o++) {
    let at = source + <usize>(o * rank + from) * 4;
    const lane = <usize>(o & 3) * 4;
    const four = to + <usize>(o >> 2) * (pairs ? 64 : 128) + lane;
    for (let r = 0; r < ranks; r++, at += 4) {
      const vector = <usize>r;
      if (pairs) store<u16>(four + 16 * (vector >> 1) + 2 * (vector & 1), load<u16>(at, 2));
      else store<f32>(four + 16 * vector, load<f32>(at));
    }
  }
}
