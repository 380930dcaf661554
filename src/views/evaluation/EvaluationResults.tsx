import { useMemo, useState } from 'react';
import { Documents } from './Documents.tsx';
import css from './evaluation.module.css';
import { HeldInOut } from './HeldInOut.tsx';
import { RightExpert } from './RightExpert.tsx';
import { RoutingTable } from './RoutingTable.tsx';
import { TaskTable } from './TaskTable.tsx';
import type { EvaluationViewProps } from './types.ts';

/** What an evaluation found, as far as it has come: averages, tasks, documents, routes. */
export function EvaluationResults(props: EvaluationViewProps) {
  const { evaluation, tally, revision, summaries, experts, selection, onSelect, onOpen, notes } = props;
  const { contestants, tasks } = evaluation;
  const [routes, setRoutes] = useState(false);
  // The tally changes in place; a click or a finished interval must not add it up again.
  const { rows } = useMemo(() => ({ rows: tally.rows(), revision }), [tally, revision]);
  const [first, second] = contestants.map(({ name }) => name);
  const contestant = selection.contestant ?? second ?? first ?? '';
  const task = tasks.find(({ id }) => id === selection.task);
  const choose = (name: string): void => {
    onSelect({ ...selection, contestant: name });
  };
  return (
    <div className={css.results}>
      {notes.map((note) => (
        <p key={note} className={css.note}>
          {note}
        </p>
      ))}
      <HeldInOut {...{ contestants, summaries, notes }} selected={selection.contestant} onSelect={choose} />
      <TaskTable {...{ contestants, rows, summaries, selection, onSelect }} />
      {task !== undefined && (
        <Documents key={task.id} {...{ task, tally, contestants, contestant, onOpen }} onContestant={choose} />
      )}
      <details
        onToggle={(event) => {
          setRoutes(event.currentTarget.open);
        }}
      >
        <summary>Routes beside results</summary>
        {routes && (
          <>
            <RoutingTable {...{ contestants, rows, experts }} />
            <RightExpert {...{ contestants, rows, notes }} />
          </>
        )}
      </details>
    </div>
  );
}
