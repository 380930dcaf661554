import { useRef } from 'react';
import type { Contestant } from '../../core/evaluation/plan.ts';
import type { TaskRow } from '../../core/evaluation/tally.ts';
import { percentText } from '../shared/format.ts';
import { SavePicture } from '../shared/SavePicture.tsx';
import { useWidth } from '../shared/useWidth.ts';
import css from './evaluation.module.css';
import { Scatter, type ScatterPoint } from './Scatter.tsx';

interface RightExpertProps {
  readonly contestants: readonly Contestant[];
  readonly rows: readonly TaskRow[];
  /** Belong in a saved picture, too. */
  readonly notes: readonly string[];
}

const TITLE = 'Right expert, right answer?';
const SCALE =
  'A point is a task under a policy. Across: share of the weight that the task’s own expert gets, in percent. Up: share right, in percent.';
/** With more points their names would cover each other; each is still told on pointing at it. */
const MOST_NAMED = 16;

/** Right expert against right answer: a point for each held-in task and policy. */
export function RightExpert({ contestants, rows, notes }: RightExpertProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const [ref, width] = useWidth<HTMLElement>();
  const points = rows.flatMap(({ task, cells }) =>
    contestants.flatMap(({ name }): ScatterPoint[] => {
      const cell = cells.get(name);
      const x = cell?.routing.own;
      if (cell === undefined || x === undefined) return [];
      const y = cell.share.estimate;
      const text = `${task.label}, ${name}: own expert ${percentText(x)}, right ${percentText(y)}`;
      return [{ id: `${task.id} ${name}`, label: name, x, y, text }];
    }),
  );
  if (points.length === 0) return null;
  return (
    <figure ref={ref} className={css.figure}>
      <figcaption>
        <h3>{TITLE}</h3>
        <p>{SCALE} The table above has the figures.</p>
      </figcaption>
      {width > 0 && (
        <Scatter
          drawing={drawing}
          width={Math.min(width, 760)}
          points={points.length <= MOST_NAMED ? points : points.map((point) => ({ ...point, label: '' }))}
          xLabel="own expert →"
          yLabel="right →"
          description={TITLE}
        />
      )}
      <SavePicture of={drawing} name="right-expert-right-answer" title={TITLE} notes={[SCALE, ...notes]} />
    </figure>
  );
}
