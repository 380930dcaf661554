/** Every expert alone on every task, against the base without experts: what it learnt, carries over and spoils. */
import { tango, verdicts, wilson, type Interval, type Judged } from '../stats/index.ts';
import type { Split } from '../tasks/task.ts';
import { documentsHash, type Conditions, type Contestant, type EvaluatedTask } from './plan.ts';
import { askedContestant } from './asked.ts';
import { singleExpert } from './single.ts';
import type { Outcome } from './tally.ts';

/** Counts from which every interval and verdict is computed again. */
export interface MatrixCount {
  /** Documents that both expert and base have answered. */
  readonly n: number;
  readonly right: number;
  /** Right where the base is wrong, and the reverse. */
  readonly won: number;
  readonly lost: number;
}

export interface MatrixTask {
  readonly id: string;
  readonly label: string;
  readonly half: EvaluatedTask['half'];
  readonly metric: EvaluatedTask['metric'];
  readonly chance: number;
  /** Of the documents that were taken, see `documentsHash`. */
  readonly documents: string;
  readonly base: { readonly n: number; readonly right: number };
  /** `[expert]`, null where it was not measured. */
  readonly cells: readonly (MatrixCount | null)[];
}

export interface MatrixFacts {
  /** Hash of the package's manifest, backend and seed. */
  readonly conditions: Pick<Conditions, 'package' | 'controls' | 'backend' | 'seed' | 'beyond'>;
  readonly split: Split;
  /** When it was made, in UTC. */
  readonly date: string;
}

export interface ExpertMatrix extends MatrixFacts {
  /** Ids of the experts, then of the controls: the columns. */
  readonly experts: readonly string[];
  readonly tasks: readonly MatrixTask[];
}

/** The expert was trained on this task; or it helps, harms, or neither can be told. */
export type CellKind = 'own' | 'transfer' | 'harm' | 'cannot be told at this n';

export interface MatrixCell extends MatrixCount, Judged {
  readonly kind: CellKind;
  /** Share right, Wilson's interval of 95 %. */
  readonly share: Interval;
  /** Less the base's share on the same documents, Tango's interval of 95 %. */
  readonly difference: Interval;
}

/** The base and one contestant for each expert, by the expert's id. */
export const BASE_NAME = 'base';

/** What is measured on a task: all experts on its first documents, or the task's own expert and the base on more of them. */
export function matrixContestants(experts: readonly string[], only?: string): readonly Contestant[] {
  const taken = only === undefined ? experts : experts.filter((id) => id === only);
  return [
    { ...askedContestant(BASE_NAME, { tasks: [], experts, best: {} }), name: BASE_NAME },
    ...taken.map((id) => ({ name: expertName(id), label: id, policy: singleExpert(id) })),
  ];
}

/** An expert may itself be called `base`. */
export const expertName = (id: string): string => `single:${id}`;

/** @param outcomes of a task under a contestant of {@link matrixContestants}; what is absent becomes an empty cell */
export function matrixTask(
  task: EvaluatedTask,
  experts: readonly string[],
  outcomes: (contestant: string) => readonly Outcome[],
): MatrixTask {
  const base = outcomes(BASE_NAME);
  const rightOfBase = new Map(base.map(({ document, right }) => [document, right]));
  const { id, label, half, metric, chance } = task;
  return {
    ...{ id, label, half, metric, chance },
    documents: documentsHash(task),
    base: { n: base.length, right: base.filter(({ right }) => right).length },
    cells: experts.map((expert) => count(outcomes(expertName(expert)), rightOfBase)),
  };
}

function count(outcomes: readonly Outcome[], base: ReadonlyMap<string, boolean>): MatrixCount | null {
  const both = outcomes.filter(({ document }) => base.has(document));
  if (both.length === 0) return null;
  const number = (of: (outcome: Outcome) => boolean): number => both.filter(of).length;
  return {
    n: both.length,
    right: number(({ right }) => right),
    won: number(({ right, document }) => right && base.get(document) === false),
    lost: number(({ right, document }) => !right && base.get(document) === true),
  };
}

/**
 * Intervals and verdicts, `[task][expert]`. Holm's correction holds over all cells of the matrix: with 24 experts on 36 tasks
 * some of 864 differences would look significant by chance alone.
 */
export function matrixCells({ tasks, experts }: ExpertMatrix): readonly (readonly (MatrixCell | null)[])[] {
  const counts = tasks.flatMap(({ cells }) => cells.filter((cell) => cell !== null));
  const judged = verdicts(counts);
  const by = new Map(counts.map((cell, i) => [cell, judged[i]]));
  return tasks.map((task) =>
    task.cells.map((cell, e): MatrixCell | null => {
      const told = cell === null ? undefined : by.get(cell);
      if (cell === null || told === undefined) return null;
      const { n, right, won, lost } = cell;
      return {
        ...cell,
        ...told,
        kind: kindOf(experts[e] === task.id, told),
        share: wilson(right, n),
        difference: tango(won, lost, n),
      };
    }),
  );
}

function kindOf(own: boolean, { verdict }: Judged): CellKind {
  if (own) return 'own';
  switch (verdict) {
    case 'better':
      return 'transfer';
    case 'worse':
      return 'harm';
    case 'cannot be told at this n':
      return verdict;
  }
}
