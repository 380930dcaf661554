import { line, scaleLinear } from 'd3';
import type { RefObject } from 'react';
import type { Interval } from '../../core/stats/index.ts';
import css from './Scatter.module.css';

export interface ScatterPoint {
  readonly id: string;
  /** Beside the point; '' for none. */
  readonly label: string;
  /** Shares. A value alone is drawn without an interval. */
  readonly x: Interval | number;
  readonly y: Interval | number;
  /** What a pointer or a screen reader is told. */
  readonly text: string;
}

export interface ScatterProps {
  readonly drawing: RefObject<SVGSVGElement | null>;
  readonly width: number;
  readonly points: readonly ScatterPoint[];
  /** Ids of points that a line joins, in order. */
  readonly paths?: readonly (readonly string[])[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  readonly chosen?: string | undefined;
  /** Id of the point drawn solid: what the others are compared with. */
  readonly first?: string | undefined;
  readonly onChoose?: ((id: string) => void) | undefined;
}

const MARGIN = { left: 48, right: 16, top: 12, bottom: 40 } as const;
const RADIUS = 5;

const middle = (value: Interval | number): number => (typeof value === 'number' ? value : value.estimate);
const ends = (value: Interval | number): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : [value.lower, value.upper];

/** From just below the lowest to just above the highest end, within 0 and 1. */
function domain(values: readonly (Interval | number)[]): [number, number] {
  const all = values.flatMap(ends);
  const low = Math.max(0, Math.min(...all, 1) - 0.04);
  const high = Math.min(1, Math.max(...all, 0) + 0.04);
  return high - low >= 0.1 ? [low, high] : [Math.max(0, low - 0.05), Math.min(1, high + 0.05)];
}

/** Points with intervals on both axes, their names beside them, joined where they belong to one sweep. */
export function Scatter(props: ScatterProps) {
  const { drawing, width, points, paths = [], xLabel, yLabel, description } = props;
  const height = Math.round(Math.min(420, Math.max(260, width * 0.62)));
  const x = scaleLinear(domain(points.map((point) => point.x)), [MARGIN.left, width - MARGIN.right]).nice(5);
  const y = scaleLinear(domain(points.map((point) => point.y)), [height - MARGIN.bottom, MARGIN.top]).nice(5);
  const placed = points.map((point) => ({ ...point, left: x(middle(point.x)), top: y(middle(point.y)) }));
  const at = new Map(placed.map((point) => [point.id, point]));
  const labels = placeLabels(placed, width);
  const trace = line<(typeof placed)[number]>(
    ({ left }) => left,
    ({ top }) => top,
  );
  return (
    <svg ref={drawing} className={css.scatter} width={width} height={height} role="group" aria-label={description}>
      <Axes x={x} y={y} width={width} height={height} xLabel={xLabel} yLabel={yLabel} />
      {paths.map((ids) => (
        <path
          key={ids.join('\n')}
          className={css.path}
          d={trace(ids.flatMap((id) => at.get(id) ?? [])) ?? ''}
          aria-hidden="true"
        />
      ))}
      {placed.map((point, i) => {
        const [left, right] = ends(point.x).map(x);
        const [bottom, top] = ends(point.y).map(y);
        const label = point.label === '' ? undefined : labels[i];
        return (
          <g
            key={point.id}
            className={css.point}
            data-first={point.id === props.first || undefined}
            data-chosen={point.id === props.chosen || undefined}
            {...acts(point.id, point.text, props.onChoose)}
          >
            <title>{point.text}</title>
            <line className={css.whisker} x1={left} x2={right} y1={point.top} y2={point.top} />
            <line className={css.whisker} x1={point.left} x2={point.left} y1={bottom} y2={top} />
            <circle className={css.reach} cx={point.left} cy={point.top} r={12} />
            <circle className={css.dot} cx={point.left} cy={point.top} r={RADIUS} />
            {label && (
              <text className={css.label} x={label.x} y={label.y} textAnchor={label.anchor}>
                {point.label}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function acts(id: string, text: string, onChoose: ScatterProps['onChoose']) {
  if (onChoose === undefined) return { role: 'img', 'aria-label': text } as const;
  return {
    role: 'button',
    tabIndex: 0,
    'aria-label': text,
    onClick: () => {
      onChoose(id);
    },
    onKeyDown: (event: { key: string; preventDefault: () => void }) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      onChoose(id);
    },
  } as const;
}

interface AxesProps extends Pick<ScatterProps, 'width' | 'xLabel' | 'yLabel'> {
  readonly x: ReturnType<typeof scaleLinear<number>>;
  readonly y: ReturnType<typeof scaleLinear<number>>;
  readonly height: number;
}

function Axes({ x, y, width, height, xLabel, yLabel }: AxesProps) {
  return (
    <g aria-hidden="true">
      {x.ticks(5).map((tick) => (
        <g key={`x${String(tick)}`}>
          <line className={css.grid} x1={x(tick)} x2={x(tick)} y1={MARGIN.top} y2={height - MARGIN.bottom} />
          <text className={css.tick} x={x(tick)} y={height - MARGIN.bottom + 14} textAnchor="middle">
            {Math.round(tick * 100)}
          </text>
        </g>
      ))}
      {y.ticks(5).map((tick) => (
        <g key={`y${String(tick)}`}>
          <line className={css.grid} x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
          <text className={css.tick} x={MARGIN.left - 6} y={y(tick)} dy="0.35em" textAnchor="end">
            {Math.round(tick * 100)}
          </text>
        </g>
      ))}
      <text className={css.axis} x={width - MARGIN.right} y={height - 8} textAnchor="end">
        {xLabel}
      </text>
      <text className={css.axis} transform={`translate(12 ${String(MARGIN.top)}) rotate(-90)`} textAnchor="end">
        {yLabel}
      </text>
    </g>
  );
}

interface Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end' | 'middle';
}

/** Each name on the first of four sides where it covers no point and no name before it, else to the right. */
function placeLabels(
  points: readonly { readonly left: number; readonly top: number; readonly label: string }[],
  width: number,
): readonly (Label | undefined)[] {
  const taken = points.map(({ left, top }) => ({ left: left - 6, right: left + 6, top: top - 6, bottom: top + 6 }));
  return points.map(({ left, top, label }, i) => {
    const long = label.length * 7;
    const sides: readonly Label[] = [
      { x: left + 9, y: top - 5, anchor: 'start' },
      { x: left - 9, y: top - 5, anchor: 'end' },
      { x: left + 9, y: top + 14, anchor: 'start' },
      { x: left - 9, y: top + 14, anchor: 'end' },
    ];
    const boxes = sides.map((side) => {
      const from = side.anchor === 'start' ? side.x : side.x - long;
      return { left: from, right: from + long, top: side.y - 9, bottom: side.y + 3 };
    });
    const free = boxes.findIndex(
      (box) =>
        box.left >= MARGIN.left &&
        box.right <= width &&
        taken.every(
          (other, j) =>
            j === i ||
            box.right < other.left ||
            box.left > other.right ||
            box.bottom < other.top ||
            box.top > other.bottom,
        ),
    );
    const chosen = Math.max(0, free);
    const box = boxes[chosen];
    if (box !== undefined) taken.push(box);
    return sides[chosen];
  });
}
