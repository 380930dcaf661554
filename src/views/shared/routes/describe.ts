/** A cell in words, for screen readers and tooltips. */
import { choices, hasCell } from '../../../core/derive/cells.ts';
import { spokenToken } from '../../../core/derive/tokens.ts';
import type { LibraryInfo } from '../../../core/library.ts';
import { expertText, siteText, weightText } from '../format.ts';
import type { Cell, RunView } from '../types.ts';

/** The text of the token at a position of prompt and answer. */
export function tokenAt(run: RunView, position: number): string {
  const prompt = run.prompt.tokens;
  return (prompt[position] ?? run.answer.tokens[position - prompt.length])?.text ?? '';
}

/** `token 12 ‘+’, layer 7 FFN: Addition .61, Antonym .39` */
export function describeCell(library: LibraryInfo, run: RunView, cell: Cell): string {
  const head = `token ${String(cell.token)} ‘${spokenToken(tokenAt(run, cell.token))}’, ${siteText(library.sites[cell.site])}`;
  if (!hasCell(run.trace, cell.site, cell.token))
    return `${head}: no route, as this token has not been read by the model`;
  const chosen = choices(run.trace, cell.site, cell.token);
  if (chosen.length === 0) return `${head}: no expert, the base alone`;
  return `${head}: ${chosen.map((c) => `${expertText(library.experts, c.unit)} ${weightText(c.weight)}`).join(', ')}`;
}
