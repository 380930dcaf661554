import { useState } from 'react';
import type { Contestant, EvaluatedTask } from '../../core/evaluation/plan.ts';
import type { Outcome, Tally } from '../../core/evaluation/tally.ts';
import type { TaskDocument } from '../../core/tasks/task.ts';
import { numberText } from '../shared/format.ts';
import button from '../shared/button.module.css';
import css from './evaluation.module.css';

interface DocumentsProps {
  readonly task: EvaluatedTask;
  readonly tally: Tally;
  readonly contestants: readonly Contestant[];
  /** Compared with the first. */
  readonly contestant: string;
  readonly onContestant: (name: string) => void;
  readonly onOpen?: ((task: string, document: string, contestant: string) => void) | undefined;
}

interface Pair {
  readonly document: TaskDocument;
  readonly base: Outcome;
  readonly one: Outcome;
}

const AGAINST = ['lost', 'won', 'both wrong', 'both right'] as const;
const ALONE = ['wrong', 'right'] as const;
type Kind = (typeof AGAINST)[number] | (typeof ALONE)[number];

const kindAgainst = ({ base, one }: Pair): Kind =>
  base.right === one.right ? (one.right ? 'both right' : 'both wrong') : one.right ? 'won' : 'lost';
const kindAlone = ({ one }: Pair): Kind => (one.right ? 'right' : 'wrong');

const SHOWN = 8;

/** Where did it change: documents of a task that one policy won or lost against the first; of one policy alone, right and wrong ones. */
export function Documents({ task, tally, contestants, contestant, onContestant, onOpen }: DocumentsProps) {
  const [first, ...others] = contestants.map(({ name }) => name);
  const [asked, setAsked] = useState<Kind>();
  const [most, setMost] = useState(SHOWN);
  const alone = contestant === first;
  const [kinds, kindOf] = alone ? ([ALONE, kindAlone] as const) : ([AGAINST, kindAgainst] as const);
  const pairs = pairsOf(task, tally, first ?? '', contestant);
  const counts = new Map<Kind, readonly Pair[]>(kinds.map((k) => [k, pairs.filter((pair) => kindOf(pair) === k)]));
  const known = asked !== undefined && counts.has(asked) ? asked : undefined;
  const kind = known ?? kinds.find((k) => (counts.get(k)?.length ?? 0) > 0) ?? kinds[0];
  const found = counts.get(kind) ?? [];
  return (
    <section aria-label={`Documents of ${task.label}`} className={css.documents}>
      <h3>
        {alone ? 'Right and wrong' : 'Where did it change?'} {task.label}
      </h3>
      <div className={css.chips}>
        {others.length > 1 &&
          others.map((name) => (
            <button
              className={button.button}
              type="button"
              key={name}
              aria-pressed={name === contestant}
              onClick={() => {
                onContestant(name);
              }}
            >
              {name} against {first}
            </button>
          ))}
        {kinds.map((k) => (
          <button
            className={button.button}
            type="button"
            key={k}
            aria-pressed={k === kind}
            onClick={() => {
              setAsked(k);
              setMost(SHOWN);
            }}
          >
            {k} {counts.get(k)?.length ?? 0}
          </button>
        ))}
      </div>
      <ul className={css.list}>
        {found.slice(0, most).map((pair) => (
          <li key={pair.document.id}>
            <p className={css.prompt} dir="auto">
              {pair.document.prompt}
            </p>
            <dl>
              <dt>right</dt>
              <dd dir="auto">{pair.document.answer}</dd>
              <Answer name={first ?? ''} document={pair.document} outcome={pair.base} />
              {!alone && <Answer name={contestant} document={pair.document} outcome={pair.one} />}
            </dl>
            {onOpen && (
              <button
                className={button.button}
                type="button"
                onClick={() => {
                  onOpen(task.id, pair.document.id, contestant);
                }}
              >
                Open in the workbench
              </button>
            )}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className={css.wait}>None.</p>}
      {found.length > most && (
        <button
          className={button.button}
          type="button"
          onClick={() => {
            setMost(most + SHOWN);
          }}
        >
          {Math.min(SHOWN, found.length - most)} more of {found.length}
        </button>
      )}
    </section>
  );
}

function pairsOf(task: EvaluatedTask, tally: Tally, first: string, contestant: string): Pair[] {
  const base = new Map(tally.outcomes(task.id, first).map((outcome) => [outcome.document, outcome]));
  const one = new Map(tally.outcomes(task.id, contestant).map((outcome) => [outcome.document, outcome]));
  return task.documents.flatMap((document) => {
    const [a, b] = [base.get(document.id), one.get(document.id)];
    return a === undefined || b === undefined ? [] : [{ document, base: a, one: b }];
  });
}

interface AnswerProps {
  readonly name: string;
  readonly document: TaskDocument;
  readonly outcome: Outcome;
}

/** What was answered: freely, or the likeliest option with ln p of each. */
function Answer({ name, document, outcome }: AnswerProps) {
  const { answer, options } = outcome.measurement;
  return (
    <>
      <dt>{name}</dt>
      <dd dir="auto" className={outcome.right ? css.right : css.wrong}>
        {outcome.right ? '✓ ' : '✗ '}
        {answer ?? (options === undefined ? 'not asked' : '')}
        {options !== undefined && document.options !== undefined && (
          <span className={css.options}>
            {document.options.map((text, i) => `${text} ${numberText(options[i]?.logprob ?? NaN, 1)}`).join(' · ')}
            <small> ln p</small>
          </span>
        )}
      </dd>
    </>
  );
}
