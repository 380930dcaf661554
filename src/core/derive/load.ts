/** How a run's weight is spread over the experts, in all and by layer. */
import type { Site } from '../library.ts';
import type { RoutingTrace } from '../trace.ts';

export interface LoadTable {
  readonly layers: number;
  /** `[unit]`: share of all weight given, 0 to 1; sums to 1 unless nothing was chosen. */
  readonly share: Float64Array;
  /** `[unit][layer]`: share of the weight given in that layer. */
  readonly byLayer: Float64Array;
  /** `[unit]`: share of cells (token × site) where the unit is first. */
  readonly first: Float64Array;
}

/** Counts the positions for which `include` holds (all by default); negative weights count by size. */
export function expertLoad(
  trace: RoutingTrace,
  sites: readonly Site[],
  units: number,
  include: (token: number) => boolean = () => true,
): LoadTable {
  const layers = sites.reduce((n, s) => Math.max(n, s.layer + 1), 0);
  const share = new Float64Array(units);
  const byLayer = new Float64Array(units * layers);
  const first = new Float64Array(units);
  const layerSum = new Float64Array(layers);
  let sum = 0;
  let cells = 0;
  for (let site = 0; site < trace.sites; site++) {
    const layer = sites[site]?.layer ?? 0;
    for (let token = 0; token < trace.tokens; token++) {
      if (!include(token)) continue;
      cells++;
      const at = (site * trace.tokens + token) * trace.slots;
      for (let k = 0; k < trace.slots; k++) {
        const unit = trace.experts[at + k] ?? -1;
        if (unit < 0 || unit >= units) continue;
        const weight = Math.abs(trace.weights[at + k] ?? 0);
        share[unit] = (share[unit] ?? 0) + weight;
        byLayer[unit * layers + layer] = (byLayer[unit * layers + layer] ?? 0) + weight;
        layerSum[layer] = (layerSum[layer] ?? 0) + weight;
        sum += weight;
        if (k === 0) first[unit] = (first[unit] ?? 0) + 1;
      }
    }
  }
  for (let unit = 0; unit < units; unit++) {
    if (sum > 0) share[unit] = (share[unit] ?? 0) / sum;
    if (cells > 0) first[unit] = (first[unit] ?? 0) / cells;
    for (let layer = 0; layer < layers; layer++) {
      const of = layerSum[layer] ?? 0;
      if (of > 0) byLayer[unit * layers + layer] = (byLayer[unit * layers + layer] ?? 0) / of;
    }
  }
  return { layers, share, byLayer, first };
}

export interface UnitShare {
  readonly unit: number;
  /** Share of the token's weight over the sites asked for, 0 to 1. */
  readonly share: number;
}

/** The units of one token by falling share of weight, over all sites or at one; empty when it has no row or chose none. */
export function tokenShares(trace: RoutingTrace, token: number, site: number | null = null): UnitShare[] {
  if (token < 0 || token >= trace.tokens) return [];
  const sum = new Map<number, number>();
  let total = 0;
  for (let s = site ?? 0; s < (site === null ? trace.sites : Math.min(trace.sites, site + 1)); s++) {
    for (let k = 0; k < trace.slots; k++) {
      const at = (s * trace.tokens + token) * trace.slots + k;
      const unit = trace.experts[at] ?? -1;
      if (unit < 0) continue;
      const weight = Math.abs(trace.weights[at] ?? 0);
      sum.set(unit, (sum.get(unit) ?? 0) + weight);
      total += weight;
    }
  }
  return [...sum]
    .map(([unit, weight]) => ({ unit, share: total > 0 ? weight / total : 0 }))
    .sort((a, b) => b.share - a.share || a.unit - b.unit);
}
