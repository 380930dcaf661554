import { contestantHash, looksAt, times, validSeal } from '../../core/evaluation/looks.ts';
import type { Contestant } from '../../core/evaluation/plan.ts';
import { useEvaluation, useEvaluationFacts } from '../../state/evaluation/context.tsx';
import { Button } from '../controls/Button.tsx';
import css from './evaluate.module.css';
import { useLooks } from './useLooks.ts';

export interface LooksPanelProps {
  /** Test documents are chosen. */
  readonly test: boolean;
  readonly contestants: readonly Contestant[];
}

/** How often held-out test was seen, and the seals that policies may get before it is. Shown once it matters. */
export function LooksPanel({ test, contestants }: LooksPanelProps) {
  const looks = useLooks();
  const fault = useEvaluationFacts((f) => f.looksFault);
  const n = looks.looks.length;
  const elsewhere = looks.others.length;
  if (!test && n + elsewhere === 0 && fault === null) return null;
  return (
    <section className={css.looks} aria-label="Looks at held-out test">
      <p>
        {n === 0
          ? 'Held-out test has not been looked at in this browser.'
          : `Held-out test was looked at ${times(n)} in this browser while policies were tuned.`}{' '}
        {elsewhere > 0 &&
          `This experiment came with ${elsewhere === 1 ? '1 look' : `${String(elsewhere)} looks`} made elsewhere. `}
        {test &&
          'Evaluating held-out tasks now is a look, and is counted. A sealed policy is one that was put down before its look.'}
      </p>
      {fault !== null && (
        <p role="alert" className={css.warning}>
          {fault}
        </p>
      )}
      {test && (
        <ul className={css.files}>
          {contestants.map((contestant) => (
            <Seal key={contestant.name} contestant={contestant} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Seal({ contestant }: { readonly contestant: Contestant }) {
  const evaluation = useEvaluation();
  const looks = useEvaluationFacts((f) => f.looks);
  const hash = contestantHash(contestant);
  const seal = validSeal(looks, hash);
  const seen = looksAt(looks, hash);
  const { name, label } = contestant;
  return (
    <li className={css.check}>
      <span>
        <b>{name}</b> {label} <code className={css.remark}>{hash}</code>{' '}
        {seal !== undefined
          ? `sealed ${seal.at.slice(0, 10)}, before its look`
          : seen > 0
            ? `seen on held-out test ${times(seen)}, not sealed before`
            : ''}
      </span>
      {seal === undefined && seen === 0 && (
        <Button
          size="s"
          onPress={() => {
            evaluation.seal(name, hash);
          }}
        >
          Seal {name}
        </Button>
      )}
    </li>
  );
}
