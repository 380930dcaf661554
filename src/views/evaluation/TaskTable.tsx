import type { Summaries } from '../../core/evaluation/half.ts';
import { HALVES, type Contestant, type Half } from '../../core/evaluation/plan.ts';
import type { TaskCell, TaskDifference, TaskRow } from '../../core/evaluation/tally.ts';
import { cx } from '../../ui/cx.ts';
import css from './evaluation.module.css';
import { TableBox } from './TableBox.tsx';
import type { EvaluationSelection } from './types.ts';
import { difference, points, VERDICT, withInterval } from './words.ts';

interface TaskTableProps {
  readonly contestants: readonly Contestant[];
  readonly rows: readonly TaskRow[];
  readonly summaries: Summaries;
  readonly selection: EvaluationSelection;
  readonly onSelect: (selection: EvaluationSelection) => void;
}

/** Shares right by task, with their intervals, and what sets each policy apart from the first. */
export function TaskTable(props: TaskTableProps) {
  const { contestants, rows } = props;
  const [first] = contestants;
  return (
    <TableBox
      label="Table of tasks"
      told={
        <>
          Share right in percent with its interval of 95 % (Wilson)
          {contestants.length > 1 &&
            `; below it the difference to ${first?.name ?? ''} with its own (Tango). ▲ better, ▼ worse: exact McNemar test, Holm’s correction over the tasks of a policy, 5 %`}
          .
        </>
      }
    >
      <thead>
        <tr>
          <th scope="col">Task</th>
          {contestants.map(({ name, label }) => (
            <th scope="col" key={name} title={label}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      {HALVES.map((half) => {
        const own = rows.filter(({ task }) => task.half === half);
        return own.length > 0 && <HalfRows key={half} {...props} half={half} rows={own} />;
      })}
    </TableBox>
  );
}

function HalfRows({
  half,
  contestants,
  rows,
  summaries,
  selection,
  onSelect,
}: TaskTableProps & { readonly half: Half }) {
  return (
    <tbody>
      <tr className={css.half}>
        <th scope="rowgroup" colSpan={contestants.length + 1}>
          {half}
        </th>
      </tr>
      {rows.map(({ task, cells, differences }) => (
        <tr key={task.id} className={cx(task.id === selection.task && css.selected)}>
          <th scope="row">
            <button
              type="button"
              aria-expanded={task.id === selection.task}
              onClick={() => {
                const { task: before, ...rest } = selection;
                onSelect(before === task.id ? rest : { ...rest, task: task.id });
              }}
            >
              {task.label}
            </button>
          </th>
          {contestants.map(({ name }) => (
            <Cell key={name} cell={cells.get(name)} difference={differences.get(name)} />
          ))}
        </tr>
      ))}
      <tr className={css.mean}>
        <th scope="row">Mean of {rows.length === 1 ? '1 task' : `${String(rows.length)} tasks`}</th>
        {contestants.map(({ name }) => {
          const summary = summaries.get(name)?.[half];
          return <td key={name}>{summary === undefined ? '–' : withInterval(summary.average)}</td>;
        })}
      </tr>
      <tr className={css.mean}>
        <th scope="row">The same, guessing = 0</th>
        {contestants.map(({ name }) => {
          const summary = summaries.get(name)?.[half];
          return (
            <td key={name}>
              {summary === undefined ? '–' : withInterval(summary.normalised)}
              {summary?.difference !== undefined && <small>{difference(summary.difference)}</small>}
            </td>
          );
        })}
      </tr>
    </tbody>
  );
}

interface CellProps {
  readonly cell: TaskCell | undefined;
  readonly difference: TaskDifference | undefined;
}

function Cell({ cell, difference: against }: CellProps) {
  if (cell === undefined) return <td>–</td>;
  return (
    <td title={`${String(cell.right)} of ${String(cell.n)} right; mean NLL of the answer ${cell.nll.toFixed(2)}`}>
      {points(cell.share.estimate)} <span className={css.interval}>{intervalOf(cell)}</span>
      {against !== undefined && (
        <small>
          {difference(against.difference)} <Verdict verdict={against.verdict} />
        </small>
      )}
    </td>
  );
}

/** What can be told stands out; what cannot does not. */
const Verdict = ({ verdict }: Pick<TaskDifference, 'verdict'>) =>
  verdict === 'better' || verdict === 'worse' ? <b className={css.verdict}>{VERDICT[verdict]}</b> : verdict;

const intervalOf = ({ share }: TaskCell): string => `[${points(share.lower)}, ${points(share.upper)}]`;
