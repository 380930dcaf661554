import type { CellScores } from '../../core/derive/scores.ts';
import type { ParamValue } from '../../core/params.ts';
import { numberText, weightText } from '../shared/format.ts';
import type { Cell, RunView } from '../shared/types.ts';
import type { InspectorProps } from './Inspector.tsx';
import css from './Inspector.module.css';

export interface FormulaProps extends InspectorProps {
  readonly run: RunView;
  readonly cell: Cell;
  readonly scores: CellScores | null;
  readonly unit: number;
}

const valueText = (value: ParamValue) => (typeof value === 'number' ? String(value) : String(value));

/** The score's formula, its parameters, and this cell's numbers put in for one expert. */
export function Formula({ score, params, run, scores, unit, library }: FormulaProps) {
  if (!score) return null;
  const row = scores?.rows.find((r) => r.unit === unit);
  const badge = library.experts[unit]?.badge ?? String(unit);
  const chosen = scores?.rows.filter((r) => r.chosen) ?? [];
  const given = Object.entries(params ?? {});
  return (
    <div className={css.formula}>
      <h4>Why: {score.label}</h4>
      <p className={css.where}>{score.summary}</p>
      <p className={css.math}>s = {score.formula}</p>
      {given.length > 0 && (
        <p className={css.where}>with {given.map(([name, value]) => `${name} = ${valueText(value)}`).join(', ')}</p>
      )}
      {row && (
        <p className={css.math} aria-label={`The formula with the numbers of ${library.experts[unit]?.label ?? badge}`}>
          s({badge}) ={' '}
          {run.terms.length > 0 ? (
            <>
              {numberText(row.raw - row.constant)}
              {run.terms.map((term) => (
                <span key={term.name} title={term.name}>
                  {' '}
                  + {numberText(term.values[unit] ?? 0)} <small>({term.name})</small>
                </span>
              ))}{' '}
              = {numberText(row.raw)}
            </>
          ) : (
            numberText(row.raw)
          )}
          {row.muted
            ? ' → −∞ (muted)'
            : row.bias !== 0
              ? ` ${row.bias > 0 ? '+' : '−'} ${numberText(Math.abs(row.bias), 1)} (your bias) = ${numberText(row.edited)}`
              : ''}
        </p>
      )}
      {row && (
        <p className={css.math}>
          w({badge}) = {row.chosen ? weightText(row.weight) : '0, not chosen'}
          {row.chosen && chosen.length > 1 && (
            <small>
              {' '}
              of{' '}
              {chosen
                .map((r) => library.experts[r.unit]?.badge ?? String(r.unit))
                .slice(0, 4)
                .join(', ')}
              {chosen.length > 4 ? ' …' : ''}
            </small>
          )}
        </p>
      )}
    </div>
  );
}
