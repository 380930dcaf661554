/**
 * Scores that are linear in the site's input, but for a scaling of that input: a policy's file says which rows the input is
 * multiplied with, and gets the score computed here or, faster, by a backend beside its own matrices.
 */
import { toFloat32 } from '../../numerics.ts';
import type { LinearScore, ScoreRun, ScoreTerm } from '../policy.ts';
import { centre, dot, widen } from './vectors.ts';

/** The score as TypeScript computes it, in double precision; what a backend's own is held to. */
export function linearRun(
  { width, experts }: { readonly width: number; readonly experts: { readonly length: number } },
  linear: LinearScore,
  terms?: readonly ScoreTerm[],
): ScoreRun {
  const { rows, input, scale, absolute, add } = linear;
  const units = experts.length;
  const wide = new Float64Array(width);
  return {
    linear,
    ...(terms === undefined ? {} : { terms }),
    score({ site, tokens, u }, out) {
      for (let token = 0; token < tokens; token++) {
        let factor = scale;
        if (input === 'layer-norm') factor *= centre(u, token * width, width, wide);
        else widen(u, token * width, width, wide);
        for (let unit = 0; unit < units; unit++) {
          const product = factor * dot(wide, rows, (site * units + unit) * width, width);
          out[token * units + unit] = toFloat32((absolute ? Math.abs(product) : product) + (add?.[unit] ?? 0));
        }
      }
    },
  };
}
