import { scaleBand, scaleLinear } from 'd3';
import type { Comparison } from '../../core/derive/compare.ts';
import { percentText } from '../shared/format.ts';
import { useWidth } from '../shared/useWidth.ts';
import css from './AgreementChart.module.css';

const SIZE = { height: 132, left: 40, right: 8, top: 10, bottom: 26 } as const;

/** Share of equal choices by layer: the solid bar is the whole set, its outline reaches to the same first expert. */
export function AgreementChart({ comparison }: { readonly comparison: Comparison }) {
  const { layers } = comparison;
  const [ref, measured] = useWidth<HTMLElement>();
  const width = measured || 640;
  if (layers.length === 0) {
    return <p className={css.note}>The two runs share no text, so their choices cannot be compared cell by cell.</p>;
  }
  const x = scaleBand<number>()
    .domain(layers.map((l) => l.layer))
    .range([SIZE.left, width - SIZE.right])
    .padding(0.15);
  const y = scaleLinear()
    .domain([0, 1])
    .range([SIZE.height - SIZE.bottom, SIZE.top]);
  const every = (width - SIZE.left) / layers.length < 26 ? 5 : 1;
  const worst = layers.reduce((a, b) => (b.set < a.set ? b : a));
  return (
    <figure ref={ref} className={css.figure}>
      <figcaption>
        Equal choices by layer <small>over {comparison.compared} tokens that both runs read alike</small>
      </figcaption>
      <svg
        width={width}
        height={SIZE.height}
        role="img"
        aria-label={`Share of equal choices by layer: same set in ${percentText(comparison.set)} of cells over all layers, lowest in layer ${String(worst.layer)} with ${percentText(worst.set)}`}
      >
        {[0, 0.5, 1].map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={SIZE.left} x2={width - SIZE.right} y1={y(tick)} y2={y(tick)} />
            <text className={css.tick} x={SIZE.left - 6} y={y(tick)} dy="0.35em" textAnchor="end">
              {tick * 100} %
            </text>
          </g>
        ))}
        {layers.map((l) => (
          <g key={l.layer}>
            <title>{`layer ${String(l.layer)}: same first expert ${percentText(l.top)}, same set ${percentText(l.set)}`}</title>
            <rect className={css.top} x={x(l.layer)} width={x.bandwidth()} y={y(l.top)} height={y(0) - y(l.top)} />
            <rect className={css.set} x={x(l.layer)} width={x.bandwidth()} y={y(l.set)} height={y(0) - y(l.set)} />
            {l.layer % every === 0 && (
              <text
                className={css.tick}
                x={(x(l.layer) ?? 0) + x.bandwidth() / 2}
                y={SIZE.height - 10}
                textAnchor="middle"
              >
                L{l.layer}
              </text>
            )}
          </g>
        ))}
      </svg>
      <p className={css.note}>
        <span className={css.keySet} /> same set of experts <span className={css.keyTop} /> same first expert
      </p>
    </figure>
  );
}
