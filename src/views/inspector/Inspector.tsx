import { useMemo, useState } from 'react';
import { expertColours, type ExpertColour } from '../../core/colour.ts';
import { choices, entropy, hasCell, margin } from '../../core/derive/cells.ts';
import { actsAtCell } from '../../core/derive/scope.ts';
import { cellScores, isNearTie, type CellScores } from '../../core/derive/scores.ts';
import { visibleToken } from '../../core/derive/tokens.ts';
import type { LibraryInfo } from '../../core/library.ts';
import type { Edit } from '../../core/routing/policy.ts';
import type { ParamValue } from '../../core/params.ts';
import { Badge, expertStyle } from '../../ui/marks/Badge.tsx';
import { expertText, numberText, siteText, weightText } from '../shared/format.ts';
import type { Cell, RunView, ScoreText } from '../shared/types.ts';
import { Actions } from './Actions.tsx';
import { EditText } from './EditText.tsx';
import { Formula } from './Formula.tsx';
import css from './Inspector.module.css';
import { NextTokens } from './NextTokens.tsx';
import { ScoreBars } from './ScoreBars.tsx';

export interface InspectorProps {
  readonly library: LibraryInfo;
  readonly run: RunView | null;
  readonly selected: Cell | null;
  readonly score?: ScoreText | undefined;
  /** Parameters of the score in force for this run. */
  readonly params?: Readonly<Record<string, ParamValue>> | undefined;
  /** Largest error of the backend's scores, relative to a site's range: below twice that a cut is a near-tie. */
  readonly scoreError?: number | undefined;
  /** Adds an edit to the policy; absent where routes cannot be changed (a recorded run without a model). */
  readonly onEdit?: ((edit: Edit) => void) | undefined;
  readonly onRemoveEdit?: ((edit: Edit) => void) | undefined;
  /** Why routes cannot be changed, where `onEdit` is absent. */
  readonly locked?: string | undefined;
  readonly stale?: string | undefined;
}

/** Everything about the selected cell: who was chosen, from which scores, by which formula, and what can be changed here. */
export function Inspector(props: InspectorProps) {
  const { library, run, selected: cell, scoreError, stale } = props;
  const colours = useMemo(() => expertColours(library.experts), [library.experts]);
  const [picked, setPicked] = useState<number | null>(null);
  const scores = useMemo(
    () =>
      run && cell ? cellScores(run.trace, run.terms, run.policy.edits, library, run.prompt.tokens.length, cell) : null,
    [run, cell, library],
  );

  if (!run || !cell) {
    return (
      <p className={css.empty}>
        Select a cell of the heat map to see how every expert scored there, who was chosen, and what you can change.
      </p>
    );
  }
  const prompt = run.prompt.tokens;
  const token = prompt[cell.token] ?? run.answer.tokens[cell.token - prompt.length];
  const chosen = choices(run.trace, cell.site, cell.token);
  const routed = hasCell(run.trace, cell.site, cell.token);
  const unit = picked ?? chosen[0]?.unit ?? 0;
  return (
    <section className={css.view} aria-label="Inspector of the selected cell">
      <header className={css.head}>
        <h3 className={css.title}>
          <code>{visibleToken(token?.text ?? '')}</code>
          <span>{siteText(library.sites[cell.site])}</span>
        </h3>
        <p className={css.where}>
          token {cell.token} of the {cell.token < prompt.length ? 'prompt' : 'answer'}
          {token?.template ? ', part of the template' : ''} · site {library.sites[cell.site]?.name}
        </p>
        {stale !== undefined && <p className={css.stale}>{stale}</p>}
      </header>

      {!routed && (
        <p className={css.note}>
          The model has not read this token, so it has no route. (The last token of an answer is never fed back.)
        </p>
      )}
      {routed && chosen.length === 0 && <p className={css.note}>No expert takes part here: the base model alone.</p>}
      {chosen.length > 0 && (
        <>
          <ul className={css.chosen} aria-label="Chosen experts and their weights">
            {chosen.slice(0, 4).map((c) => (
              <Chosen key={c.unit} unit={c.unit} weight={c.weight} library={library} colours={colours} />
            ))}
          </ul>
          {chosen.length > 4 && <p className={css.where}>and {chosen.length - 4} more, in the list below</p>}
          <Figures run={run} cell={cell} scores={scores} scoreError={scoreError} />
        </>
      )}

      {routed && chosen.length > 0 && (
        <>
          {scores ? (
            <ScoreBars
              library={library}
              colours={colours}
              scores={scores}
              hasTerms={run.terms.length > 0}
              picked={unit}
              onPick={setPicked}
            />
          ) : (
            <p className={css.note}>
              The scores of the experts left out were not kept in this run; weights above are complete.
            </p>
          )}
          <Formula {...props} run={run} cell={cell} scores={scores} unit={unit} />
        </>
      )}
      <ActingEdits {...props} run={run} cell={cell} />
      <Actions {...props} cell={cell} unit={unit} onPick={setPicked} colours={colours} promptTokens={prompt.length} />
      <NextTokens run={run} cell={cell} />
    </section>
  );
}

interface ChosenProps {
  readonly unit: number;
  readonly weight: number;
  readonly library: LibraryInfo;
  readonly colours: readonly ExpertColour[];
}

function Chosen({ unit, weight, library, colours }: ChosenProps) {
  return (
    <li className={css.row}>
      <Badge expert={library.experts[unit]} colour={colours[unit]} decorative />
      <span className={css.name}>{expertText(library.experts, unit)}</span>
      <span className={css.bar}>
        <span
          className={css.fill}
          style={{ ...expertStyle(colours[unit]), inlineSize: `${String(Math.min(1, Math.max(0, weight)) * 100)}%` }}
        />
      </span>
      <span className={css.number}>{weightText(weight)}</span>
    </li>
  );
}

interface FiguresProps {
  readonly run: RunView;
  readonly cell: Cell;
  readonly scores: CellScores | null;
  readonly scoreError: number | undefined;
}

function Figures({ run, cell, scores, scoreError }: FiguresProps) {
  const near = scores !== null && scoreError !== undefined && isNearTie(scores, scoreError);
  return (
    <dl className={css.figures}>
      <div title="First weight less second: how clearly the first expert leads">
        <dt>margin</dt>
        <dd>{weightText(margin(run.trace, cell.site, cell.token))}</dd>
      </div>
      <div title="−Σ w log₂ w over the chosen experts: 0 is one expert alone">
        <dt>entropy</dt>
        <dd>{numberText(entropy(run.trace, cell.site, cell.token))} bits</dd>
      </div>
      {scores?.gap != null && (
        <div title="Score of the last chosen expert less the best score left out">
          <dt>gap at the cut</dt>
          <dd>
            {numberText(scores.gap)}
            {near && (
              <span
                className={css.near}
                title="The gap is below twice this backend's score error: another device may choose otherwise"
              >
                near-tie
              </span>
            )}
          </dd>
        </div>
      )}
    </dl>
  );
}

/** The user's edits that act at this cell, each with its reset. */
function ActingEdits({ run, cell, library, onRemoveEdit }: InspectorProps & { run: RunView; cell: Cell }) {
  const acting = run.policy.edits.filter((e) => actsAtCell(e, library.sites, run.prompt.tokens.length, cell));
  if (acting.length === 0) return null;
  return (
    <div className={css.edits}>
      <h4>Your edits that act here</h4>
      <ul>
        {acting.map((edit, i) => (
          <li key={i}>
            <EditText edit={edit} library={library} />
            {onRemoveEdit && (
              <button
                type="button"
                className={css.remove}
                onClick={() => {
                  onRemoveEdit(edit);
                }}
              >
                undo this edit
              </button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
