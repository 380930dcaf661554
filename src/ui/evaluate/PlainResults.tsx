import type { TaskCell, TaskDifference } from '../../core/evaluation/tally.ts';
import type { EvaluationViewProps } from '../../views/evaluation/types.ts';
import css from './evaluate.module.css';
import { points, signed } from './words.ts';

/** Results as a table: shares right with their intervals, and differences to the first contestant. */
export function PlainResults({ evaluation, tally, notes }: EvaluationViewProps) {
  const { contestants } = evaluation;
  const [first] = contestants;
  return (
    <>
      <div className={css.scroll}>
        <table className={css.table}>
          <caption>
            Share right in percent, with its interval of 95 % (Wilson). Differences to {first?.name}: McNemar’s exact
            test with Holm’s correction over the tasks, 5 %.
          </caption>
          <thead>
            <tr>
              <th scope="col">Task</th>
              {contestants.map(({ name, label }) => (
                <th scope="col" key={name}>
                  {name} <small>{label}</small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tally.rows().map(({ task, cells, differences }) => (
              <tr key={task.id}>
                <th scope="row">
                  {task.label} <small>{task.half}</small>
                </th>
                {contestants.map(({ name }) => (
                  <Cell key={name} cell={cells.get(name)} difference={differences.get(name)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {notes.map((note) => (
        <p key={note} className={css.note}>
          {note}
        </p>
      ))}
    </>
  );
}

interface CellProps {
  readonly cell: TaskCell | undefined;
  readonly difference: TaskDifference | undefined;
}

function Cell({ cell, difference }: CellProps) {
  if (cell === undefined) return <td>–</td>;
  const { estimate, lower, upper } = cell.share;
  return (
    <td>
      {points(estimate)} [{points(lower)}, {points(upper)}] <small>of {cell.n}</small>
      {difference !== undefined && (
        <small className={css.verdict}>
          {signed(difference.difference.estimate)}: {difference.won} won, {difference.lost} lost, {difference.verdict}
        </small>
      )}
    </td>
  );
}
