import { scaleLinear } from 'd3';
import { Headphones, VolumeX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { expertColours, type ExpertColour } from '../../core/colour.ts';
import { expertLoad, type LoadTable } from '../../core/derive/load.ts';
import { muteState } from '../../core/derive/mutes.ts';
import type { ExpertInfo, LibraryInfo } from '../../core/library.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { Badge, expertStyle } from '../../ui/marks/Badge.tsx';
import { cx } from '../../ui/cx.ts';
import { percentText } from '../shared/format.ts';
import type { RunView } from '../shared/types.ts';
import css from './ExpertList.module.css';

export interface ExpertListProps {
  readonly library: LibraryInfo;
  /** Null before the first run: the list stands without load. */
  readonly run: RunView | null;
  /** Edits of the policy as it is set now (the run may be older); `core/derive/mutes.ts` turns presses into new edits. */
  readonly edits: readonly Edit[];
  readonly onMute?: ((expert: string) => void) | undefined;
  readonly onSolo?: ((expert: string) => void) | undefined;
  /** Id of the expert whose cells stand out in the pictures. */
  readonly highlight?: string | null | undefined;
  readonly onHighlight?: ((expert: string | null) => void) | undefined;
}

/** All lines of the map: badge, load, share by layer, mute and solo. */
export function ExpertList(props: ExpertListProps) {
  const { library, run, edits } = props;
  const [byLoad, setByLoad] = useState(false);
  const colours = useMemo(() => expertColours(library.experts), [library.experts]);
  const load = useMemo(
    () => (run ? expertLoad(run.trace, library.sites, library.experts.length) : null),
    [run, library],
  );
  const state = useMemo(() => muteState(edits, library.experts), [edits, library.experts]);
  const order = library.experts.map((_, unit) => unit);
  if (byLoad && load) order.sort((a, b) => (load.share[b] ?? 0) - (load.share[a] ?? 0) || a - b);
  const peak = load ? load.byLayer.reduce((m, v) => Math.max(m, v), 0) : 1;
  const most = load ? load.share.reduce((m, v) => Math.max(m, v), 0) : 1;
  return (
    <section className={css.view} aria-label="Experts">
      <header className={css.head}>
        <h3 className={css.title}>Experts ({library.experts.length})</h3>
        {load && (
          <button
            type="button"
            className={css.sort}
            aria-pressed={byLoad}
            onClick={() => {
              setByLoad(!byLoad);
            }}
          >
            by load
          </button>
        )}
      </header>
      {load && (
        <div className={css.columns} aria-hidden="true">
          <span title="Share of the weight given in each layer, from the first (left) to the last (right)">
            share by layer, 0 → {load.layers - 1}
          </span>
          <span title="Share of all weight given in this run">load</span>
        </div>
      )}
      <ul className={css.list}>
        {order.map((unit) => {
          const expert = library.experts[unit];
          return expert ? (
            <Row
              key={expert.id}
              {...props}
              expert={expert}
              unit={unit}
              colour={colours[unit]}
              load={load}
              peak={peak}
              most={most}
              muted={state.muted.has(expert.id)}
              solo={state.solo === expert.id}
            />
          ) : null;
        })}
      </ul>
    </section>
  );
}

interface RowProps extends ExpertListProps {
  readonly expert: ExpertInfo;
  readonly unit: number;
  readonly colour: ExpertColour | undefined;
  readonly load: LoadTable | null;
  /** Largest share in any layer and largest load of any expert: all rows share one scale. */
  readonly peak: number;
  readonly most: number;
  readonly muted: boolean;
  readonly solo: boolean;
}

function Row({
  expert,
  unit,
  colour,
  load,
  peak,
  most,
  muted,
  solo,
  onMute,
  onSolo,
  highlight,
  onHighlight,
}: RowProps) {
  const share = load?.share[unit] ?? 0;
  return (
    <li
      className={cx(css.row, highlight === expert.id && css.lit)}
      style={expertStyle(colour)}
      onPointerEnter={() => onHighlight?.(expert.id)}
      onPointerLeave={() => onHighlight?.(null)}
    >
      <Badge expert={expert} colour={colour} quiet={muted} decorative />
      <span className={css.name} title={expert.instruction ?? expert.label}>
        <span className={cx(css.label, muted && css.struck)}>{expert.label}</span>
        {load && <Sparkline load={load} unit={unit} peak={peak} label={expert.label} />}
      </span>
      {load ? (
        <span className={css.load}>
          <span className={css.number}>{percentText(share)}</span>
          <span className={css.track} aria-hidden="true">
            <span className={css.fill} style={{ inlineSize: `${String(most > 0 ? (share / most) * 100 : 0)}%` }} />
          </span>
        </span>
      ) : (
        <span />
      )}
      <span className={css.buttons}>
        {onMute && (
          <button
            type="button"
            className={css.toggle}
            aria-pressed={muted}
            aria-label={`Mute ${expert.label}`}
            title={muted ? `Let ${expert.label} take part again` : `Mute ${expert.label} everywhere`}
            onClick={() => {
              onMute(expert.id);
            }}
          >
            <VolumeX size={14} aria-hidden />
          </button>
        )}
        {onSolo && (
          <button
            type="button"
            className={css.toggle}
            aria-pressed={solo}
            aria-label={`Solo ${expert.label}`}
            title={solo ? 'Let all experts take part again' : `Only ${expert.label}: mute all others`}
            onClick={() => {
              onSolo(expert.id);
            }}
          >
            <Headphones size={14} aria-hidden />
          </button>
        )}
      </span>
    </li>
  );
}

const SPARK = { width: 120, height: 14 } as const;

/** Share of the weight given in each layer, one step a layer; all experts on the same scale. */
function Sparkline({ load, unit, peak, label }: { load: LoadTable; unit: number; peak: number; label: string }) {
  const x = scaleLinear().domain([0, load.layers]).range([0, SPARK.width]);
  const y = scaleLinear()
    .domain([0, peak > 0 ? peak : 1])
    .range([SPARK.height - 1, 1]);
  const shares = load.byLayer.subarray(unit * load.layers, (unit + 1) * load.layers);
  const steps = Array.from(
    shares,
    (share, layer) => `L${x(layer).toFixed(1)} ${y(share).toFixed(1)}H${x(layer + 1).toFixed(1)}`,
  );
  const top = shares.reduce((best, share, layer) => (share > (shares[best] ?? 0) ? layer : best), 0);
  const base = String(SPARK.height - 1);
  return (
    <svg
      className={css.spark}
      viewBox={`0 0 ${String(SPARK.width)} ${String(SPARK.height)}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: most in layer ${String(top)}, ${percentText(shares[top] ?? 0)} of the weight there`}
    >
      <path d={`M0 ${base}${steps.join('')}V${base}Z`} />
      <line x1="0" x2={SPARK.width} y1={SPARK.height - 0.5} y2={SPARK.height - 0.5} />
    </svg>
  );
}
