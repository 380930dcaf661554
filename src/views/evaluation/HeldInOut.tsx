import { useMemo, useRef } from 'react';
import type { Summaries } from '../../core/evaluation/half.ts';
import { findSweeps, type Sweep } from '../../core/evaluation/sweep.ts';
import type { Contestant } from '../../core/evaluation/plan.ts';
import { SavePicture } from '../shared/SavePicture.tsx';
import { useWidth } from '../shared/useWidth.ts';
import css from './evaluation.module.css';
import { Scatter, type ScatterPoint } from './Scatter.tsx';
import { withInterval } from './words.ts';

interface HeldInOutProps {
  readonly contestants: readonly Contestant[];
  readonly summaries: Summaries;
  readonly selected: string | undefined;
  readonly onSelect: (contestant: string) => void;
  /** Belong in a saved picture, too. */
  readonly notes: readonly string[];
}

const TITLE = 'Held-in against held-out';
const SCALE =
  'Mean over tasks of the share right, where guessing is 0 and all right is 100; bars are intervals of 95 % (bootstrap over documents).';

/** Every policy a point: held-in across, held-out up, on a scale where guessing is 0 and all right is 100; swept parameters are paths. */
export function HeldInOut({ contestants, summaries, selected, onSelect, notes }: HeldInOutProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const [ref, width] = useWidth<HTMLElement>();
  const sweeps = useMemo(() => findSweeps(contestants), [contestants]);
  const points = contestants.flatMap(({ name, label }): ScatterPoint[] => {
    const of = summaries.get(name);
    const [x, y] = [of?.['held-in']?.normalised, of?.['held-out']?.normalised];
    if (x === undefined || y === undefined) return [];
    const called = name === label ? name : `${name}, ${label}`;
    return [
      { id: name, label: name, x, y, text: `${called}: held-in ${withInterval(x)}, held-out ${withInterval(y)}` },
    ];
  });
  const drawn = sweeps.map((sweep) => ({ ...sweep, text: sweepText(sweep) }));
  return (
    <figure ref={ref} className={css.figure}>
      <figcaption>
        <h3>{TITLE}</h3>
        <p>{SCALE}</p>
      </figcaption>
      {points.length === 0 ? (
        <p className={css.wait}>A point needs two documents of a held-in and of a held-out task.</p>
      ) : (
        <>
          {width > 0 && (
            <Scatter
              drawing={drawing}
              width={Math.min(width, 760)}
              points={points}
              paths={sweeps.map((sweep) => sweep.points.map(({ name }) => name))}
              xLabel="held-in →"
              yLabel="held-out →"
              description={TITLE}
              first={contestants[0]?.name}
              chosen={selected}
              onChoose={onSelect}
            />
          )}
          {drawn.map(({ text }) => (
            <p key={text}>{text}</p>
          ))}
          <SavePicture
            of={drawing}
            name="held-in-held-out"
            title={TITLE}
            notes={[SCALE, ...drawn.map(({ text }) => text), ...notes]}
          />
        </>
      )}
    </figure>
  );
}

const sweepText = ({ parameter, points }: Sweep): string =>
  `Dashed line: ${parameter} = ${points.map(({ value }) => String(value)).join(', ')}.`;
