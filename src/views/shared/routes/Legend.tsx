import { useMemo, useState } from 'react';
import { sequential, type ExpertColour, type Scheme } from '../../../core/colour.ts';
import { expertLoad } from '../../../core/derive/load.ts';
import type { LibraryInfo } from '../../../core/library.ts';
import type { RoutingTrace } from '../../../core/trace.ts';
import { Badge } from '../../../ui/marks/Badge.tsx';
import css from './Legend.module.css';
import type { Scale } from './paint.ts';

export interface LegendProps {
  readonly library: LibraryInfo;
  readonly trace: RoutingTrace;
  readonly colours: readonly ExpertColour[];
  readonly scheme: Scheme;
  readonly scale: Scale | null;
  readonly difference: boolean;
  /** Whether the reach of edits is outlined in the picture. */
  readonly edited: boolean;
}

/** Most experts that the legend names unasked. */
const MANY = 9;

/** What colours and marks mean, so that a picture of the view needs no caption. */
export function Legend({ library, trace, colours, scheme, scale, difference, edited }: LegendProps) {
  const [all, setAll] = useState(false);
  const present = useMemo(() => {
    const { first } = expertLoad(trace, library.sites, library.experts.length);
    return library.experts
      .map((expert, unit) => ({ expert, unit, share: first[unit] ?? 0 }))
      .filter((e) => e.share > 0)
      .sort((a, b) => b.share - a.share || a.unit - b.unit);
  }, [trace, library]);
  const shown = all || present.length <= MANY ? present : present.slice(0, MANY - 1);
  const rest = present.length - shown.length;
  if (scale) {
    return (
      <div className={css.legend}>
        <span>0</span>
        <span
          className={css.ramp}
          style={{ background: `linear-gradient(to right, ${ramp(scheme)})` }}
          aria-hidden="true"
        />
        <span>{Number(scale.max.toFixed(2))}</span>
        <span className={css.note} title={scale.help}>
          {scale.label}
        </span>
        {edited && <EditKey />}
      </div>
    );
  }
  return (
    <div className={css.legend}>
      {difference && <DifferenceKey />}
      <ul className={css.experts} aria-label="Experts in this picture, most chosen first">
        {shown.map(({ expert, unit }) => (
          <li key={expert.id}>
            <Badge expert={expert} colour={colours[unit]} size="s" decorative /> {expert.label}
          </li>
        ))}
        {present.length > MANY && (
          <li>
            <button
              type="button"
              className={css.more}
              aria-expanded={all}
              onClick={() => {
                setAll(!all);
              }}
            >
              {all ? 'fewer' : `and ${String(rest)} more`}
            </button>
          </li>
        )}
        {shown.length === 0 && <li>No expert was chosen: the base model alone.</li>}
      </ul>
      {edited && <EditKey />}
      {!difference && shown.length > 0 && (
        <span className={css.note}>stronger colour = larger weight · each layer: FFN above attention</span>
      )}
    </div>
  );
}

const ramp = (scheme: Scheme) =>
  Array.from({ length: 13 }, (_, i) => `${sequential(i / 12, scheme)} ${String((i / 12) * 100)}%`).join(', ');

function DifferenceKey() {
  return (
    <ul className={css.experts} aria-label="Marks of the map of differences">
      <li>
        <span className={css.split} aria-hidden="true" /> first expert differs: A solid, B hatched
      </li>
      <li>
        <span className={css.outlined} aria-hidden="true" /> same first, another set
      </li>
      <li>
        <span className={css.same} aria-hidden="true" /> same choice
      </li>
    </ul>
  );
}

function EditKey() {
  return (
    <span className={css.edit}>
      <span className={css.reach} aria-hidden="true" /> where your edits act
    </span>
  );
}
