import { useMemo } from 'react';
import type { HalfSummary, TaskCell, TaskDifference, TaskRow } from '../../core/evaluation/tally.ts';
import type { EvaluationViewProps } from '../../views/evaluation/types.ts';
import css from './evaluate.module.css';
import { points, signed } from './words.ts';

const HALVES = ['held-in', 'held-out'] as const;
const NAMES = { 'held-in': 'Held-in', 'held-out': 'Held-out' } as const;
/** Of the bootstrap: few while results still come. */
const RESAMPLES = { running: 199, ended: 1999 } as const;

/** Results as a table: shares right with their intervals, differences to the first contestant, means by half. */
export function PlainResults(props: EvaluationViewProps) {
  const { evaluation, tally, revision, running, notes } = props;
  const { contestants, conditions } = evaluation;
  const [first] = contestants;
  const shown = useMemo(() => {
    const options = { seed: conditions.seed, resamples: running ? RESAMPLES.running : RESAMPLES.ended };
    const rows = tally.rows();
    return HALVES.map((half) => ({
      half,
      rows: rows.filter(({ task }) => task.half === half),
      summaries: contestants.map(({ name }) => tally.half(half, name, options)),
    }));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the tally changes in place, `revision` says when
  }, [tally, revision, running, contestants, conditions]);
  return (
    <>
      <div className={css.scroll}>
        <table className={css.table}>
          <caption>
            Share right in percent, with its interval of 95 % (Wilson; of means, bootstrap). Differences are those to{' '}
            {first?.name}: McNemar’s exact test with Holm’s correction over the tasks, 5 %.
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
          {shown.map(
            ({ half, rows, summaries }) =>
              rows.length > 0 && (
                <tbody key={half}>
                  <tr className={css.half}>
                    <th scope="row">
                      {NAMES[half]}{' '}
                      <small>mean of {rows.length === 1 ? '1 task' : `${String(rows.length)} tasks`}</small>
                    </th>
                    {summaries.map((summary, i) => (
                      <Mean key={contestants[i]?.name} summary={summary} />
                    ))}
                  </tr>
                  {rows.map((row) => (
                    <Task key={row.task.id} row={row} {...props} />
                  ))}
                </tbody>
              ),
          )}
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

function Mean({ summary }: { readonly summary: HalfSummary | undefined }) {
  if (summary === undefined) return <td>–</td>;
  const { average, difference } = summary;
  return (
    <td>
      {points(average.estimate)} [{points(average.lower)}, {points(average.upper)}]
      {difference !== undefined && (
        <small className={css.verdict}>
          {signed(difference.estimate)} [{signed(difference.lower)}, {signed(difference.upper)}] on a scale where
          guessing is 0
        </small>
      )}
    </td>
  );
}

function Task({ row, evaluation, selection, onSelect }: EvaluationViewProps & { readonly row: TaskRow }) {
  const { task, cells, differences } = row;
  const open = selection.task === task.id;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className={css.link}
          aria-expanded={open}
          onClick={() => {
            onSelect(open ? {} : { ...selection, task: task.id });
          }}
        >
          {task.label}
        </button>
      </th>
      {evaluation.contestants.map(({ name }) => (
        <Cell key={name} cell={cells.get(name)} difference={differences.get(name)} />
      ))}
    </tr>
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
