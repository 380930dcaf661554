/** Numbers of one cell (a token at a site), read from a trace without copying it. */
import type { RoutingTrace, SiteIndex, TokenPosition } from '../trace.ts';

export interface SlotChoice {
  readonly unit: number;
  readonly weight: number;
}

const offset = (trace: RoutingTrace, site: SiteIndex, token: TokenPosition) =>
  (site * trace.tokens + token) * trace.slots;

export const hasCell = (trace: RoutingTrace, site: SiteIndex, token: TokenPosition): boolean =>
  site >= 0 && site < trace.sites && token >= 0 && token < trace.tokens;

/** The units chosen at a cell in order of falling weight; empty when none was chosen or the cell has no row. */
export function choices(trace: RoutingTrace, site: SiteIndex, token: TokenPosition): SlotChoice[] {
  const found: SlotChoice[] = [];
  if (!hasCell(trace, site, token)) return found;
  const at = offset(trace, site, token);
  for (let k = 0; k < trace.slots; k++) {
    const unit = trace.experts[at + k] ?? -1;
    if (unit < 0) break;
    found.push({ unit, weight: trace.weights[at + k] ?? 0 });
  }
  return found;
}

/** The unit of largest weight, or −1. */
export const topUnit = (trace: RoutingTrace, site: SiteIndex, token: TokenPosition): number =>
  hasCell(trace, site, token) && trace.slots > 0 ? (trace.experts[offset(trace, site, token)] ?? -1) : -1;

/** Weight of the top unit, 0 to 1 unless an edit scales it; 0 when nothing was chosen. */
export const topWeight = (trace: RoutingTrace, site: SiteIndex, token: TokenPosition): number =>
  topUnit(trace, site, token) < 0 ? 0 : (trace.weights[offset(trace, site, token)] ?? 0);

/**
 * Shannon entropy in bits of the chosen weights, normalised to sum 1: 0 when one unit has everything,
 * log₂(slots) when all chosen units have the same weight.
 */
export function entropy(trace: RoutingTrace, site: SiteIndex, token: TokenPosition): number {
  const chosen = choices(trace, site, token);
  const sum = chosen.reduce((s, c) => s + Math.max(0, c.weight), 0);
  if (sum <= 0) return 0;
  let h = 0;
  for (const { weight } of chosen) {
    const p = Math.max(0, weight) / sum;
    if (p > 0) h -= p * Math.log2(p);
  }
  return Math.max(0, h);
}

/** Weight of the first unit less that of the second (all of it when there is no second): how clearly the first leads. */
export function margin(trace: RoutingTrace, site: SiteIndex, token: TokenPosition): number {
  const chosen = choices(trace, site, token);
  return (chosen[0]?.weight ?? 0) - (chosen[1]?.weight ?? 0);
}

export type CellDifference = 'same' | 'weights' | 'set' | 'top' | 'none';

/**
 * How the choice at a cell differs between two runs: `top` another top unit, `set` the same top but another set,
 * `weights` the same units with weights more than `tolerance` apart, `none` when one of the runs has no row there.
 */
export function cellDifference(
  a: RoutingTrace,
  b: RoutingTrace,
  site: SiteIndex,
  token: TokenPosition,
  tolerance = 0.01,
): CellDifference {
  if (!hasCell(a, site, token) || !hasCell(b, site, token)) return 'none';
  const x = choices(a, site, token);
  const y = choices(b, site, token);
  if (x[0]?.unit !== y[0]?.unit) return 'top';
  const weights = new Map(y.map((c) => [c.unit, c.weight]));
  if (x.length !== y.length || x.some((c) => !weights.has(c.unit))) return 'set';
  return x.some((c) => Math.abs(c.weight - (weights.get(c.unit) ?? 0)) > tolerance) ? 'weights' : 'same';
}
