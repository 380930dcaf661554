import { Download, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import type { RowProblem } from '../../core/evaluation/own.ts';
import type { EvaluationChoice } from '../../state/evaluation/choice.ts';
import { useEvaluation, useEvaluationFacts } from '../../state/evaluation/context.tsx';
import { ownTaskLines, type OwnTaskFile } from '../../state/evaluation/own-tasks.ts';
import { Button } from '../controls/Button.tsx';
import controls from '../controls/controls.module.css';
import { Help } from '../controls/Help.tsx';
import { cx } from '../cx.ts';
import { saveText } from '../../views/shared/save.ts';
import css from './evaluate.module.css';

/** The user's own tasks: dropped or picked, marked held-in or held-out, saved, removed. */
export function OwnTasks({ choice }: { readonly choice: EvaluationChoice }) {
  const evaluation = useEvaluation();
  const own = useEvaluationFacts((f) => f.own);
  const reading = useEvaluationFacts((f) => f.reading);
  const picker = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <section
      className={cx(css.drop, over && css.over)}
      aria-label="Own tasks"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void evaluation.addOwn([...event.dataTransfer.files]);
      }}
    >
      <b>Own tasks</b>
      <Help of="an own task">
        JSONL or CSV with the columns prompt and answer, or prompt, options and gold; or the samples that
        lm-evaluation-harness logs. At most 100 MB. It is read and kept in this browser and sent nowhere.
      </Help>
      <div className={css.actions}>
        <Button
          size="s"
          onPress={() => {
            picker.current?.click();
          }}
        >
          Add files
        </Button>
        <span className={css.remark}>or drop them here; they stay in this browser</span>
        <input
          ref={picker}
          hidden
          type="file"
          multiple
          accept=".jsonl,.json,.csv,.tsv,.txt"
          aria-label="Files of own tasks"
          onChange={(event) => {
            void evaluation.addOwn([...(event.target.files ?? [])]);
            // The same file may be picked again.
            event.target.value = '';
          }}
        />
      </div>
      <p role="status" className={css.note}>
        {reading.map((name) => `Reading ${name} …`).join(' ')}
      </p>
      {own.length > 0 && (
        <ul className={css.files}>
          {own.map((task) => (
            <OwnTask key={task.id} task={task} choice={choice} />
          ))}
        </ul>
      )}
      <Faults />
    </section>
  );
}

function OwnTask({ task, choice }: { readonly task: OwnTaskFile; readonly choice: EvaluationChoice }) {
  const evaluation = useEvaluation();
  const { id, label, half, documents, refused, problems } = task;
  const n = documents.length;
  return (
    <li>
      <label className={css.check}>
        <input
          type="checkbox"
          className={controls.check}
          checked={choice.tasks.includes(id)}
          onChange={(event) => {
            const rest = choice.tasks.filter((other) => other !== id);
            evaluation.choose({ tasks: event.target.checked ? [...rest, id] : rest });
          }}
        />
        <span>
          {label} <small className={css.remark}>{n === 1 ? '1 document' : `${String(n)} documents`}</small>
        </span>
      </label>
      <span className={css.actions}>
        <select
          className={controls.select}
          aria-label={`Half of ${label}`}
          value={half}
          onChange={(event) => {
            evaluation.markOwn(id, event.target.value === 'held-in' ? 'held-in' : 'held-out');
          }}
        >
          <option value="held-out">held-out</option>
          <option value="held-in">held-in</option>
        </select>
        <Button
          size="s"
          look="quiet"
          name={`Save ${label} as JSONL`}
          onPress={() => {
            saveText(`${id}.jsonl`, ownTaskLines(task), 'application/jsonl');
          }}
        >
          <Download size={14} aria-hidden />
        </Button>
        <Button
          size="s"
          look="quiet"
          name={`Remove ${label}`}
          onPress={() => {
            evaluation.removeOwn(id);
          }}
        >
          <Trash2 size={14} aria-hidden />
        </Button>
      </span>
      {refused > 0 && (
        <details>
          <summary>{refused === 1 ? '1 row is left out' : `${String(refused)} rows are left out`}</summary>
          <Problems problems={problems} />
        </details>
      )}
    </li>
  );
}

function Faults() {
  const evaluation = useEvaluation();
  const faults = useEvaluationFacts((f) => f.ownFaults);
  if (faults.length === 0) return null;
  return (
    <div role="alert" aria-label="Files that could not be used" className={css.fault}>
      {faults.map(({ file, why, problems }, i) => (
        <div key={i}>
          <b>{file} is not taken.</b> {why}
          <Problems problems={problems} />
        </div>
      ))}
      <Button
        size="s"
        onPress={() => {
          evaluation.dismissOwnFaults();
        }}
      >
        Dismiss
      </Button>
    </div>
  );
}

function Problems({ problems }: { readonly problems: readonly RowProblem[] }) {
  return (
    <ul className={css.problems}>
      {problems.map(({ row, column, message }, i) => (
        <li key={i}>
          Row {row}
          {column === undefined ? '' : `, ${column}`}: {message}
        </li>
      ))}
    </ul>
  );
}
