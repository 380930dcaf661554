import { scaleLinear } from 'd3';
import { useState } from 'react';
import type { ExpertColour } from '../../core/colour.ts';
import type { CellScores, ScoreRow } from '../../core/derive/scores.ts';
import type { LibraryInfo } from '../../core/library.ts';
import { Badge, expertStyle } from '../../ui/marks/Badge.tsx';
import { cx } from '../../ui/cx.ts';
import { expertText, numberText } from '../shared/format.ts';
import css from './ScoreBars.module.css';

export interface ScoreBarsProps {
  readonly library: LibraryInfo;
  readonly colours: readonly ExpertColour[];
  readonly scores: CellScores;
  /** Whether the score has a part that is the same everywhere, drawn as a paler part of the bar. */
  readonly hasTerms: boolean;
  readonly picked: number;
  readonly onPick: (unit: number) => void;
}

const FEW = 6;

/** Scores of all experts: the bar is the score after edits, a tick marks where it was before. */
export function ScoreBars({ library, colours, scores, hasTerms, picked, onPick }: ScoreBarsProps) {
  const [all, setAll] = useState(false);
  const { rows } = scores;
  const values = rows.flatMap((r) => [r.raw, r.edited, r.raw - r.constant, 0]).filter(Number.isFinite);
  const x = scaleLinear()
    .domain([Math.min(...values), Math.max(...values)])
    .range([0, 100]);
  // All the chosen ones and two that were left out, unless nearly everything is chosen.
  const few = Math.max(FEW, Math.min(FEW, rows.filter((r) => r.chosen).length) + 2);
  const shown = all ? rows : rows.slice(0, few);
  const edited = rows.some((r) => r.muted || r.forced || r.bias !== 0);
  const cut = rows.findIndex((r) => !r.chosen);
  return (
    <div className={css.scores}>
      <h4 id="score-bars">Scores of all experts{edited ? ', before (tick) and after your edits' : ''}</h4>
      <ul role="radiogroup" aria-labelledby="score-bars">
        {shown.map((row, i) => (
          <li key={row.unit} className={cx(i === cut && i > 0 && css.cut)} role="presentation">
            <button
              type="button"
              role="radio"
              aria-checked={row.unit === picked}
              tabIndex={row.unit === picked ? 0 : -1}
              className={cx(css.row, !row.chosen && css.out, row.unit === picked && css.picked)}
              aria-label={rowLabel(row, library)}
              onClick={() => {
                onPick(row.unit);
              }}
              onKeyDown={(event) => {
                const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
                const next = step === undefined ? undefined : shown[i + step];
                if (!next) return;
                event.preventDefault();
                onPick(next.unit);
                const list = event.currentTarget.closest('ul');
                list?.querySelectorAll<HTMLElement>('[role="radio"]')[i + (step ?? 0)]?.focus();
              }}
            >
              <Badge
                expert={library.experts[row.unit]}
                colour={colours[row.unit]}
                size="s"
                quiet={!row.chosen}
                decorative
              />
              <Bar row={row} x={x} colour={colours[row.unit]} hasTerms={hasTerms} />
              <span className={css.number}>{row.muted ? '' : numberText(row.edited)}</span>
              <span className={css.mark}>{markOf(row)}</span>
            </button>
          </li>
        ))}
      </ul>
      {rows.length > few && (
        <button
          type="button"
          className={css.more}
          aria-expanded={all}
          onClick={() => {
            setAll(!all);
          }}
        >
          {all ? 'Show fewer' : `Show all ${String(rows.length)}`}
        </button>
      )}
      {hasTerms && (
        <p className={css.key}>
          <span className={css.solid} /> local, from this token · <span className={css.pale} /> constant, the same
          everywhere
        </p>
      )}
    </div>
  );
}

function markOf(row: ScoreRow): string {
  if (row.muted) return 'muted';
  const parts = [
    row.forced ? 'forced' : '',
    row.bias !== 0 ? `${row.bias > 0 ? '+' : ''}${numberText(row.bias, 1)}` : '',
    row.factor !== 1 ? `×${numberText(row.factor, 1)}` : '',
  ];
  return parts.filter(Boolean).join(' ');
}

function rowLabel(row: ScoreRow, library: LibraryInfo): string {
  const mark = markOf(row);
  return [
    `${expertText(library.experts, row.unit)}: score ${numberText(row.raw)}`,
    mark && row.edited !== row.raw ? `after edits ${row.muted ? 'muted' : numberText(row.edited)}` : mark,
    row.chosen ? `chosen, weight ${numberText(row.weight)}` : 'not chosen',
  ]
    .filter(Boolean)
    .join(', ');
}

interface BarProps {
  readonly row: ScoreRow;
  readonly x: (value: number) => number;
  readonly colour: ExpertColour | undefined;
  readonly hasTerms: boolean;
}

/** The bar from zero to the score; with terms, the local part is solid and the constant part paler and hatched. */
function Bar({ row, x, colour, hasTerms }: BarProps) {
  const span = (from: number, to: number) => ({
    x: `${String(Math.min(x(from), x(to)))}%`,
    width: `${String(Math.max(0.4, Math.abs(x(to) - x(from))))}%`,
  });
  const value = Number.isFinite(row.edited) ? row.edited : row.raw;
  const local = hasTerms ? row.raw - row.constant : value;
  const bare = row.muted;
  return (
    <svg className={css.bar} style={expertStyle(colour)} width="100%" height="14" aria-hidden="true">
      <line className={css.zero} x1={`${String(x(0))}%`} x2={`${String(x(0))}%`} y1="0" y2="14" />
      {bare ? (
        <rect {...span(0, value)} y="4" height="6" className={css.ghost} />
      ) : hasTerms ? (
        <>
          <rect {...span(0, local)} y="3" height="8" className={css.solidBar} />
          <rect {...span(local, value)} y="3" height="8" className={css.paleBar} />
        </>
      ) : (
        <rect {...span(0, value)} y="3" height="8" className={css.solidBar} />
      )}
      {row.edited !== row.raw && (
        <line className={css.before} x1={`${String(x(row.raw))}%`} x2={`${String(x(row.raw))}%`} y1="0" y2="14" />
      )}
    </svg>
  );
}
