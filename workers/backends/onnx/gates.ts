/** From sparse routes over units to what the graphs read: the ranks in use and how much each token uses each of them. */
import type { SiteRoutes } from '../backend.ts';
import { forEachChosen, type RankTable, type UnitRows } from '../units.ts';

export interface Gates {
  /** `[N]`, rows of the stacked factors in use, rising. */
  readonly ranks: Int32Array;
  /**
   * `[token][N]`: weight times α/r. With factors `[token][2 · N]`: N plain weights, by which A is mixed, then N weights
   * times α/r, by which B is mixed.
   */
  readonly gates: Float32Array;
  readonly factors: boolean;
}

/**
 * Weights of a unit that stands twice in a token's list, or of units that share ranks, add up.
 * @throws RangeError as `forEachChosen` does
 */
export function blockGates(table: RankTable, units: readonly UnitRows[], routes: SiteRoutes, tokens: number): Gates {
  const factors = routes.mix === 'factors';
  const column = new Int32Array(table.first.at(-1) ?? 0).fill(-1);
  forEachChosen(table, units, routes, tokens, (_, { from, to }) => column.fill(0, from, to));
  const used: number[] = [];
  column.forEach((use, row) => {
    if (use < 0) return;
    column[row] = used.length;
    used.push(row);
  });
  const n = used.length;
  const width = factors ? 2 * n : n;
  const gates = new Float32Array(tokens * width);
  forEachChosen(table, units, routes, tokens, (token, { from, to, expert }, weight) => {
    const scaled = weight * (table.scale[expert] ?? 0);
    const at = token * width + (column[from] ?? 0);
    for (let i = 0; i < to - from; i++) {
      if (factors) {
        gates[at + i] = (gates[at + i] ?? 0) + weight;
        gates[at + n + i] = (gates[at + n + i] ?? 0) + scaled;
      } else gates[at + i] = (gates[at + i] ?? 0) + scaled;
    }
  });
  return { ranks: Int32Array.from(used), gates, factors };
}
