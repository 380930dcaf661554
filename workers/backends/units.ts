/** Units as spans of the experts' ranks, and the routes over them: what every backend makes of a policy's choice. */
import type { LoraAdapter } from '../../src/formats/peft.ts';
import type { SiteRoutes, Unit } from './backend.ts';

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
 * Visits every slot that is neither empty nor of weight zero, token after token.
 * @throws RangeError for routes of another size or a unit that does not exist; for `factors` over experts of unequal rank,
 * since their factors cannot be added.
 */
export function forEachChosen(
  table: RankTable,
  units: readonly UnitRows[],
  { slots, units: chosen, weights, mix }: SiteRoutes,
  tokens: number,
  visit: (token: number, rows: UnitRows, weight: number) => void,
): void {
  if (chosen.length !== tokens * slots || weights.length !== tokens * slots) {
    throw new RangeError(
      `routes of ${String(chosen.length)} units and ${String(weights.length)} weights for ${String(tokens)} tokens of ${String(slots)} slots`,
    );
  }
  let commonRank = 0;
  for (let i = 0; i < chosen.length; i++) {
    const unit = chosen[i] ?? -1;
    const weight = weights[i] ?? 0;
    if (unit < 0 || weight === 0) continue;
    const rows = units[unit];
    if (rows === undefined) throw new RangeError(`unit ${String(unit)} of ${String(units.length)} does not exist`);
    if (mix === 'factors') {
      const rank = (table.first[rows.expert + 1] ?? 0) - (table.first[rows.expert] ?? 0);
      if (commonRank !== 0 && commonRank !== rank) {
        throw new RangeError(
          `factors of experts of rank ${String(commonRank)} and ${String(rank)} cannot be mixed: mix outputs, or choose experts of equal rank`,
        );
      }
      commonRank = rank;
    }
    visit(Math.floor(i / slots), rows, weight);
  }
}
