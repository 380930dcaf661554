/** The table of an evaluation before it is Markdown or LaTeX: tasks down, policies across, averages below each half. */
import type { Interval } from '../../stats/index.ts';
import type { HalfSummary } from '../half.ts';
import { looksNotes } from '../looks.ts';
import { HALVES, type Half } from '../plan.ts';
import type { ReportFacts } from './facts.ts';

/** Where all documents of a task came out alike a bootstrap has no spread to go by: then the bounds are missing, and a note says so. */
export interface TableCell {
  /** A share of 1, as its bounds are. */
  readonly estimate: number;
  readonly bounds?: readonly [lower: number, upper: number];
  /** Against the first column, where its documents can tell. */
  readonly mark?: 'better' | 'worse';
}

export interface TableRow {
  readonly label: string;
  /** Most documents of a cell; absent for averages. */
  readonly documents?: number;
  /** One for each column; undefined where nothing was measured. */
  readonly cells: readonly (TableCell | undefined)[];
}

export interface ResultTable {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly sections: readonly {
    readonly half: Half;
    readonly rows: readonly TableRow[];
    readonly averages: readonly TableRow[];
  }[];
  /** Sentences below it. */
  readonly notes: readonly string[];
}

export function resultTable(facts: ReportFacts): ResultTable {
  const { evaluation, tally, model, looks } = facts;
  const columns = evaluation.contestants.map(({ name }) => name);
  const all = tally.rows();
  const sections = HALVES.flatMap((half) => {
    const own = all.filter(({ task }) => task.half === half);
    if (own.length === 0) return [];
    const rows = own.map(({ task, cells, differences }): TableRow => {
      const documents = Math.max(...[...cells.values()].map((cell) => cell.n));
      return {
        label: task.label,
        documents,
        cells: columns.map((name) => {
          const share = cells.get(name)?.share;
          const verdict = differences.get(name)?.verdict;
          const told = verdict === 'better' || verdict === 'worse' ? { mark: verdict } : {};
          return share === undefined ? undefined : { ...tableCell(share), ...told };
        }),
      };
    });
    const summaries = columns.map((name) => facts.summaries.get(name)?.[half]);
    const average = (label: string, of: (summary: HalfSummary) => Interval | undefined): TableRow => ({
      label,
      cells: summaries.map((summary) => {
        const interval = summary === undefined ? undefined : of(summary);
        return interval === undefined ? undefined : tableCell(interval);
      }),
    });
    const averages = [
      average(`${half}, mean of ${countTasks(own.length)}`, (of) => of.average),
      average(`${half}, guessing = 0`, (of) => of.normalised),
      average(`${half}, guessing = 0, less the first`, (of) => of.difference),
    ];
    return [{ half, rows, averages }];
  });
  const splits = [...new Set(evaluation.tasks.map(({ split }) => split))].join(' and ');
  return {
    caption:
      `${model.label}, ${splits} documents. Share right in percent with its interval of 95 % (tasks: Wilson; averages: bootstrap); ` +
      'free answers by exact match, choices by the largest log-likelihood.',
    columns,
    sections,
    notes: [
      ...looksNotes(looks, evaluation.contestants),
      ...facts.picked.map(pickedSentence),
      ...chosenOnThese(facts),
      ...(sections.some(({ averages }) => averages.some(({ cells }) => cells.some(isBare))) ? [BARE] : []),
    ],
  };
}

const tableCell = ({ estimate, lower, upper }: Interval): TableCell =>
  lower < upper ? { estimate, bounds: [lower, upper] } : { estimate };

const isBare = (cell: TableCell | undefined): boolean => cell !== undefined && cell.bounds === undefined;
const BARE =
  'An average without an interval: in each of its tasks all documents came out alike, so that these documents cannot tell how far it may be off.';

const countTasks = (n: number): string => (n === 1 ? '1 task' : `${String(n)} tasks`);

const pickedSentence = ({ spec, chosen, tasks, documents }: ReportFacts['picked'][number]): string =>
  `${chosen} was picked of ${spec} on ${String(documents)} held-in validation documents of ${countTasks(tasks)}.`;

/** A choice among policies flatters the chosen one on the documents that it was made on. */
function chosenOnThese({ evaluation, picked, oracle }: ReportFacts): readonly string[] {
  const shown = evaluation.tasks.filter(({ split }) => split === 'validation');
  const names = shown.some(({ half }) => half === 'held-in') ? picked.map(({ chosen }) => chosen) : [];
  const guided = shown.filter(({ id }) => oracle[id] !== undefined).map(({ label }) => label);
  const end =
    'chosen on validation documents, which this table shows: its figures are flattered here. Compare on test documents.';
  return [
    ...(names.length === 0 ? [] : [`On held-in tasks ${names.join(', ')} was ${end}`]),
    ...(guided.length === 0 ? [] : [`On ${guided.join(', ')} the oracle’s expert was ${end}`]),
  ];
}

export const percent = (value: number): string => (100 * value).toFixed(1).replace(/^-(?=0\.0$)/, '');
