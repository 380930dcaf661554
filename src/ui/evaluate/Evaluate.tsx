import { useState } from 'react';
import { looksNotes } from '../../core/evaluation/looks.ts';
import { useEvaluation, useEvaluationFacts } from '../../state/evaluation/context.tsx';
import { EvaluationResults } from '../../views/evaluation/EvaluationResults.tsx';
import type { EvaluationSelection } from '../../views/evaluation/types.ts';
import { setMode } from '../useMode.ts';
import css from './evaluate.module.css';
import { RunBar } from './RunBar.tsx';
import { Saving } from './Saving.tsx';
import { Setup } from './Setup.tsx';
import { useLooks } from './useLooks.ts';

/** Held-in against held-out: what is measured, how far it is, and what it says. */
export function Evaluate() {
  const choice = useEvaluationFacts((f) => f.choice);
  const outcome = useEvaluationFacts((f) => f.outcome);
  const unkept = useEvaluationFacts((f) => f.unkept);
  return (
    <>
      {choice === null ? (
        <p className={css.note}>Which experts there are is not known yet: the choice of tasks comes with the model.</p>
      ) : (
        <Setup choice={choice} />
      )}
      <RunBar />
      {unkept !== null && (
        <p role="alert" className={css.warning}>
          This browser does not keep results ({unkept}): they are lost when the page closes.
        </p>
      )}
      {outcome !== null && <Results key={outcome.plan.begun} />}
    </>
  );
}

function Results() {
  const evaluation = useEvaluation();
  const outcome = useEvaluationFacts((f) => f.outcome);
  const summaries = useEvaluationFacts((f) => f.summaries);
  const looks = useLooks();
  const [selection, setSelection] = useState<EvaluationSelection>({});
  if (outcome === null) return null;
  const { plan, evaluation: evaluated, tally, revision, leftOut } = outcome;
  return (
    <section className={css.card} aria-label="Results">
      <EvaluationResults
        evaluation={evaluated}
        tally={tally}
        revision={revision}
        experts={plan.experts}
        summaries={summaries}
        selection={selection}
        onSelect={setSelection}
        onOpen={(task, document, contestant) => {
          if (evaluation.open({ task, document, contestant })) setMode('workbench');
        }}
        notes={looksNotes(looks, evaluated.contestants)}
      />
      <Saving outcome={outcome} />
      {leftOut.length > 0 && (
        <details className={css.note}>
          <summary>
            {leftOut.length === 1 ? '1 document is' : `${String(leftOut.length)} documents are`} left out
          </summary>
          <ul>
            {leftOut.map(({ document, why }) => (
              <li key={document}>
                {document}: {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
