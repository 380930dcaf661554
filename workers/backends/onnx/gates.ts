/** From sparse routes over units to what the graphs read: the ranks in use and how much each token uses each of them. */
import type { LoraAdapter } from '../../../src/formats/peft.ts';
import type { SiteRoutes, Unit } from '../backend.ts';

/** The experts' ranks, one expert after the other: the rows of the stacked factors. */
export interface RankTable {
  /** First row of each expert; behind the last, the number of rows. */
  readonly first: readonly number[];
  /** α/r of each expert. */
  readonly scale: readonly number[];
}

/** A unit's span of rows, and its expert. */
export interface UnitRows {
  readonly from: number;
  readonly to: number;
  readonly expert: number;
}

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

export function rankTable(adapters: readonly LoraAdapter[]): RankTable {
  const first = [0];
  for (const { rank } of adapters) first.push((first.at(-1) ?? 0) + rank);
  return { first, scale: adapters.map(({ scale }) => scale) };
}

/** @throws RangeError for an expert or rank that does not exist, or an empty span. */
export function unitRows(table: RankTable, units: readonly Unit[]): readonly UnitRows[] {
  return units.map(({ expert, rankFrom, rankTo }, unit) => {
    const from = table.first[expert];
    const end = table.first[expert + 1];
    if (from === undefined || end === undefined) {
      throw new RangeError(
        `unit ${String(unit)}: expert ${String(expert)} of ${String(table.scale.length)} does not exist`,
      );
    }
    if (!(rankFrom >= 0 && rankFrom < rankTo && from + rankTo <= end)) {
      const span = `ranks ${String(rankFrom)} to ${String(rankTo)}`;
      throw new RangeError(
        `unit ${String(unit)}: ${span} of expert ${String(expert)}, which has ${String(end - from)}`,
      );
    }
    return { from: from + rankFrom, to: from + rankTo, expert };
  });
}

/** The whole experts, unit i being expert i. */
export const wholeExperts = (table: RankTable): readonly UnitRows[] =>
  table.scale.map((_, expert) => ({ from: table.first[expert] ?? 0, to: table.first[expert + 1] ?? 0, expert }));

/**
 * Weights of a unit that stands twice in a token's list, or of units that share ranks, add up.
 * @throws RangeError for routes of another size or a unit that does not exist; for `factors` over experts of unequal rank,
 * since their factors cannot be added.
 */
export function blockGates(table: RankTable, units: readonly UnitRows[], routes: SiteRoutes, tokens: number): Gates {
  const { slots } = routes;
  if (routes.units.length !== tokens * slots || routes.weights.length !== tokens * slots) {
    throw new RangeError(
      `routes of ${String(routes.units.length)} units and ${String(routes.weights.length)} weights for ${String(tokens)} tokens of ${String(slots)} slots`,
    );
  }
  const factors = routes.mix === 'factors';
  const column = new Int32Array(table.first.at(-1) ?? 0).fill(-1);
  let commonRank = 0;
  forEach(units, routes, (_, { from, to, expert }) => {
    column.fill(0, from, to);
    if (!factors) return;
    const rank = (table.first[expert + 1] ?? 0) - (table.first[expert] ?? 0);
    if (commonRank !== 0 && commonRank !== rank) {
      throw new RangeError(
        `factors of experts of rank ${String(commonRank)} and ${String(rank)} cannot be mixed: mix outputs, or choose experts of equal rank`,
      );
    }
    commonRank = rank;
  });
  const used: number[] = [];
  column.forEach((use, row) => {
    if (use < 0) return;
    column[row] = used.length;
    used.push(row);
  });
  const n = used.length;
  const width = factors ? 2 * n : n;
  const gates = new Float32Array(tokens * width);
  forEach(units, routes, (token, { from, to, expert }, weight) => {
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

/** Every slot that is neither empty nor of weight zero. */
function forEach(
  units: readonly UnitRows[],
  routes: SiteRoutes,
  visit: (token: number, rows: UnitRows, weight: number) => void,
): void {
  const { slots, weights } = routes;
  routes.units.forEach((unit, i) => {
    const weight = weights[i] ?? 0;
    if (unit < 0 || weight === 0) return;
    const rows = units[unit];
    if (rows === undefined) throw new RangeError(`unit ${String(unit)} of ${String(units.length)} does not exist`);
    visit(Math.floor(i / slots), rows, weight);
  });
}
