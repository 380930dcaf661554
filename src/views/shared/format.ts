/** Numbers and names as views print them. */
import type { ExpertInfo, Site } from '../../core/library.ts';

/** `.61`, `1.0`, `−.39`: two decimals without the leading zero. */
export function weightText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const fixed = Math.abs(value).toFixed(2);
  const sign = value < 0 && fixed !== '0.00' ? '−' : '';
  return sign + (fixed.startsWith('0') ? fixed.slice(1) : fixed.slice(0, 4));
}

/** Scores and log-probabilities: a true minus sign, `digits` decimals; −∞ for what is muted. */
export function numberText(value: number, digits = 2): string {
  if (value === -Infinity) return '−∞';
  if (value === Infinity) return '∞';
  if (!Number.isFinite(value)) return '–';
  const fixed = Math.abs(value).toFixed(digits);
  return (value < 0 && Number(fixed) !== 0 ? '−' : '') + fixed;
}

/** `41 %`, `0.4 %`, `< 0.1 %`. */
export function percentText(share: number): string {
  const p = share * 100;
  if (p > 0 && p < 0.1) return '< 0.1 %';
  return `${p >= 9.95 || p === 0 ? p.toFixed(0) : p.toFixed(1)} %`;
}

/** `layer 7 FFN` */
export const siteText = (site: Site | undefined): string =>
  site ? `layer ${String(site.layer)} ${site.input === 'attn' ? 'attention' : 'FFN'}` : 'unknown site';

export const expertText = (experts: readonly ExpertInfo[], unit: number): string =>
  unit < 0 ? 'no expert' : (experts[unit]?.label ?? `unit ${String(unit)}`);
