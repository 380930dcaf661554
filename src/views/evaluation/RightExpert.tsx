import { scaleLinear } from 'd3';
import { useRef } from 'react';
import type { Contestant } from '../../core/evaluation/plan.ts';
import type { TaskRow } from '../../core/evaluation/tally.ts';
import { percentText } from '../shared/format.ts';
import { SavePicture } from '../shared/SavePicture.tsx';
import { useWidth } from '../shared/useWidth.ts';
import css from './evaluation.module.css';

interface RightExpertProps {
  readonly contestants: readonly Contestant[];
  readonly rows: readonly TaskRow[];
  /** Belong in a saved picture, too. */
  readonly notes: readonly string[];
}

const HEIGHT = 260;
/** With more points their names would cover each other; each is still told on pointing at it. */
const MOST_NAMED = 16;
const MARGIN = { top: 12, right: 24, bottom: 40, left: 52 };

/** Right expert against right answer: a point for each held-in task and policy. */
export function RightExpert({ contestants, rows, notes }: RightExpertProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const [ref, width] = useWidth<HTMLElement>();
  const points = rows.flatMap(({ task, cells }) =>
    contestants.flatMap(({ name }) => {
      const cell = cells.get(name);
      const own = cell?.routing.own;
      return cell === undefined || own === undefined
        ? []
        : [{ key: `${task.id} ${name}`, name, task: task.label, own, right: cell.share.estimate }];
    }),
  );
  if (points.length === 0) return null;
  const x = scaleLinear([0, 1], [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)]);
  const y = scaleLinear([0, 1], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  return (
    <figure ref={ref} className={css.figure}>
      <figcaption>
        <h3>Right expert, right answer?</h3>
        <p>
          Across: share of the weight that the task’s own expert gets. Up: share right. The table above has the figures.
        </p>
      </figcaption>
      {width > 0 && (
        <svg
          ref={drawing}
          width={width}
          height={HEIGHT}
          role="img"
          aria-label="Share of the own expert against share right, by task"
        >
          {[0, 0.25, 0.5, 0.75, 1].map((value) => (
            <g key={value}>
              <line className={css.grid} x1={x(value)} x2={x(value)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
              <line className={css.grid} x1={MARGIN.left} x2={width - MARGIN.right} y1={y(value)} y2={y(value)} />
              <text className={css.tick} x={x(value)} y={HEIGHT - MARGIN.bottom + 16} textAnchor="middle">
                {value * 100}
              </text>
              <text className={css.tick} x={MARGIN.left - 8} y={y(value)} dy="0.32em" textAnchor="end">
                {value * 100}
              </text>
            </g>
          ))}
          {points.map(({ key, name, task, own, right }) => (
            <g key={key} className={css.point}>
              <title>{`${task}, ${name}: own expert ${percentText(own)}, right ${percentText(right)}`}</title>
              <circle cx={x(own)} cy={y(right)} r={4} />
              {points.length <= MOST_NAMED && (
                <text x={x(own) + 7} y={y(right) + 4}>
                  {name}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
      <SavePicture of={drawing} name="right-expert-right-answer" title="Right expert, right answer?" notes={notes} />
    </figure>
  );
}
