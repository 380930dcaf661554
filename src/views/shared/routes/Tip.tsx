import { expertColours } from '../../../core/colour.ts';
import { choices, hasCell } from '../../../core/derive/cells.ts';
import { visibleToken } from '../../../core/derive/tokens.ts';
import type { LibraryInfo } from '../../../core/library.ts';
import { Badge } from '../../../ui/marks/Badge.tsx';
import { expertText, siteText, weightText } from '../format.ts';
import type { Cell, HeatMode, RunView } from '../types.ts';
import { tokenAt } from './describe.ts';
import { measure, scaleOf } from './paint.ts';
import css from './Tip.module.css';

interface TipProps {
  readonly library: LibraryInfo;
  readonly run: RunView;
  readonly difference: RunView | undefined;
  readonly cell: Cell;
  readonly mode: HeatMode;
}

/** What a cell says on hover. */
export function Tip({ library, run, difference, cell, mode }: TipProps) {
  const colours = expertColours(library.experts);
  const scale = scaleOf(mode, run.trace.slots);
  return (
    <>
      <p className={css.head}>
        <code>{visibleToken(tokenAt(run, cell.token))}</code> {siteText(library.sites[cell.site])}
      </p>
      {(difference ? [run, difference] : [run]).map((r, i) => {
        const chosen = choices(r.trace, cell.site, cell.token);
        return (
          <ul key={i} className={css.list} aria-label={difference ? (i === 0 ? 'A' : 'B') : 'Chosen experts'}>
            {difference && <li className={css.run}>{i === 0 ? 'A' : 'B'}</li>}
            {!hasCell(r.trace, cell.site, cell.token) && <li>not read by the model: no route</li>}
            {hasCell(r.trace, cell.site, cell.token) && chosen.length === 0 && <li>no expert: the base alone</li>}
            {chosen.slice(0, 4).map((c) => (
              <li key={c.unit}>
                <Badge expert={library.experts[c.unit]} colour={colours[c.unit]} size="s" decorative />
                <span>{expertText(library.experts, c.unit)}</span>
                <span className={css.number}>{weightText(c.weight)}</span>
              </li>
            ))}
            {chosen.length > 4 && <li>and {chosen.length - 4} more</li>}
          </ul>
        );
      })}
      {scale && !difference && mode !== 'weight' && (
        <p className={css.foot}>
          {scale.label}{' '}
          <span className={css.number}>{scale.text(measure(mode, run.trace, cell.site, cell.token))}</span>
        </p>
      )}
    </>
  );
}
