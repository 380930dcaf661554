/** A small trace for tests, written as the choices themselves. */
import type { LibraryInfo } from '../library.ts';
import type { RoutingTrace } from '../trace.ts';

export const library = (experts: number, layers: number): LibraryInfo => ({
  experts: Array.from({ length: experts }, (_, i) => ({
    id: `e${String(i)}`,
    label: `Expert ${String(i)}`,
    badge: `E${String(i)}`,
    family: 'all',
  })),
  sites: Array.from({ length: layers * 2 }, (_, s) => ({
    layer: s >> 1,
    input: s % 2 === 0 ? ('attn' as const) : ('ffn' as const),
    name: `L${String(s >> 1)}.${s % 2 === 0 ? 'attn' : 'ffn'}`,
  })),
  width: 4,
  has: [],
});

/** `cells[site][token]` lists `[unit, weight]` in order of falling weight. */
export function traceOf(
  cells: readonly (readonly (readonly (readonly [number, number])[])[])[],
  slots: number,
  units: number,
  scores?: readonly number[],
): RoutingTrace {
  const sites = cells.length;
  const tokens = cells[0]?.length ?? 0;
  const experts = new Int16Array(sites * tokens * slots).fill(-1);
  const weights = new Float32Array(sites * tokens * slots);
  cells.forEach((row, site) => {
    row.forEach((chosen, token) => {
      chosen.forEach(([unit, weight], k) => {
        experts[(site * tokens + token) * slots + k] = unit;
        weights[(site * tokens + token) * slots + k] = weight;
      });
    });
  });
  return { sites, tokens, slots, units, experts, weights, ...(scores ? { scores: Float32Array.from(scores) } : {}) };
}
