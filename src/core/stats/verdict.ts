import { holm } from './adjust.ts';
import { checkInside, checkWhole, MOST } from './check.ts';
import { mcnemarExact } from './mcnemar.ts';

/** Outcomes of the same documents under two policies. */
export interface PairedOutcomes {
  /** All documents. */
  readonly n: number;
  /** Right under the first policy alone. */
  readonly won: number;
  /** Right under the second alone. */
  readonly lost: number;
}

/** What is said of the first policy. "Cannot be told" is not "equal". */
export type Verdict = 'better' | 'worse' | 'cannot be told at this n';

export interface Judged {
  readonly verdict: Verdict;
  /** Of McNemar's exact test. */
  readonly p: number;
  /** The same after Holm's correction over the tables given. */
  readonly adjusted: number;
}

/**
 * Each table's verdict from McNemar's exact test, with Holm's correction over all of them.
 *
 * @param alpha level of the whole family: chance of any verdict where there is no difference at all
 * @throws RangeError naming the argument
 */
export function verdicts(tables: readonly PairedOutcomes[], alpha = 0.05): Judged[] {
  checkInside('alpha', alpha);
  tables.forEach(({ n, won, lost }, t) => {
    checkWhole(`tables[${String(t)}].n`, n, 1, MOST);
    checkWhole(`tables[${String(t)}].won`, won, 0, n);
    checkWhole(`tables[${String(t)}].lost`, lost, 0, n - won);
  });
  const pValues = tables.map(({ won, lost }) => mcnemarExact(won, lost));
  const adjusted = holm(pValues);
  return tables.map(({ won, lost }, t) => {
    const by = adjusted[t] ?? 1;
    const told = won > lost ? 'better' : 'worse';
    return { verdict: by <= alpha ? told : 'cannot be told at this n', p: pValues[t] ?? 1, adjusted: by };
  });
}

/** The verdict on one table alone; of several use {@link verdicts}, or the correction is lost. */
export const verdict = (table: PairedOutcomes, alpha = 0.05): Verdict =>
  verdicts([table], alpha)[0]?.verdict ?? 'cannot be told at this n';
