/** The scores of one cell, taken apart: what the router gave, what edits made of it, who was chosen with what weight. */
import type { LibraryInfo } from '../library.ts';
import type { Edit, ScoreTerm } from '../routing/policy.ts';
import type { RoutingTrace } from '../trace.ts';
import { choices, hasCell } from './cells.ts';
import { actsAtCell } from './scope.ts';

export interface ScoreRow {
  readonly unit: number;
  /** As the score gave it, terms included. */
  readonly raw: number;
  /** The part that is the same at every token and site. */
  readonly constant: number;
  /** After biases; −∞ when muted (force outdoes mute). */
  readonly edited: number;
  readonly bias: number;
  readonly muted: boolean;
  readonly forced: boolean;
  /** Product of the scale edits that act here. */
  readonly factor: number;
  /** Weight in the mixture; 0 when not chosen. */
  readonly weight: number;
  readonly chosen: boolean;
}

export interface CellScores {
  /** Chosen first by falling weight, then by falling edited score; ties: lower unit first. */
  readonly rows: readonly ScoreRow[];
  /** Last chosen edited score less the best one left out; null when all or none are chosen, or an edit forced one in. */
  readonly gap: number | null;
  /** Largest less smallest local score: what a near-tie is measured against. */
  readonly range: number;
}

/** Null when the trace has no scores or no row for the cell. */
export function cellScores(
  trace: RoutingTrace,
  terms: readonly ScoreTerm[],
  edits: readonly Edit[],
  library: Pick<LibraryInfo, 'experts' | 'sites'>,
  promptTokens: number,
  cell: { readonly site: number; readonly token: number },
): CellScores | null {
  const { scores, units } = trace;
  if (!scores || !hasCell(trace, cell.site, cell.token)) return null;
  const at = (cell.site * trace.tokens + cell.token) * units;
  const chosen = new Map(choices(trace, cell.site, cell.token).map((c) => [c.unit, c.weight]));
  const here = edits.filter((e) => actsAtCell(e, library.sites, promptTokens, cell));
  const rows = Array.from({ length: units }, (_, unit): ScoreRow => {
    const raw = scores[at + unit] ?? Number.NaN;
    const id = library.experts[unit]?.id;
    const own = here.filter((e) => id !== undefined && e.experts.includes(id));
    const bias = own.reduce((sum, e) => sum + (e.kind === 'bias' ? e.amount : 0), 0);
    const forced = own.some((e) => e.kind === 'force');
    const muted = !forced && own.some((e) => e.kind === 'mute');
    return {
      unit,
      raw,
      constant: terms.reduce((sum, term) => sum + (term.values[unit] ?? 0), 0),
      edited: muted ? -Infinity : raw + bias,
      bias,
      muted,
      forced,
      factor: own.reduce((product, e) => product * (e.kind === 'scale' ? e.factor : 1), 1),
      weight: chosen.get(unit) ?? 0,
      chosen: chosen.has(unit),
    };
  });
  const rank = new Map([...chosen.keys()].map((unit, i) => [unit, i]));
  rows.sort(
    (a, b) =>
      (rank.get(a.unit) ?? Infinity) - (rank.get(b.unit) ?? Infinity) || order(b.edited, a.edited) || a.unit - b.unit,
  );
  const local = rows.map((r) => r.raw - r.constant).filter(Number.isFinite);
  const kept = rows.filter((r) => r.chosen && !r.forced).map((r) => r.edited);
  const left = rows.filter((r) => !r.chosen && !r.muted).map((r) => r.edited);
  const forced = rows.some((r) => r.forced && r.chosen);
  return {
    rows,
    gap: kept.length === 0 || left.length === 0 || forced ? null : Math.min(...kept) - Math.max(...left),
    range: local.length === 0 ? 0 : Math.max(...local) - Math.min(...local),
  };
}

/** Difference that is 0, not NaN, for equal infinities. */
const order = (a: number, b: number) => (a === b ? 0 : a - b);

/** A choice that a backend's own error could turn: the gap at the cut is below twice that error (relative to the range of local scores). */
export const isNearTie = (scores: CellScores, scoreError: number): boolean =>
  scores.gap !== null && scores.gap < 2 * scoreError * scores.range;
