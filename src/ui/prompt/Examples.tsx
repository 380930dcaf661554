import { BookOpen } from 'lucide-react';
import { METHOD } from '../../core/experiment/defaults.ts';
import { presetOf, presetPolicy } from '../../core/experiment/policies.ts';
import { useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import { Popup } from '../controls/Popup.tsx';
import { EXAMPLE_METHOD, EXAMPLES, type Example, type ExampleEdit } from './examples.ts';
import css from './prompt.module.css';

/** Prompts of the tasks; where one edit changes the answer, both policies side by side in one press. */
export function Examples() {
  const workbench = useWorkbench();
  const ask = (example: Example) => {
    workbench.setPrompt({ text: example.prompt, raw: false }, {});
    workbench.run();
  };
  const compare = (example: Example, edit: ExampleEdit) => {
    const preset = presetOf(workbench.rules, EXAMPLE_METHOD) ?? presetOf(workbench.rules, METHOD);
    if (!preset) return;
    const a = presetPolicy(workbench.rules, preset);
    const { experiment } = workbench.store.getState();
    workbench.open({
      ...experiment,
      prompt: { text: example.prompt, raw: false },
      policies: [a, { ...a, edits: [edit.edit] }],
    });
  };
  return (
    <Popup
      title="Examples"
      trigger={
        <Button look="quiet" name="Examples">
          <BookOpen size={17} aria-hidden />
        </Button>
      }
    >
      {(close) => (
        <ul className={css.examples}>
          {EXAMPLES.map((example) => (
            <li key={example.task} className={css.item}>
              <button
                type="button"
                className={css.example}
                onClick={() => {
                  ask(example);
                  close();
                }}
              >
                <small>{example.label}</small>
                {example.prompt}
              </button>
              {example.edit && (
                <button
                  type="button"
                  className={css.compare}
                  onClick={() => {
                    if (example.edit) compare(example, example.edit);
                    close();
                  }}
                >
                  A against B: {example.edit.text}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Popup>
  );
}
