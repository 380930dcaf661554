/** What every export is made from. */
import type { Picked } from '../asked.ts';
import type { Summaries } from '../half.ts';
import type { Looks } from '../looks.ts';
import type { Evaluation } from '../plan.ts';
import type { Tally } from '../tally.ts';

export interface ReportFacts {
  readonly evaluation: Evaluation;
  readonly tally: Tally;
  /** With as many resamples as tables take that are kept. */
  readonly summaries: Summaries;
  /** Ids, in the order of the measurements' units. */
  readonly experts: readonly string[];
  readonly model: { readonly id: string; readonly label: string; readonly hash: string };
  /** Of the bootstrap. */
  readonly seed: number;
  /** The experts that the oracle takes for tasks without one of their own. */
  readonly oracle: Readonly<Record<string, string>>;
  /** Settings that a search chose on held-in validation. */
  readonly picked: readonly Picked[];
  /** Of the experiment, this evaluation's own look included. */
  readonly looks: Looks;
  /** When the evaluation was begun, in UTC, as `Date.toISOString` writes it. */
  readonly date: string;
  readonly program: { readonly name: string; readonly version: string };
}

/** A file of an export; forward slashes in its path, which is relative. */
export interface ExportFile {
  readonly path: string;
  readonly text: string;
}
