/** What an evaluation found, for people (Markdown) and for programs (JSON). */
import type { Interval } from '../stats/index.ts';
import { policyFor, policyHash, hashOf, type EvaluatedTask, type Evaluation } from './plan.ts';
import type { HalfSummary, Tally, TaskCell, TaskDifference } from './tally.ts';

export interface ReportFacts {
  readonly evaluation: Evaluation;
  readonly tally: Tally;
  readonly experts: readonly string[];
  readonly model: { readonly id: string; readonly label: string; readonly hash: string };
  readonly seed: number;
  /** The experts that the oracle takes for tasks without one of their own. */
  readonly oracle: Readonly<Record<string, string>>;
}

const HALVES = ['held-in', 'held-out'] as const;
const RESAMPLES = 9999;

const percent = (value: number): string => (100 * value).toFixed(1);
/** `75.0 [68.6, 80.5]`, in percent. */
const withInterval = ({ estimate, lower, upper }: Interval): string =>
  `${percent(estimate)} [${percent(lower)}, ${percent(upper)}]`;

/** Marks of significance: `*` after the correction over a contestant's tasks, nothing where it cannot be told. */
const mark = (difference: TaskDifference | undefined): string =>
  difference === undefined || difference.verdict === 'cannot be told at this n'
    ? ''
    : difference.verdict === 'better'
      ? ' ▲'
      : ' ▼';

function cellText(cell: TaskCell | undefined, difference: TaskDifference | undefined): string {
  return cell === undefined ? '–' : `${withInterval(cell.share)}${mark(difference)}`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function halfRow(
  name: string,
  summaries: readonly (HalfSummary | undefined)[],
  of: (summary: HalfSummary) => Interval | undefined,
): string {
  return row([
    name,
    '',
    ...summaries.map((summary) => {
      const value = summary === undefined ? undefined : of(summary);
      return value === undefined ? '–' : withInterval(value);
    }),
  ]);
}

/** A table by task with intervals; ▲ and ▼ are differences to the first contestant that its documents can tell. */
export function reportMarkdown({ evaluation, tally, model, seed }: ReportFacts): string {
  const { tasks, contestants } = evaluation;
  const names = contestants.map(({ name }) => name);
  const rows = tally.rows();
  const lines = [
    `${model.label}, ${[...new Set(tasks.map(({ split }) => split))].join(' and ')} documents. Share right in percent with its interval of 95 %; free answers`,
    'by exact match, choices by the largest log-likelihood. ▲ better, ▼ worse than the first column by McNemar’s exact test, Holm’s',
    'correction over the tasks of a column, 5 %; without a mark it cannot be told at this number of documents.',
    '',
    row(['task', 'documents', ...names]),
    row(['---', '--:', ...names.map(() => '--:')]),
  ];
  for (const half of HALVES) {
    const own = rows.filter(({ task }) => task.half === half);
    if (own.length === 0) continue;
    for (const { task, cells, differences } of own) {
      const n = Math.max(...[...cells.values()].map((cell) => cell.n));
      lines.push(
        row([task.label, String(n), ...names.map((name) => cellText(cells.get(name), differences.get(name)))]),
      );
    }
    const summaries = names.map((name) => tally.half(half, name, { resamples: RESAMPLES, seed }));
    lines.push(halfRow(`**${half}, mean of ${String(own.length)} tasks**`, summaries, ({ average }) => average));
    lines.push(halfRow(`**${half}, guessing = 0**`, summaries, ({ normalised }) => normalised));
    lines.push(halfRow(`**${half}, less the first**`, summaries, ({ difference }) => difference));
  }
  return `${lines.join('\n')}\n`;
}

const documentsHash = ({ documents }: EvaluatedTask): string =>
  hashOf(documents.map(({ id, prompt, answer, options }) => ({ id, prompt, answer, options })));

export function reportJson({ evaluation, tally, experts, model, seed, oracle }: ReportFacts): object {
  const { tasks, contestants, conditions } = evaluation;
  const rows = new Map(tally.rows().map((of) => [of.task.id, of]));
  return {
    format: 'switchyard-evaluation',
    version: 1,
    model: { id: model.id, hash: model.hash },
    conditions,
    seed,
    experts,
    oracle,
    tasks: tasks.map((task) => ({
      id: task.id,
      label: task.label,
      half: task.half,
      split: task.split,
      metric: task.metric,
      chance: task.chance,
      documents: task.documents.length,
      documentsHash: documentsHash(task),
    })),
    policies: contestants.map((contestant) => ({
      name: contestant.name,
      label: contestant.label,
      halves: Object.fromEntries(
        HALVES.map((half) => [half, tally.half(half, contestant.name, { resamples: RESAMPLES, seed }) ?? null]),
      ),
      tasks: tasks.flatMap((task) => {
        const policy = policyFor(contestant, task.id);
        const cell = rows.get(task.id)?.cells.get(contestant.name);
        if (policy === undefined || cell === undefined) return [];
        const difference = rows.get(task.id)?.differences.get(contestant.name);
        return [
          { task: task.id, policy: policyHash(policy), ...cell, ...(difference === undefined ? {} : { difference }) },
        ];
      }),
    })),
  };
}
