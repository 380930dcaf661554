import { useId } from 'react';
import { backendChoice, BACKENDS } from '../../state/backends.ts';
import { choose, hasFailed, type Choice, type Measurements } from '../../state/choice.ts';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import css from './header.module.css';

/** What computes and why: by measurement or by the user's word, with what each way gave on this device. */
export function Computing() {
  const workbench = useWorkbench();
  const backend = useFacts((f) => f.backend);
  const choice = useFacts((f) => f.choice);
  const measured = useFacts((f) => f.measured);
  const measuring = useFacts((f) => f.measuring);
  const chosen = choose(choice, measured);
  const later =
    chosen.backend === backend ? '' : ` ${backendChoice(chosen.backend).short} is taken from the next visit on.`;
  return (
    <>
      <fieldset className={css.choices}>
        <legend className={css.section}>What computes</legend>
        <Way
          id="auto"
          label="Automatic: the fastest that passes the self-test"
          note={choose('auto', measured).reason}
        />
        {BACKENDS.map(({ id, label, text }) => (
          <Way key={id} id={id} label={label} note={`${text} ${figures(measured[id])}`} />
        ))}
      </fieldset>
      <div className={css.measure}>
        {measuring === null ? (
          <Button
            onPress={() => {
              workbench.measureBackends();
            }}
          >
            Measure all on this device
          </Button>
        ) : (
          <Button
            onPress={() => {
              workbench.stopMeasuring();
            }}
          >
            Stop measuring
          </Button>
        )}
        <p className={css.note} role="status">
          {measuring === null
            ? `Now: ${backendChoice(backend).short}.${later}`
            : `Measuring ${backendChoice(measuring).short} …`}
        </p>
      </div>
    </>
  );
}

function Way({ id, label, note }: { readonly id: Choice; readonly label: string; readonly note: string }) {
  const workbench = useWorkbench();
  const choice = useFacts((f) => f.choice);
  const described = useId();
  return (
    <label className={css.choice}>
      <input
        type="radio"
        name="backend"
        aria-label={label}
        aria-describedby={described}
        checked={choice === id}
        onChange={() => {
          workbench.setBackend(id);
        }}
      />
      <span>
        {label}
        <br />
        <span id={described} className={css.note}>
          {note}
        </span>
      </span>
    </label>
  );
}

function figures(of: Measurements[keyof Measurements]): string {
  if (of === undefined) return '';
  if (hasFailed(of)) return `Failed here: ${of.failed}`;
  return `Here ${of.token.toFixed(1)} ms a token and ${of.prefill.toFixed(0)} ms for a prompt of 32, ${String(of.threads)} thread${of.threads === 1 ? '' : 's'}.`;
}
