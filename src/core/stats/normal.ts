/** The standard normal distribution, by its own series; no table of coefficients. */

const density = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** P(Z > x) for x ≥ 0: half minus a power series near the middle, Laplace's continued fraction in the tail. */
export function normalTail(x: number): number {
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let odd = 3; term > sum * 1e-17; odd += 2) {
      term *= (x * x) / odd;
      sum += term;
    }
    return 0.5 - density(x) * sum;
  }
  let fraction = x;
  for (let k = 80; k > 0; k--) fraction = x + k / fraction;
  return density(x) / fraction;
}

/**
 * The x that Z exceeds with probability `tail`, 0 < tail ≤ ½. Newton's method on the logarithm of the tail, which is concave:
 * begun to the right of the root it comes down to it without crossing.
 */
export function normalUpper(tail: number): number {
  let x = Math.sqrt(-2 * Math.log(2 * tail));
  for (let i = 0; i < 50; i++) {
    const p = normalTail(x);
    const step = ((Math.log(p) - Math.log(tail)) * p) / density(x);
    x += step;
    if (Math.abs(step) < 1e-15 * (1 + x)) break;
  }
  return Math.max(0, x);
}
