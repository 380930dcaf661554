import { HALVES } from '../../core/evaluation/plan.ts';
import { TASKS } from '../../core/tasks/registry.ts';
import type { EvaluationChoice } from '../../state/evaluation/choice.ts';
import { useEvaluation } from '../../state/evaluation/context.tsx';
import { Button } from '../controls/Button.tsx';
import controls from '../controls/controls.module.css';
import css from './evaluate.module.css';
import { useExperts } from './useExperts.ts';

const NAMES = { 'held-in': 'Held-in tasks', 'held-out': 'Held-out tasks' } as const;

export interface TaskItem {
  readonly id: string;
  readonly label: string;
  /** Shown behind the name. */
  readonly remark?: string;
}

/** Tasks by half, each half folded to a line that says what is chosen of it. */
export function TaskChoice({ choice }: { readonly choice: EvaluationChoice }) {
  const experts = useExperts();
  return HALVES.map((half) => {
    const items = TASKS.filter(({ split }) => split === half).map(({ id, label }): TaskItem => {
      // What was meant to be held-in is none where no expert was trained on it.
      const lacks = half === 'held-in' && !experts.includes(id);
      return { id, label, ...(lacks ? { remark: 'no expert here' } : {}) };
    });
    return <Half key={half} name={NAMES[half]} items={items} choice={choice} />;
  });
}

interface HalfProps {
  readonly name: string;
  readonly items: readonly TaskItem[];
  readonly choice: EvaluationChoice;
}

function Half({ name, items, choice }: HalfProps) {
  const evaluation = useEvaluation();
  const own = items.filter(({ id }) => choice.tasks.includes(id));
  const others = choice.tasks.filter((id) => !items.some((item) => item.id === id));
  const take = (ids: readonly string[]) => {
    evaluation.choose({ tasks: [...others, ...ids] });
  };
  return (
    <details className={css.group}>
      <summary className={css.summary}>
        <b>{name}</b>{' '}
        <span className={css.figures}>
          {own.length} of {items.length}
        </span>
        <span className={css.chosen}>{own.map(({ label }) => label).join(', ') || 'none'}</span>
      </summary>
      <div className={css.actions}>
        <Button
          size="s"
          onPress={() => {
            take(items.filter(({ remark }) => remark === undefined).map(({ id }) => id));
          }}
        >
          All
        </Button>
        <Button
          size="s"
          onPress={() => {
            take([]);
          }}
        >
          None
        </Button>
      </div>
      <ul className={css.tasks}>
        {items.map(({ id, label, remark }) => (
          <li key={id}>
            <label className={css.check}>
              <input
                type="checkbox"
                className={controls.check}
                checked={choice.tasks.includes(id)}
                onChange={(event) => {
                  const ids = own.map((item) => item.id);
                  take(event.target.checked ? [...ids, id] : ids.filter((other) => other !== id));
                }}
              />
              <span>
                {label}
                {remark !== undefined && <small className={css.remark}> {remark}</small>}
              </span>
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
