import { extent, line, scaleLinear } from 'd3';
import { findSweeps } from '../../core/evaluation/sweep.ts';
import type { Contestant } from '../../core/evaluation/plan.ts';
import type { Interval } from '../../core/stats/index.ts';
import { useWidth } from '../shared/useWidth.ts';
import css from './evaluation.module.css';
import type { Summaries } from './useSummaries.ts';
import { points, withInterval } from './words.ts';

interface HeldInOutProps {
  readonly contestants: readonly Contestant[];
  readonly summaries: Summaries;
  readonly selected: string | undefined;
  readonly onSelect: (contestant: string) => void;
}

interface Place {
  readonly name: string;
  readonly label: string;
  readonly x: Interval;
  readonly y: Interval;
}

const HEIGHT = 340;
const MARGIN = { top: 16, right: 24, bottom: 44, left: 52 };

/** Every policy a point: held-in across, held-out up, on a scale where guessing is 0 and all right is 100; swept parameters are paths. */
export function HeldInOut({ contestants, summaries, selected, onSelect }: HeldInOutProps) {
  const [ref, width] = useWidth<HTMLElement>();
  const places = contestants.flatMap(({ name, label }): Place[] => {
    const of = summaries.get(name);
    const [x, y] = [of?.['held-in']?.normalised, of?.['held-out']?.normalised];
    return x === undefined || y === undefined ? [] : [{ name, label, x, y }];
  });
  return (
    <figure ref={ref} className={css.figure}>
      <figcaption>
        <h3>Held-in against held-out</h3>
        <p>Mean over tasks of the share right, where guessing is 0 and all right is 100; bars are intervals of 95 %.</p>
      </figcaption>
      {places.length === 0 ? (
        <p className={css.wait}>A point needs two documents of a held-in and of a held-out task.</p>
      ) : (
        width > 0 && <Plane {...{ places, contestants, width, selected, onSelect }} />
      )}
    </figure>
  );
}

interface PlaneProps extends Omit<HeldInOutProps, 'summaries'> {
  readonly places: readonly Place[];
  readonly width: number;
}

function Plane({ places, contestants, width, selected, onSelect }: PlaneProps) {
  const x = axis(
    places.map((p) => p.x),
    [MARGIN.left, width - MARGIN.right],
  );
  const y = axis(
    places.map((p) => p.y),
    [HEIGHT - MARGIN.bottom, MARGIN.top],
  );
  const at = new Map(places.map((place) => [place.name, place]));
  const path = line<Place>(
    (p) => x(p.x.estimate),
    (p) => y(p.y.estimate),
  );
  const spoken = places.map((p) => `${p.name}: held-in ${withInterval(p.x)}, held-out ${withInterval(p.y)}`).join('; ');
  return (
    <svg width={width} height={HEIGHT} role="img" aria-label={`Held-in against held-out. ${spoken}`}>
      {x.ticks(5).map((value) => (
        <g key={value} transform={`translate(${String(x(value))},0)`}>
          <line className={css.grid} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
          <text className={css.tick} y={HEIGHT - MARGIN.bottom + 16} textAnchor="middle">
            {points(value).replace('.0', '')}
          </text>
        </g>
      ))}
      {y.ticks(5).map((value) => (
        <g key={value} transform={`translate(0,${String(y(value))})`}>
          <line className={css.grid} x1={MARGIN.left} x2={width - MARGIN.right} />
          <text className={css.tick} x={MARGIN.left - 8} dy="0.32em" textAnchor="end">
            {points(value).replace('.0', '')}
          </text>
        </g>
      ))}
      <text className={css.axis} x={width - MARGIN.right} y={HEIGHT - 8} textAnchor="end">
        held-in →
      </text>
      <text className={css.axis} transform={`translate(14,${String(MARGIN.top)}) rotate(-90)`} textAnchor="end">
        held-out →
      </text>
      {findSweeps(contestants).map(({ parameter, points: along }) => {
        const found = along.flatMap(({ name }) => at.get(name) ?? []);
        return (
          <path key={`${parameter} ${found[0]?.name ?? ''}`} className={css.sweep} d={path(found) ?? ''}>
            <title>{`${parameter}: ${along.map(({ value }) => String(value)).join(', ')}`}</title>
          </path>
        );
      })}
      {places.map((place) => (
        <g
          key={place.name}
          className={css.point}
          onClick={() => {
            onSelect(place.name);
          }}
        >
          <title>{`${place.label}: held-in ${withInterval(place.x)}, held-out ${withInterval(place.y)}`}</title>
          <line x1={x(place.x.lower)} x2={x(place.x.upper)} y1={y(place.y.estimate)} y2={y(place.y.estimate)} />
          <line x1={x(place.x.estimate)} x2={x(place.x.estimate)} y1={y(place.y.lower)} y2={y(place.y.upper)} />
          <circle cx={x(place.x.estimate)} cy={y(place.y.estimate)} r={place.name === selected ? 8 : 6} />
          <text x={x(place.x.estimate) + 10} y={y(place.y.estimate) - 9}>
            {place.name}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** From the lowest to the highest end of all intervals, a little wider, never narrower than 10 points. */
function axis(intervals: readonly Interval[], range: [number, number]) {
  const [low = 0, high = 1] = extent(intervals.flatMap(({ lower, upper, estimate }) => [lower, upper, estimate]));
  const room = Math.max(0.02, (0.1 - (high - low)) / 2, (high - low) * 0.06);
  return scaleLinear([low - room, high + room], range).nice();
}
