/** Between a parameter's value and the place of its slider's thumb, 0 to 1. */
import type { IntegerParam, NumberParam } from '../../core/params.ts';

type Ranged = NumberParam | IntegerParam;

/** With min 0 a logarithmic scale starts in steps (symlog), as 0 has no logarithm. */
const isLog = (spec: Ranged) => spec.kind === 'number' && spec.scale === 'log';

function curve(spec: Ranged): { readonly to: (v: number) => number; readonly from: (t: number) => number } {
  const { min, max } = spec;
  if (!isLog(spec)) return { to: (v) => (v - min) / (max - min), from: (t) => min + t * (max - min) };
  if (min > 0) {
    const span = Math.log(max / min);
    return { to: (v) => Math.log(v / min) / span, from: (t) => min * Math.exp(t * span) };
  }
  const unit = spec.kind === 'number' ? spec.step : 1;
  const span = Math.log1p((max - min) / unit);
  return { to: (v) => Math.log1p((v - min) / unit) / span, from: (t) => min + unit * Math.expm1(t * span) };
}

const clamp = (v: number, min: number, max: number) => Math.min(max, Math.max(min, v));

export const placeOf = (spec: Ranged, value: number): number =>
  spec.max > spec.min ? clamp(curve(spec).to(clamp(value, spec.min, spec.max)), 0, 1) : 0;

/** The value at a place: on the parameter's step, and on a logarithmic scale of two significant digits at most. */
export function valueAt(spec: Ranged, place: number): number {
  const raw = curve(spec).from(clamp(place, 0, 1));
  if (spec.kind === 'integer') return clamp(Math.round(raw), spec.min, spec.max);
  const fine =
    isLog(spec) && raw !== 0 ? Math.max(spec.step, 10 ** (Math.floor(Math.log10(Math.abs(raw))) - 1)) : spec.step;
  const stepped = Math.round((raw - spec.min) / fine) * fine + spec.min;
  // Sums of steps such as 0.1 leave dust behind.
  return clamp(Number(stepped.toPrecision(12)), spec.min, spec.max);
}
