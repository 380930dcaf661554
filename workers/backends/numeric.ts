/** The small computations of the chain that the host does itself. */

/**
 * Cosines and sines of the rotary embedding for `tokens` positions from `first` on, `[token][headDim / 2]`.
 * Frequencies and angles are rounded to float32 at each step, as the reference (PyTorch's llama) has them: at position
 * 2,000 the rounding of an angle moves a cosine by 1e-4, more than everything else that differs.
 */
export function ropeTables(
  base: number,
  headDim: number,
  first: number,
  tokens: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = headDim / 2;
  const cos = new Float32Array(tokens * half);
  const sin = new Float32Array(tokens * half);
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(base ** Math.fround((2 * i) / headDim)));
    for (let t = 0; t < tokens; t++) {
      const angle = Math.fround((first + t) * frequency);
      cos[t * half + i] = Math.cos(angle);
      sin[t * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

const MASKED = -1e30;

/** What is added to attention scores, `[token][first + tokens]`: a token does not see those behind it. */
export function causalMask(first: number, tokens: number): Float32Array {
  const columns = first + tokens;
  const mask = new Float32Array(tokens * columns);
  for (let t = 0; t < tokens; t++) mask.fill(MASKED, t * columns + first + t + 1, (t + 1) * columns);
  return mask;
}

/** RMSNorm of every row of `x` `[row][width]`: x / √(mean square + ε) · weight, summed in double precision. */
export function rmsNorm(x: Float32Array, weight: Float32Array, epsilon: number): Float32Array {
  const width = weight.length;
  const out = new Float32Array(x.length);
  for (let from = 0; from < x.length; from += width) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (x[from + i] ?? 0) ** 2;
    const scale = 1 / Math.sqrt(sum / width + epsilon);
    for (let i = 0; i < width; i++) out[from + i] = (x[from + i] ?? 0) * scale * (weight[i] ?? 0);
  }
  return out;
}
