import { integer } from '../../core/params.ts';
import { contestantsOf, MOST_DOCUMENTS, type EvaluationChoice } from '../../state/evaluation/choice.ts';
import { useEvaluation, useEvaluationFacts } from '../../state/evaluation/context.tsx';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { Button } from '../controls/Button.tsx';
import { NumberInput } from '../controls/NumberInput.tsx';
import css from './evaluate.module.css';
import { LooksPanel } from './LooksPanel.tsx';
import { OwnTasks } from './OwnTasks.tsx';
import { Planning } from './Planning.tsx';
import { PolicyChoice } from './PolicyChoice.tsx';
import { SplitChoice } from './SplitChoice.tsx';
import { TaskChoice } from './TaskChoice.tsx';
import { useExperts } from './useExperts.ts';

const DOCUMENTS = integer({
  label: 'Documents of each task',
  help: 'The first of the split; a task that has fewer gives all it has.',
  default: 20,
  min: 1,
  max: MOST_DOCUMENTS,
});

/** What is to be measured, what it will cost and what it can show. */
export function Setup({ choice }: { readonly choice: EvaluationChoice }) {
  const evaluation = useEvaluation();
  const { rules } = useWorkbench();
  const experiment = useFacts((f) => f.experiment);
  const experts = useExperts();
  const busy = useEvaluationFacts((f) => f.run.kind === 'running' || f.run.kind === 'preparing');
  const contestants = contestantsOf(choice, { experiment, rules, experts });
  const nothing =
    choice.tasks.length === 0
      ? 'Choose at least one task.'
      : contestants.length === 0
        ? 'Choose at least one policy.'
        : null;
  return (
    <section className={css.card} aria-labelledby="evaluate-heading">
      <h2 id="evaluate-heading" className={css.heading}>
        Evaluate on tasks
      </h2>
      <p className={css.note}>
        Held-in: tasks that experts were trained on. Held-out: tasks that none was. Every policy answers the same
        documents.
      </p>
      <div className={css.setup}>
        <div className={css.column}>
          <TaskChoice choice={choice} />
          <OwnTasks choice={choice} />
        </div>
        <PolicyChoice choice={choice} />
        <div className={css.group}>
          <label className={css.row}>
            <span>{DOCUMENTS.label}</span>
            <NumberInput
              spec={DOCUMENTS}
              value={choice.documents}
              onChange={(documents) => {
                evaluation.choose({ documents });
              }}
            />
          </label>
          <SplitChoice choice={choice} />
        </div>
      </div>
      <LooksPanel test={choice.split === 'test'} contestants={contestants} />
      <Planning choice={choice} contestants={contestants} />
      <div className={css.actions}>
        <Button
          look="primary"
          disabled={nothing !== null || busy}
          onPress={() => {
            void evaluation.start();
          }}
        >
          Evaluate
        </Button>
        <span className={css.note}>{busy ? 'One evaluation is under way: stop it to start another.' : nothing}</span>
      </div>
    </section>
  );
}
