import { CircleHelp } from 'lucide-react';
import { Button } from '../controls/Button.tsx';
import { Popup } from '../controls/Popup.tsx';
import css from './header.module.css';

const KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'run the prompt (Shift+Enter: new line)'],
  ['Esc', 'stop the run'],
  ['Ctrl+Z, Ctrl+Y', 'undo, redo a change of policy'],
  ['arrows', 'move over the heat map and the token strip'],
  ['Home, End', 'first and last token'],
];

export function HelpPanel() {
  return (
    <Popup
      title="What you see here"
      trigger={
        <Button look="quiet" name="Help">
          <CircleHelp size={17} aria-hidden />
        </Button>
      }
    >
      <p className={css.note}>
        A small language model with a set of experts, each trained on one task. At 60 places (two in each of 30 layers)
        a router picks, for every token, which experts take part.
      </p>
      <ol className={css.steps}>
        <li>
          Type a prompt or take an example, and press Run. Each column of the heat map is a token, each row a place.
        </li>
        <li>Change the policy on the left: another method, a slider, a muted expert. The run repeats by itself.</li>
        <li>Select a cell to see every expert’s score there, and to mute, force or boost one from there on.</li>
        <li>Keep a run as A and change B to see where routes and answers part.</li>
        <li>Share sends an address that recomputes all of it elsewhere.</li>
      </ol>
      <h3 className={css.section}>Keys</h3>
      <dl className={css.keys}>
        {KEYS.map(([key, text]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>{key}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Popup>
  );
}
