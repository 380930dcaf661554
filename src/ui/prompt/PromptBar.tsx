import { Play, SlidersHorizontal, Square } from 'lucide-react';
import { useId, type SyntheticEvent } from 'react';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import { Popup } from '../controls/Popup.tsx';
import { cx } from '../cx.ts';
import { Examples } from './Examples.tsx';
import css from './prompt.module.css';
import { RunOptions } from './RunOptions.tsx';

/** What is asked, and Run. Enter runs, Shift and Enter starts a new line. */
export function PromptBar() {
  const workbench = useWorkbench();
  const text = useFacts((f) => f.experiment.prompt.text);
  const raw = useFacts((f) => f.experiment.prompt.raw);
  const busy = useFacts((f) => {
    const coming = f.model.kind === 'ready' || f.model.kind === 'loading';
    return coming && f.lanes.some((lane) => lane.state !== 'idle');
  });
  const id = useId();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text !== '') workbench.run();
  };
  return (
    <form className={css.bar} onSubmit={submit}>
      <div className={css.box}>
        <label className={css.label} htmlFor={id}>
          Prompt
        </label>
        <textarea
          id={id}
          className={css.input}
          rows={1}
          value={text}
          placeholder={
            raw ? 'The whole text that the model reads, template included' : 'Ask something, or take an example'
          }
          onChange={(event) => {
            workbench.setPrompt({ text: event.target.value });
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
          }}
        />
        <Examples />
        <Popup
          title="How the answer is drawn"
          trigger={
            <Button look="quiet" name="Seed, sampling and template">
              <SlidersHorizontal size={17} aria-hidden />
            </Button>
          }
        >
          <RunOptions />
        </Popup>
        {/* Run stays where it is and what it is: a run that begins by itself must not turn a click on it into a stop. */}
        <span className={cx(!busy && css.away)}>
          <Button
            look="quiet"
            name="Stop"
            disabled={!busy}
            onPress={() => {
              workbench.stop();
            }}
          >
            <Square size={14} aria-hidden />
          </Button>
        </span>
      </div>
      <div className={css.buttons}>
        <Button
          className={css.run}
          look="primary"
          disabled={text === ''}
          onPress={() => {
            workbench.run();
          }}
        >
          <Play size={15} aria-hidden /> Run
        </Button>
      </div>
    </form>
  );
}
