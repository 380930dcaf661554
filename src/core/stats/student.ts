/** Student's t distribution with whole degrees of freedom, by its finite trigonometric sums (Abramowitz and Stegun 26.7.3, 26.7.4). */
import { normalTail, normalUpper } from './normal.ts';

/** From here on the normal distribution stands in: their quantiles differ by less than 1 in 10,000. */
const NORMAL = 20_000;

/** P(T > t) for t ≥ 0 and `degrees` ≥ 1; absolute error about 1e-15. */
export function studentTail(t: number, degrees: number): number {
  if (degrees >= NORMAL) return normalTail(t);
  const odd = degrees % 2;
  const angle = Math.atan2(t, Math.sqrt(degrees));
  const square = Math.cos(angle) ** 2;
  let term = odd === 1 ? Math.cos(angle) : 1;
  let sum = 0;
  // Terms up to cos^(degrees − 2); the factors are 2/3, 4/5 … of odd and 1/2, 3/4 … of even degrees.
  for (let power = odd; power <= degrees - 2; power += 2) {
    sum += term;
    term *= (square * (power + 1)) / (power + 2);
  }
  const inside = Math.sin(angle) * sum;
  return Math.max(0, 0.5 - (odd === 1 ? (angle + inside) / Math.PI : inside / 2));
}

/** The t that T exceeds with probability `tail`, 0 < tail ≤ ½. */
export function studentUpper(tail: number, degrees: number): number {
  let low = normalUpper(tail);
  if (degrees >= NORMAL) return low;
  let high = 1;
  while (studentTail(high, degrees) > tail && high < 1e16) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
