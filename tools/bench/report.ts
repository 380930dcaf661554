/** A bench with peers as text. */
import type { Machine } from './machine.ts';
import { spreadOf, type Figure, type Ratio, type Spread, type Verdict } from './ratios.ts';

/** What a row answered to the same prompt, likeliest tokens: engines that compute the same say the same. */
export interface Agreement {
  readonly threads: number;
  readonly row: string;
  readonly text: string;
}

export interface PeersResult {
  readonly machine: Machine;
  readonly rounds: number;
  readonly quick: boolean;
  readonly figures: readonly Figure[];
  readonly ratios: readonly Ratio[];
  readonly verdicts: readonly Verdict[];
  readonly agreements: readonly Agreement[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
const spreadText = (spread: Spread): string =>
  spread.rounds === 1
    ? digits(spread.median)
    : `${digits(spread.median)} (${digits(spread.smallest)} to ${digits(spread.largest)})`;

export function report({
  machine,
  rounds,
  figures,
  verdicts,
  agreements,
  notes,
  quick,
}: PeersResult): readonly string[] {
  const lines: string[] = [];
  for (const threads of new Set(figures.map((f) => f.threads))) {
    const own = figures.filter((f) => f.threads === threads && f.values.length > 0);
    lines.push(
      '',
      `── ${String(threads)} thread${threads === 1 ? '' : 's'}: medians (smallest to largest) of ${String(rounds)} interleaved rounds`,
    );
    for (const measure of new Set(own.map((f) => f.measure))) {
      const rows = own.filter((f) => f.measure === measure);
      lines.push(`${measure}, ${rows[0]?.unit ?? ''}`);
      for (const { row, values } of rows) lines.push(`  ${row.padEnd(28)} ${spreadText(spreadOf(values))}`);
    }
    lines.push('the same prompt, answered');
    for (const { row, text } of agreements.filter((a) => a.threads === threads)) {
      lines.push(`  ${row.padEnd(28)} ${JSON.stringify(text)}`);
    }
  }
  lines.push('', '── targets');
  for (const verdict of verdicts) lines.push(verdictText(verdict));
  if (notes.length > 0) lines.push('', ...notes);
  const { cpu, cores, memoryGB, chromium, node, load } = machine;
  lines.push(
    '',
    `${cpu}, ${String(cores)} cores, ${memoryGB.toFixed(0)} GB; Chromium ${chromium}, Node ${node}; load before the run ${load.toFixed(1)}${quick ? '; quick' : ''}`,
  );
  if (load > 0.5) lines.push('Other programs were running: ratios may hold, times do not.');
  return lines;
}

function verdictText({ target, threads, measured, rows, met }: Verdict): string {
  const wanted = `${target.is} ${digits(target.bound)}`;
  const found = measured === undefined ? 'not measured' : spreadText(measured);
  const word = met === undefined ? '' : met ? 'met' : 'NOT MET';
  const taken = rows.length === 0 ? '' : ` [${rows.join(' / ')}]`;
  return `  ${String(threads)} thr. ${target.text.padEnd(54)} ${wanted.padEnd(14)} ${found.padEnd(24)} ${word}${taken}`;
}
