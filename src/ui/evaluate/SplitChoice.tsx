import type { EvaluationChoice } from '../../state/evaluation/choice.ts';
import { useEvaluation } from '../../state/evaluation/context.tsx';
import type { ShownSplit } from '../../state/evaluation/documents.ts';
import css from './evaluate.module.css';

const SPLITS: readonly { readonly split: ShownSplit; readonly label: string; readonly text: string }[] = [
  { split: 'validation', label: 'Validation', text: 'for tuning: look as often as you like' },
  { split: 'test', label: 'Test', text: 'for the last look: every look at held-out test is counted' },
];

/** Which documents: tuning uses validation, and test has to be asked for. */
export function SplitChoice({ choice }: { readonly choice: EvaluationChoice }) {
  const evaluation = useEvaluation();
  return (
    <fieldset className={css.plain}>
      <legend className={css.legend}>Documents from</legend>
      {SPLITS.map(({ split, label, text }) => (
        <label key={split} className={css.check}>
          <input
            type="radio"
            name="evaluation-split"
            className={css.radio}
            checked={choice.split === split}
            onChange={() => {
              evaluation.choose({ split });
            }}
          />
          <span>
            {label} <small className={css.remark}>{text}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
