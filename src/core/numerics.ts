/** Numbers that routing and sampling share. Sums run in double precision; ties always go to the lower index. */

const FLOAT32_MAX = 3.4028234663852886e38;

/** A finite number past float32 becomes its largest one. NaN and infinities stay, so that they are found. */
export const toFloat32 = (x: number): number =>
  Number.isFinite(x) ? Math.min(FLOAT32_MAX, Math.max(-FLOAT32_MAX, x)) : x;

/** log Σ exp(xᵢ) over `values[from, to)`; −∞ when every value is −∞ or the range is empty. */
export function logSumExp(values: ArrayLike<number>, from = 0, to = values.length): number {
  let max = -Infinity;
  for (let i = from; i < to; i++) max = Math.max(max, values[i] ?? 0);
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp((values[i] ?? 0) - max);
  return max + Math.log(sum);
}

/** Natural logarithm of the softmax probability of one index. */
export const logProbability = (logits: ArrayLike<number>, index: number): number =>
  (logits[index] ?? -Infinity) - logSumExp(logits);

/** Index of the largest value, the lowest of equals; −1 for an empty list. NaN is never the largest. */
export function argmax(values: ArrayLike<number>): number {
  let best = -1;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > max || (best < 0 && value === max)) {
      max = value;
      best = i;
    }
  }
  return best;
}

/** Indexes of the `k` largest values, falling, the lower index first among equals. NaN is left out. */
export function largest(values: ArrayLike<number>, k: number): number[] {
  const top: number[] = [];
  let floor = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (Number.isNaN(value) || (top.length >= k && value <= floor)) continue;
    let at = top.length;
    while (at > 0 && (values[top[at - 1] ?? 0] ?? 0) < value) at--;
    top.splice(at, 0, i);
    if (top.length > k) top.pop();
    floor = values[top[top.length - 1] ?? 0] ?? -Infinity;
  }
  return top;
}

/** Finaliser of MurmurHash3: every bit of the input reaches every bit of the output. */
function scramble(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const absorb = (state: number, word: number): number => scramble(Math.imul(state ^ word, 0x9e3779b1) + 0x7f4a7c15);

/**
 * A number in [0, 1) with 53 random bits that depends on its five keys alone, so that the order of evaluation never changes
 * a draw. Links repeat it: the function is for ever.
 *
 * @param seed any safe integer
 * @param purpose keeps draws for different uses apart, e.g. `sample`
 * @param n number of the draw among those of one site and token
 */
export function draw(seed: number, purpose: string, site: number, token: number, n: number): number {
  let state = absorb(0x243f6a88, seed | 0);
  state = absorb(state, Math.floor(seed / 4294967296) | 0);
  for (let i = 0; i < purpose.length; i++) state = absorb(state, purpose.charCodeAt(i));
  state = absorb(state, purpose.length);
  state = absorb(state, site | 0);
  state = absorb(state, token | 0);
  state = absorb(state, n | 0);
  const high = absorb(state, 1) >>> 5;
  const low = absorb(state, 2) >>> 6;
  return (high * 67108864 + low) / 9007199254740992;
}

/**
 * The next token. Temperature 0 takes the largest logit (the lower id of equals). Otherwise: divide by the temperature; keep
 * the shortest falling prefix whose probability reaches `topP` (the crossing token included; lower ids first among equals);
 * walk the kept ids upwards until their sum, in double precision, passes `uniform` of the kept total.
 *
 * @param uniform a draw in [0, 1)
 * @throws when a logit is NaN or +∞, or all are −∞: such logits are no distribution.
 */
export function sampleToken(
  logits: Float32Array,
  sampling: { readonly temperature: number; readonly topP: number },
  uniform: number,
): number {
  const best = argmax(logits);
  const max = logits[best] ?? Number.NaN;
  let odd = !Number.isFinite(max);
  for (const value of logits) if (Number.isNaN(value)) odd = true;
  if (odd)
    throw new Error(
      'the logits are not finite, so there is no next token: a weight or an adapter holds NaN or infinity',
    );
  if (sampling.temperature <= 0) return best;
  const p = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const value = Math.exp(((logits[i] ?? 0) - max) / sampling.temperature);
    p[i] = value;
    total += value;
  }
  if (sampling.topP < 1) total = keepNucleus(p, sampling.topP * total);
  const target = uniform * total;
  let sum = 0;
  let last = best;
  for (let i = 0; i < p.length; i++) {
    const value = p[i] ?? 0;
    if (value === 0) continue;
    sum += value;
    last = i;
    if (sum > target) return i;
  }
  return last;
}

/** Sets all but the shortest falling prefix that reaches `mass` to 0; returns the sum of what is left. */
function keepNucleus(p: Float64Array, mass: number): number {
  const falling = Float64Array.from(p).sort().reverse();
  let kept = 0;
  let sum = 0;
  do sum += falling[kept++] ?? 0;
  while (sum < mass && kept < falling.length);
  const cut = falling[kept - 1] ?? 0;
  let equal = kept - falling.indexOf(cut);
  let left = 0;
  for (let i = 0; i < p.length; i++) {
    const value = p[i] ?? 0;
    if (value > cut || (value === cut && equal-- > 0)) left += value;
    else p[i] = 0;
  }
  return left;
}
