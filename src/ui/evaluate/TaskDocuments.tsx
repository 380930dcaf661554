import type { EvaluatedTask } from '../../core/evaluation/plan.ts';
import type { Outcome } from '../../core/evaluation/tally.ts';
import type { TaskDocument } from '../../core/tasks/task.ts';
import type { EvaluationViewProps } from '../../views/evaluation/types.ts';
import { Button } from '../controls/Button.tsx';
import controls from '../controls/controls.module.css';
import css from './evaluate.module.css';

const KINDS = ['lost', 'won', 'both wrong', 'both right'] as const;
type Kind = (typeof KINDS)[number];

const kindOf = (one: Outcome, base: Outcome): Kind =>
  one.right === base.right ? (one.right ? 'both right' : 'both wrong') : one.right ? 'won' : 'lost';

interface Compared {
  readonly document: TaskDocument;
  readonly one: Outcome;
  readonly base: Outcome;
  readonly kind: Kind;
}

/** What was answered: the greedy answer, or the likeliest of the options. */
function answered({ options }: TaskDocument, { measurement }: Outcome): string {
  if (measurement.answer !== undefined) return measurement.answer;
  const sums = measurement.options?.map(({ logprob }) => logprob) ?? [];
  return options?.[sums.indexOf(Math.max(...sums))] ?? '–';
}

/** Where did it change? The documents of a task, lost and won ones first; each opens in the workbench. */
export function TaskDocuments({ evaluation, tally, selection, onSelect, onOpen }: EvaluationViewProps) {
  const task = evaluation.tasks.find(({ id }) => id === selection.task);
  const [first, ...others] = evaluation.contestants;
  const other = others.find(({ name }) => name === selection.contestant) ?? others[0] ?? first;
  if (task === undefined || first === undefined || other === undefined) return null;
  const outcomesOf = (name: string) => new Map(tally.outcomes(task.id, name).map((of) => [of.document, of]));
  const compared = compare(task, outcomesOf(other.name), outcomesOf(first.name));
  return (
    <section className={css.documents} aria-label={`Documents of ${task.label}`}>
      <div className={css.actions}>
        <b>{task.label}</b>
        <label className={css.row}>
          {first.name} against
          <select
            className={controls.select}
            value={other.name}
            onChange={(event) => {
              onSelect({ task: task.id, contestant: event.target.value });
            }}
          >
            {(others.length > 0 ? others : [first]).map(({ name, label }) => (
              <option key={name} value={name}>
                {name} – {label}
              </option>
            ))}
          </select>
        </label>
        <span className={css.figures}>
          {KINDS.map((kind) => `${kind} ${String(compared.filter((of) => of.kind === kind).length)}`).join(' · ')}
        </span>
      </div>
      <div className={css.scroll}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">For {other.name}</th>
              <th scope="col">Prompt</th>
              <th scope="col">Right answer</th>
              <th scope="col">{first.name}</th>
              <th scope="col">{other.name}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {compared.map(({ document, one, base, kind }) => (
              <tr key={document.id}>
                <th scope="row">{kind}</th>
                <td className={css.words} dir="auto">
                  {document.prompt}
                </td>
                <td dir="auto">{document.answer}</td>
                <td dir="auto">{answered(document, base)}</td>
                <td dir="auto">{answered(document, one)}</td>
                <td>
                  {onOpen && (
                    <Button
                      size="s"
                      onPress={() => {
                        onOpen(task.id, document.id, other.name);
                      }}
                    >
                      Open in the workbench
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Documents that both have, by what they say of the difference. */
function compare(
  task: EvaluatedTask,
  ones: ReadonlyMap<string, Outcome>,
  bases: ReadonlyMap<string, Outcome>,
): readonly Compared[] {
  const all = task.documents.flatMap((document): Compared[] => {
    const [one, base] = [ones.get(document.id), bases.get(document.id)];
    return one === undefined || base === undefined ? [] : [{ document, one, base, kind: kindOf(one, base) }];
  });
  return all.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}
