import type { ReportFacts } from './facts.ts';
import { percent, resultTable, type TableCell, type TableRow } from './table.ts';

const NAMES: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  // Behind the end of a row a bracket would be its argument.
  '[': '{[}',
  ']': '{]}',
};

/** Text as LaTeX prints it; line breaks become spaces, control characters go. */
export const latexText = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .replaceAll(/[\\{}$&#%_^~<>|"[\]]/g, (character) => NAMES[character] ?? character);

const MARKS = { better: '$^{\\uparrow}$', worse: '$^{\\downarrow}$' } as const;

function cellText(cell: TableCell | undefined): string {
  if (cell === undefined) return '--';
  const { estimate, bounds, mark } = cell;
  const interval = bounds === undefined ? '' : ` {\\scriptsize [${bounds.map(minus).join(', ')}]}`;
  return `${minus(estimate)}${mark === undefined ? '' : MARKS[mark]}${interval}`;
}

const minus = (value: number): string => percent(value).replace('-', '$-$');

const row = ({ label, documents, cells }: TableRow): string =>
  `${[latexText(label), documents === undefined ? '' : String(documents), ...cells.map(cellText)].join(' & ')} \\\\`;

/** A `table` with booktabs' rules, to be put into a paper as it is. */
export function reportLatex(facts: ReportFacts): string {
  const { caption, columns, sections, notes } = resultTable(facts);
  const body = sections.flatMap(({ rows, averages }, i) => [
    ...(i === 0 ? [] : ['\\midrule']),
    ...rows.map(row),
    '\\cmidrule{1-' + String(columns.length + 2) + '}',
    ...averages.map(row),
  ]);
  const marks =
    "$\\uparrow$ better, $\\downarrow$ worse than the first column by McNemar's exact test with Holm's correction over the tasks of a column, 5\\,\\%; without a mark it cannot be told at this number of documents.";
  return `${[
    '% \\usepackage{booktabs}',
    '\\begin{table}',
    '\\centering',
    `\\caption{${[latexText(caption), marks, ...notes.map(latexText)].join(' ')}}`,
    `\\begin{tabular}{lr${'r'.repeat(columns.length)}}`,
    '\\toprule',
    `${['Task', '$n$', ...columns.map(latexText)].join(' & ')} \\\\`,
    '\\midrule',
    ...body,
    '\\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
  ].join('\n')}\n`;
}
