import { percent, resultTable, type TableCell, type TableRow } from './table.ts';
import type { ReportFacts } from './facts.ts';

/** A cell of a table may hold no line break, and a bar would end it. */
export const markdownCell = (text: string): string =>
  text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|');

const MARKS = { better: ' ▲', worse: ' ▼' } as const;

/** `75.0 [68.6, 80.5] ▲`, in percent. */
function cellText(cell: TableCell | undefined): string {
  if (cell === undefined) return '–';
  const { estimate, bounds, mark } = cell;
  const interval = bounds === undefined ? '' : ` [${bounds.map(percent).join(', ')}]`;
  return `${percent(estimate)}${interval}${mark === undefined ? '' : MARKS[mark]}`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const row = ({ label, documents, cells }: TableRow): string =>
  documents === undefined
    ? line([`**${markdownCell(label)}**`, '', ...cells.map(cellText)])
    : line([markdownCell(label), String(documents), ...cells.map(cellText)]);

/** A table by task with intervals; ▲ and ▼ are differences to the first policy that its documents can tell. */
export function reportMarkdown(facts: ReportFacts): string {
  const { caption, columns, sections, notes } = resultTable(facts);
  return `${[
    caption,
    '▲ better, ▼ worse than the first column by McNemar’s exact test, Holm’s correction over the tasks of a column, 5 %;',
    'without a mark it cannot be told at this number of documents.',
    '',
    line(['task', 'documents', ...columns.map(markdownCell)]),
    line(['---', '--:', ...columns.map(() => '--:')]),
    ...sections.flatMap(({ rows, averages }) => [...rows, ...averages].map(row)),
    '',
    ...notes.map((note) => `- ${note}`),
  ].join('\n')}\n`;
}
