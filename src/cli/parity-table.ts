/** A comparison as text, for people. */
import type { SuiteResult } from '../../workers/parity/suite.ts';
import { within, type Agreement, type PolicyParity } from '../core/parity.ts';

/** A heading, one line a policy, and a last line that names the bounds. */
export function parityTable({ report, bounds, reference, threads, policies }: SuiteResult): readonly string[] {
  const rows = policies.map((policy) => [...cells(policy), within(policy, bounds) ? 'ok' : 'OUT OF BOUNDS']);
  const head = ['policy', 'prompts', 'logits', 'scores', 'choices', 'tokens', 'near-ties', 'parted', ''];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const small = (value: number): string => value.toExponential(0);
  const used = threads === 1 ? 'one thread' : `${String(threads)} threads`;
  return [
    `${report.backend}, ${used}, against ${reference}; ${(report.milliseconds / 1000).toFixed(0)} s`,
    line(head),
    ...rows.map(line),
    `bounds: logits ${small(bounds.logits)}; scores ${small(bounds.scores)} of their site's range; ${String(100 * bounds.share)} % of choices and of tokens equal`,
    `left out as near-ties: a gap at the cut below ${small(2 * bounds.scoreError)} of the range, a token margin below ${small(2 * bounds.logits)}; parted: prompts in which such a tie fell the other way`,
  ];
}

function cells({
  policy,
  prompts,
  constant,
  logits,
  scores,
  choices,
  tokens,
  nearTies,
  parted,
}: PolicyParity): string[] {
  const size = (largest: number, compared: number): string => (compared === 0 ? '-' : largest.toExponential(1));
  const share = ({ equal, compared }: Agreement): string =>
    compared === 0 ? '-' : `${String(equal)}/${String(compared)}`;
  return [
    policy,
    String(prompts),
    size(logits.largest, logits.compared),
    size(scores.largest, scores.compared),
    // Equal choices of a route that is the same everywhere prove nothing.
    constant && choices.compared > 0 && choices.equal === choices.compared ? 'constant' : share(choices),
    share(tokens),
    String(nearTies),
    String(parted),
  ];
}
