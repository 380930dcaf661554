/** The table of docs/experts.md: what each task's own expert, the two controls and the best of the others do, from the matrix. */
import { matrixCells, type ExpertMatrix, type MatrixCell } from '../../src/core/evaluation/matrix.ts';
import { wilson, type Interval } from '../../src/core/stats/index.ts';

const BEGIN = '<!-- table: written by `npm run matrix` -->';
const END = '<!-- /table -->';

const percent = (share: number): string => (100 * share).toFixed(0);
const text = ({ estimate, lower, upper }: Interval): string =>
  `${percent(estimate)} (${percent(lower)} to ${percent(upper)})`;
const cellText = (cell: MatrixCell | null | undefined): string => (cell == null ? '–' : text(cell.share));

/** @param controls ids of columns that are no experts of the library */
export function expertsTable(matrix: ExpertMatrix, controls: readonly string[]): readonly string[] {
  const { experts, tasks } = matrix;
  const cells = matrixCells(matrix);
  const lines = [
    `| task | chance | base | own expert | ${controls.join(' | ')} | best of the others |`,
    `|---|---|---|---|${controls.map(() => '---|').join('')}---|`,
  ];
  tasks.forEach((task, t) => {
    const row = cells[t] ?? [];
    const of = (id: string) => row[experts.indexOf(id)];
    const others = experts.flatMap((id, e) => {
      const cell = row[e];
      return id === task.id || controls.includes(id) || cell == null ? [] : [{ id, cell }];
    });
    const [best] = others.sort((a, b) => b.cell.share.estimate - a.cell.share.estimate);
    const { n, right } = task.base;
    lines.push(
      `| ${task.label}${task.half === 'held-out' ? ' (held-out)' : ''} | ${percent(task.chance)} | ${text(wilson(right, n))} | ${cellText(of(task.id))} | ${controls.map((id) => cellText(of(id))).join(' | ')} | ${best === undefined ? '–' : `${cellText(best.cell)} ${best.id}`} |`,
    );
  });
  return [...lines, '', ...summary(matrix, cells, controls)];
}

function summary(
  { tasks, experts, split, conditions, date }: ExpertMatrix,
  cells: ReturnType<typeof matrixCells>,
  controls: readonly string[],
): readonly string[] {
  const own = tasks.flatMap(({ id, base }, t) => {
    const cell = cells[t]?.[experts.indexOf(id)];
    return cell == null ? [] : [{ share: cell.share.estimate, base: base.right / base.n }];
  });
  const inReach = own.filter(({ share }) => share >= 0.6 && share <= 0.95).length;
  const all = cells.flatMap((row, t) =>
    row.flatMap((cell, e) =>
      cell == null || experts[e] === tasks[t]?.id || controls.includes(experts[e] ?? '') ? [] : [cell],
    ),
  );
  const count = (kind: MatrixCell['kind']): string => String(all.filter((cell) => cell.kind === kind).length);
  const mean = (values: readonly number[]): string =>
    percent(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
  return [
    `Shares right in percent with Wilson's intervals of 95 %, ${split} documents (${conditions.backend}, ${date.slice(0, 10)}); free answers by exact match, choices by the likeliest option. ` +
      `Own experts have ${mean(own.map(({ share }) => share))} % on average, the base ${mean(own.map(({ base }) => base))} % on the same tasks; ` +
      `${String(inReach)} of ${String(own.length)} own experts lie between 60 and 95 %. Of ${String(all.length)} pairs of an expert and another task ` +
      `${count('transfer')} are better than the base and ${count('harm')} worse (exact McNemar, Holm over the whole matrix, 5 %); the rest cannot be told at this n.`,
  ];
}

/** @throws Error where the document has no place for it */
export function withTable(document: string, lines: readonly string[]): string {
  const [start, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/experts.md has no ${BEGIN} … ${END}`);
  return `${document.slice(0, start + BEGIN.length)}\n\n${lines.join('\n')}\n\n${document.slice(end)}`;
}
