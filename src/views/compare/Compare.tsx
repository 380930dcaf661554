import { useMemo } from 'react';
import { answerLogprob, compareRuns, type Comparison } from '../../core/derive/compare.ts';
import { spokenToken } from '../../core/derive/tokens.ts';
import type { LibraryInfo } from '../../core/library.ts';
import { percentText, siteText } from '../shared/format.ts';
import { RouteMap } from '../shared/routes/RouteMap.tsx';
import { tokenAt } from '../shared/routes/describe.ts';
import type { Cell, HeatMode, Likelihoods, RunView } from '../shared/types.ts';
import { AgreementChart } from './AgreementChart.tsx';
import { Answers } from './Answers.tsx';
import css from './Compare.module.css';
import { LikelihoodTable } from './LikelihoodTable.tsx';

export interface CompareProps {
  readonly library: LibraryInfo;
  /** The run under policy A. */
  readonly run: RunView | null;
  /** The run under policy B. */
  readonly other?: RunView | null | undefined;
  readonly mode: HeatMode;
  readonly selected: Cell | null;
  readonly onSelect: (cell: Cell | null) => void;
  readonly template: boolean;
  readonly onTemplate: (shown: boolean) => void;
  readonly likelihoods?: Likelihoods | undefined;
  readonly onLikelihoods?: (() => void) | undefined;
  readonly stale?: string | undefined;
}

/** A against B: where answers and routes part, how often choices agree, and how likely each answer is under each policy. */
export function Compare(props: CompareProps) {
  const { library, run, other } = props;
  const comparison = useMemo(
    () => (run && other ? compareRuns(run, other, library.sites) : null),
    [run, other, library.sites],
  );
  if (!run || !other || !comparison) {
    return (
      <p className={css.empty}>
        Keep a run as A, change something, and run again: here you see where routes and answers part.
      </p>
    );
  }
  const own: Likelihoods = {
    ...props.likelihoods,
    aUnderA: answerLogprob(run.answer.tokens),
    bUnderB: answerLogprob(other.answer.tokens),
  };
  return (
    <section className={css.view} aria-label="A against B">
      <Summary comparison={comparison} library={library} run={run} other={other} onSelect={props.onSelect} />
      <div className={css.pair}>
        <Answers a={run.answer.tokens} b={other.answer.tokens} first={comparison.firstAnswer} />
        <LikelihoodTable
          likelihoods={own}
          tokens={{ a: run.answer.tokens.length, b: other.answer.tokens.length }}
          onCompute={props.onLikelihoods}
        />
      </div>
      <AgreementChart comparison={comparison} />
      <div className={css.map}>
        <h3 className={css.heading}>Where the routes differ</h3>
        <RouteMap
          library={library}
          run={run}
          difference={other}
          mode={props.mode}
          selected={props.selected}
          onSelect={props.onSelect}
          template={props.template}
          onTemplate={props.onTemplate}
          stale={props.stale}
        />
      </div>
    </section>
  );
}

interface SummaryProps {
  readonly comparison: Comparison;
  readonly library: LibraryInfo;
  readonly run: RunView;
  readonly other: RunView;
  readonly onSelect: (cell: Cell) => void;
}

function Summary({ comparison, library, run, other, onSelect }: SummaryProps) {
  const { firstAnswer, firstRoute } = comparison;
  const word = (r: RunView, i: number) => {
    const token = r.answer.tokens[i];
    return token ? `‘${spokenToken(token.text)}’` : 'nothing more';
  };
  return (
    <ul className={css.summary}>
      <li>
        {firstAnswer === null ? (
          <>
            Both policies give <b>the same answer</b>.
          </>
        ) : (
          <>
            Answers part at <b>token {firstAnswer + 1}</b> of the answer: A {word(run, firstAnswer)}, B{' '}
            {word(other, firstAnswer)}.
          </>
        )}
      </li>
      <li>
        {firstRoute === null ? (
          <>
            All routes are <b>equal</b> as far as both read the same text ({comparison.compared} tokens).
          </>
        ) : (
          <>
            Routes first part at token {firstRoute.token} ‘{spokenToken(tokenAt(run, firstRoute.token))}’,{' '}
            <button
              type="button"
              className={css.link}
              onClick={() => {
                onSelect(firstRoute);
              }}
            >
              {siteText(library.sites[firstRoute.site])}
            </button>
            ; the first expert is the same in <b>{percentText(comparison.top)}</b> of cells, the whole set in{' '}
            <b>{percentText(comparison.set)}</b>.
          </>
        )}
      </li>
      {!comparison.samePrompt && <li>The prompts differ, so routes are compared only over their common beginning.</li>}
    </ul>
  );
}
