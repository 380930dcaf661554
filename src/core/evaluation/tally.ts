/** Results of an evaluation as they come in, and what they say: by task, by half, against the first contestant. */
import { differences, tango, verdicts, wilson, type Interval, type Judged } from '../stats/index.ts';
import type { HalfSample } from './half.ts';
import type { Measurement } from './measurement.ts';
import type { EvaluatedTask, Half } from './plan.ts';
import type { Result } from './runner.ts';
import { isRight, scoreDocument, type DocumentScores } from './score.ts';

/** A document under one contestant. */
export interface Outcome {
  readonly document: string;
  readonly right: boolean;
  readonly scores: DocumentScores;
  readonly measurement: Measurement;
}

export interface TaskCell {
  readonly n: number;
  readonly right: number;
  /** Share right, Wilson's interval of 95 %. */
  readonly share: Interval;
  /** Of the gold answer, mean over documents of the mean over its tokens. */
  readonly nll: number;
  readonly routing: {
    /** Share of the weight given to the task's own expert; absent where it has none. */
    readonly own?: number;
    /** Share of cells whose first choice is the task's own expert: the agreement with the oracle. */
    readonly agreement?: number;
    readonly entropy: number;
    readonly chosen: number;
    /** `[expert]` */
    readonly load: readonly number[];
  };
}

/** A contestant against the first, on the documents that both have. */
export interface TaskDifference extends Judged {
  readonly n: number;
  readonly won: number;
  readonly lost: number;
  /** Difference of the shares right, Tango's interval of 95 %. */
  readonly difference: Interval;
}

/** What is kept of a task and a contestant before Holm's correction, which is over all tasks. */
type Table = Omit<TaskDifference, keyof Judged> & { readonly task: string };

export interface TaskRow {
  readonly task: EvaluatedTask;
  /** By contestant; one without results is missing. */
  readonly cells: ReadonlyMap<string, TaskCell>;
  /** Verdicts of a contestant hold together over all its tasks (Holm). */
  readonly differences: ReadonlyMap<string, TaskDifference>;
}

export interface Tally {
  /** Takes results in; of the same document and contestant the later one counts. */
  add(results: readonly Result[]): void;
  outcomes(task: string, contestant: string): readonly Outcome[];
  /** Tasks with at least one result, in the order of the evaluation. */
  rows(): readonly TaskRow[];
  /** Undefined until at least one task of this half has two documents. */
  sample(half: Half, contestant: string): HalfSample | undefined;
}

/** @param experts ids in the order of the measurements' units */
export function createTally(
  tasks: readonly EvaluatedTask[],
  contestants: readonly string[],
  experts: readonly string[],
): Tally {
  const found = new Map<string, Map<string, Outcome>>();
  // What was computed stays until a result comes that it depends on: a page asks again after every few documents.
  const cells = new Map<string, TaskCell>();
  const tables = new Map<string, Table>();
  const at = (task: string, contestant: string): string => `${contestant}\n${task}`;
  const [first = ''] = contestants;

  const outcomes = (task: string, contestant: string): Outcome[] => [
    ...(found.get(at(task, contestant))?.values() ?? []),
  ];

  /** Outcomes of both on the documents that both have, in the same order. */
  function paired(
    task: string,
    contestant: string,
  ): { readonly one: readonly Outcome[]; readonly base: readonly Outcome[] } {
    const base = found.get(at(task, first));
    const one = outcomes(task, contestant).filter(({ document }) => base?.has(document));
    return { one, base: one.flatMap(({ document }) => base?.get(document) ?? []) };
  }

  function cell(task: EvaluatedTask, contestant: string): TaskCell | undefined {
    const key = at(task.id, contestant);
    const known = cells.get(key);
    if (known !== undefined) return known;
    const all = outcomes(task.id, contestant);
    if (all.length === 0) return undefined;
    const made = cellOf(all, experts, experts.indexOf(task.id));
    cells.set(key, made);
    return made;
  }

  /** Undefined without a document that both have. */
  function table(task: string, contestant: string): Table | undefined {
    const key = at(task, contestant);
    const known = tables.get(key);
    if (known !== undefined) return known;
    const { one, base } = paired(task, contestant);
    if (one.length === 0) return undefined;
    const won = one.filter(({ right }, i) => right && base[i]?.right === false).length;
    const lost = one.filter(({ right }, i) => !right && base[i]?.right === true).length;
    const made = { task, n: one.length, won, lost, difference: tango(won, lost, one.length) };
    tables.set(key, made);
    return made;
  }

  /** A result of the first contestant bears on the differences of all. */
  function forget(task: EvaluatedTask, contestant: string): void {
    cells.delete(at(task.id, contestant));
    for (const name of contestant === first ? contestants : [contestant]) tables.delete(at(task.id, name));
  }

  /** Of one contestant, by task. */
  function differencesOf(contestant: string): Map<string, TaskDifference> {
    const own = tasks.flatMap(({ id }) => table(id, contestant) ?? []);
    const judged = verdicts(own);
    return new Map(
      own.flatMap(({ task, ...counts }, i) => {
        const by = judged[i];
        return by === undefined ? [] : [[task, { ...counts, ...by }] as const];
      }),
    );
  }

  return {
    add(results) {
      for (const { task, document, contestant, measurement } of results) {
        const scores = scoreDocument(document, measurement);
        const right = isRight(scores, task.metric);
        // What this metric needs was not measured.
        if (right === undefined) continue;
        const key = at(task.id, contestant);
        const own = found.get(key) ?? new Map<string, Outcome>();
        found.set(key, own);
        own.set(document.id, { document: document.id, right, scores, measurement });
        forget(task, contestant);
      }
    },
    outcomes,
    rows() {
      const compared = new Map(contestants.slice(1).map((name) => [name, differencesOf(name)]));
      return tasks.flatMap((task): TaskRow[] => {
        const own = contestants.flatMap((name) => {
          const of = cell(task, name);
          return of === undefined ? [] : [[name, of] as const];
        });
        if (own.length === 0) return [];
        const rows = contestants.slice(1).flatMap((name) => {
          const difference = compared.get(name)?.get(task.id);
          return difference === undefined ? [] : [[name, difference] as const];
        });
        return [{ task, cells: new Map(own), differences: new Map(rows) }];
      });
    },
    sample(half, contestant) {
      const own = tasks
        .filter((task) => task.half === half)
        .map((task) => ({ task, all: outcomes(task.id, contestant) }))
        .filter(({ all }) => all.length >= 2);
      if (own.length === 0) return undefined;
      const pairs = own.flatMap(({ task }) => {
        const { one, base } = paired(task.id, contestant);
        return contestant === first || one.length < 2
          ? []
          : [{ differences: differences(one.map(numeric), base.map(numeric)), chance: task.chance }];
      });
      return {
        documents: own.reduce((sum, { all }) => sum + all.length, 0),
        tasks: own.map(({ task, all }) => ({ right: all.map(numeric), chance: task.chance })),
        pairs,
      };
    },
  };
}

const numeric = ({ right }: Outcome): number => (right ? 1 : 0);

/** Mean over documents of what was measured. @param own unit of the task's own expert, −1 where it has none */
function cellOf(all: readonly Outcome[], experts: readonly string[], own: number): TaskCell {
  const right = all.filter((outcome) => outcome.right).length;
  const mean = (value: (outcome: Outcome) => number): number =>
    all.reduce((sum, outcome) => sum + value(outcome), 0) / all.length;
  return {
    n: all.length,
    right,
    share: wilson(right, all.length),
    nll: mean(({ scores }) => scores.nll),
    routing: {
      ...(own < 0
        ? {}
        : {
            own: mean(({ measurement }) => measurement.routing.share[own] ?? 0),
            agreement: mean(({ measurement }) => measurement.routing.first[own] ?? 0),
          }),
      entropy: mean(({ measurement }) => measurement.routing.entropy),
      chosen: mean(({ measurement }) => measurement.routing.chosen),
      load: experts.map((_, unit) => mean(({ measurement }) => measurement.routing.share[unit] ?? 0)),
    },
  };
}
