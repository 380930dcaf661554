import type { ReportFacts } from './facts.ts';
import { percent, resultTable, type ResultTable, type TableCell, type TableRow } from './table.ts';

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
  const interval = bounds === undefined ? '' : ` {\\tiny [${bounds.map(minus).join(', ')}]}`;
  return `${minus(estimate)}${mark === undefined ? '' : MARKS[mark]}${interval}`;
}

const minus = (value: number): string => percent(value).replace('-', '$-$');

const row = ({ label, documents, cells }: TableRow): string =>
  // Narrow columns look torn when their words are spread.
  `${[`\\raggedright ${latexText(label)}`, documents === undefined ? '' : String(documents), ...cells.map(cellText)].join(' & ')} \\\\`;

/** Policies in a table, the first among them: what fits across a page of one column. */
const ACROSS = 4;

/** Which columns each table has: the first, which the others are compared with, stands in all of them. */
function blocks(columns: number): number[][] {
  const others = Array.from({ length: columns - 1 }, (_, i) => i + 1);
  const tables = Math.max(1, Math.ceil(others.length / (ACROSS - 1)));
  return Array.from({ length: tables }, (_, t) => [0, ...others.slice(t * (ACROSS - 1), (t + 1) * (ACROSS - 1))]);
}

/** Tables with booktabs' rules, to be put into a paper as they are; more than four policies take several. */
export function reportLatex(facts: ReportFacts): string {
  const table = resultTable(facts);
  const each = blocks(table.columns.length);
  const texts = each.map((columns, t) =>
    latexTable(table, columns, each.length === 1 ? '' : `(${String(t + 1)} of ${String(each.length)}) `),
  );
  return `% \\usepackage{booktabs}\n${texts.join('\n')}`;
}

function latexTable(
  { caption, columns, sections, notes }: ResultTable,
  taken: readonly number[],
  which: string,
): string {
  const own = <T>(all: readonly T[]): T[] => all.filter((_, i) => taken.includes(i));
  const rows = (of: readonly TableRow[]): string[] => of.map((one) => row({ ...one, cells: own(one.cells) }));
  const body = sections.flatMap(({ rows: tasks, averages }, i) => [
    ...(i === 0 ? [] : ['\\midrule']),
    ...rows(tasks),
    `\\cmidrule{1-${String(taken.length + 2)}}`,
    ...rows(averages),
  ]);
  const marks =
    "$\\uparrow$ better, $\\downarrow$ worse than the first column by McNemar's exact test with Holm's correction over the tasks of a column, 5\\,\\%; without a mark it cannot be told at this number of documents.";
  return `${[
    '\\begin{table}',
    '\\centering\\footnotesize\\setlength{\\tabcolsep}{3pt}',
    `\\caption{${[which + latexText(caption), marks, ...notes.map(latexText)].join(' ')}}`,
    `\\begin{tabular}{p{0.2\\textwidth}r${'r'.repeat(taken.length)}}`,
    '\\toprule',
    `${['Task', '$n$', ...own(columns).map(latexText)].join(' & ')} \\\\`,
    '\\midrule',
    ...body,
    '\\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
  ].join('\n')}\n`;
}
