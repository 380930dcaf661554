/** Figures of a bench with peers, and what is made of them: ratios with their spread, targets, what got slower. Pure. */
import { median } from '../../src/engine/timing.ts';

/** One row's values of one measure, by round (a lone one for memory). Rounds are interleaved, so that ratios are taken round by round. */
export interface Figure {
  readonly threads: number;
  readonly row: string;
  readonly measure: string;
  readonly unit: 'ms' | 'MB';
  readonly values: readonly number[];
}

export interface Spread {
  readonly median: number;
  readonly smallest: number;
  readonly largest: number;
  readonly rounds: number;
}

/** How many times as long the peer takes: above 1 ours is faster. */
export interface Ratio extends Spread {
  readonly threads: number;
  readonly ours: string;
  readonly peer: string;
  readonly measure: string;
}

export interface Target {
  readonly text: string;
  readonly measure: string;
  /** Of several rows the best one is taken, by its median. */
  readonly of: readonly string[];
  /** What it is divided by; absent for a bound in the measure's own unit. */
  readonly by?: readonly string[];
  readonly is: 'at least' | 'at most';
  readonly bound: number;
  /** Only on as many threads. */
  readonly threads?: number;
}

export interface Verdict {
  readonly target: Target;
  readonly threads: number;
  /** Absent when a row of it was not measured. */
  readonly measured?: Spread;
  /** The rows that were taken. */
  readonly rows: readonly string[];
  readonly met?: boolean;
}

/** @param values at least one */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  smallest: Math.min(...values),
  largest: Math.max(...values),
  rounds: values.length,
});

/** Round by round, as far as both have rounds. */
const quotient = (of: Figure, by: Figure): Spread =>
  spreadOf(of.values.slice(0, by.values.length).map((value, round) => value / (by.values[round] ?? NaN)));

/** Every peer over every row of ours, measure by measure; memory is no ratio of times and left out. */
export function ratiosOf(figures: readonly Figure[], isOurs: (row: string) => boolean): readonly Ratio[] {
  const timed = figures.filter(({ unit, values }) => unit === 'ms' && values.length > 0);
  return timed
    .filter(({ row }) => isOurs(row))
    .flatMap((ours) =>
      timed
        .filter(({ threads, measure, row }) => threads === ours.threads && measure === ours.measure && row !== ours.row)
        .map((peer) => {
          const { threads, measure } = ours;
          return { threads, ours: ours.row, peer: peer.row, measure, ...quotient(peer, ours) };
        }),
    );
}

export function judge(target: Target, figures: readonly Figure[], threads: number): Verdict {
  const best = (rows: readonly string[]): Figure | undefined =>
    figures
      .filter(
        (f) => f.threads === threads && f.measure === target.measure && rows.includes(f.row) && f.values.length > 0,
      )
      .sort((a, b) => median(a.values) - median(b.values))[0];
  const of = best(target.of);
  const by = target.by === undefined ? undefined : best(target.by);
  const rows = [of, by].flatMap((figure) => figure?.row ?? []);
  if (of === undefined || (target.by !== undefined && by === undefined)) return { target, threads, rows };
  const measured = by === undefined ? spreadOf(of.values) : quotient(of, by);
  const met = target.is === 'at least' ? measured.median >= target.bound : measured.median <= target.bound;
  return { target, threads, rows, measured, met };
}

/** More than this part below the committed ratio is slower. */
export const TOLERANCE = 0.1;

export interface Slower {
  readonly before: Ratio;
  readonly now: Ratio;
}

/** Ratios that fell by more than the tolerance; what only one of the two has is not compared. */
export function slower(before: readonly Ratio[], now: readonly Ratio[]): readonly Slower[] {
  const key = ({ threads, ours, peer, measure }: Ratio): string => JSON.stringify([threads, ours, peer, measure]);
  const old = new Map(before.map((ratio) => [key(ratio), ratio]));
  return now.flatMap((ratio) => {
    const was = old.get(key(ratio));
    return was !== undefined && ratio.median < (1 - TOLERANCE) * was.median ? [{ before: was, now: ratio }] : [];
  });
}
