import { LETTERS } from '../../core/experiment/defaults.ts';
import { policyLabel, type EvaluationChoice } from '../../state/evaluation/choice.ts';
import { useEvaluation } from '../../state/evaluation/context.tsx';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import controls from '../controls/controls.module.css';
import { Letter } from '../controls/Letter.tsx';
import css from './evaluate.module.css';

/** The experiment's policies, and two that need no router. */
export function PolicyChoice({ choice }: { readonly choice: EvaluationChoice }) {
  const evaluation = useEvaluation();
  const { rules } = useWorkbench();
  const policies = useFacts((f) => f.experiment.policies);
  const { without, base, oracle } = choice;
  return (
    <fieldset className={css.group}>
      <legend className={css.legend}>Policies</legend>
      {policies.map((policy, i) => {
        const letter = LETTERS[i] ?? String(i + 1);
        return (
          <label key={letter} className={css.check}>
            <input
              type="checkbox"
              className={controls.check}
              checked={!without.includes(letter)}
              onChange={(event) => {
                const rest = without.filter((other) => other !== letter);
                evaluation.choose({ without: event.target.checked ? rest : [...rest, letter] });
              }}
            />
            <Letter index={i} /> <span>{policyLabel(policy, rules)}</span>
          </label>
        );
      })}
      <label className={css.check}>
        <input
          type="checkbox"
          className={controls.check}
          checked={base}
          onChange={(event) => {
            evaluation.choose({ base: event.target.checked });
          }}
        />
        <span>Base model, no experts</span>
      </label>
      <label className={css.check}>
        <input
          type="checkbox"
          className={controls.check}
          checked={oracle}
          onChange={(event) => {
            evaluation.choose({ oracle: event.target.checked });
          }}
        />
        <span>
          Oracle: the task’s own expert alone <small className={css.remark}>where there is one</small>
        </span>
      </label>
    </fieldset>
  );
}
