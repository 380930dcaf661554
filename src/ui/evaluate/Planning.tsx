import { useMemo, useState } from 'react';
import type { Contestant } from '../../core/evaluation/plan.ts';
import { policyFor } from '../../core/evaluation/plan.ts';
import { integer } from '../../core/params.ts';
import { documentsNeeded, smallestSignificantDifference } from '../../core/stats/index.ts';
import { useFacts } from '../../state/context.tsx';
import type { EvaluationChoice } from '../../state/evaluation/choice.ts';
import { useEvaluationFacts } from '../../state/evaluation/context.tsx';
import { points } from '../../views/evaluation/words.ts';
import { timeText } from '../time.ts';
import { Help } from '../controls/Help.tsx';
import { NumberInput } from '../controls/NumberInput.tsx';
import css from './evaluate.module.css';

export interface PlanningProps {
  readonly choice: EvaluationChoice;
  readonly contestants: readonly Contestant[];
}

/** Before a run: what it costs, and which differences it can show at all. */
export function Planning({ choice, contestants }: PlanningProps) {
  const backend = useFacts((f) => f.backend);
  const cost = useEvaluationFacts((f) => f.costs[backend]);
  const tasks = choice.tasks.length;
  const pairs =
    choice.documents *
    choice.tasks.reduce(
      (sum, task) => sum + contestants.filter((contestant) => policyFor(contestant, task) !== undefined).length,
      0,
    );
  const most = cost === undefined ? null : ((cost.milliseconds / cost.pairs) * pairs) / 1000;
  if (tasks === 0 || contestants.length === 0) return null;
  return (
    <div className={css.planning} role="note" aria-label="Before the run">
      <p>
        At most {pairs} answers.{' '}
        {most === null
          ? 'How long one takes here is known once the first are measured.'
          : `About ${timeText(most)} here if none is known yet, at ${timeText(most / pairs)} each so far.`}{' '}
        What was measured before is reused.
      </p>
      {contestants.length > 1 && <Smallest n={choice.documents} comparisons={tasks} />}
      {contestants.length > 1 && <Needed comparisons={tasks} />}
    </div>
  );
}

function Smallest({ n, comparisons }: { readonly n: number; readonly comparisons: number }) {
  const smallest = smallestSignificantDifference(n, 0.05, comparisons);
  const of = comparisons === 1 ? 'on one task' : `on one of ${String(comparisons)} tasks`;
  return (
    <p>
      {smallest === undefined
        ? `${String(n)} documents: no difference ${of} can show, not even if all documents were won.`
        : `${String(n)} documents: differences under ${points(smallest)} points ${of} cannot show.`}
      <Help of="the smallest difference">
        McNemar’s exact test at 5 %, with Holm’s correction over the tasks: the fewest documents that must be won, none
        lost, before a difference is told from chance.
      </Help>
    </p>
  );
}

const WISHED = integer({
  label: 'Wished difference in points',
  help: 'Share of documents won, less share lost.',
  default: 10,
  min: 1,
  max: 100,
});
const DISCORDANT = integer({
  label: 'Percent of documents on which the policies differ',
  help: 'An assumption: look at validation.',
  default: 30,
  min: 1,
  max: 100,
});

function Needed({ comparisons }: { readonly comparisons: number }) {
  const [wished, setWished] = useState(WISHED.default);
  const [differ, setDiffer] = useState(DISCORDANT.default);
  const needed = useMemo(
    () =>
      wished > differ ? null : documentsNeeded(wished / 100, { discordance: differ / 100, comparisons, power: 0.8 }),
    [wished, differ, comparisons],
  );
  return (
    <p className={css.sentence}>
      To find a difference of <NumberInput spec={WISHED} value={wished} onChange={setWished} /> points, if the answers
      of the two differ in <NumberInput spec={DISCORDANT} value={differ} onChange={setDiffer} /> % of documents:{' '}
      <b>
        {needed === null
          ? 'it cannot be larger than the share that differs'
          : needed === undefined
            ? 'more than 100,000 documents of a task'
            : `${needed.toLocaleString('en-US')} documents of a task`}
      </b>
      <Help of="the number of documents">
        So many find it with a chance of 80 % by McNemar’s exact test at 5 %, with the first step of Holm’s correction.
      </Help>
    </p>
  );
}
