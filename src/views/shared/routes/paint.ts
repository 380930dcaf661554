/** What each mode of the heat map puts into a cell. */
import { sequential, UNKNOWN_COLOUR, type ExpertColour, type Scheme } from '../../../core/colour.ts';
import { cellDifference, choices, entropy, hasCell, margin, type SlotChoice } from '../../../core/derive/cells.ts';
import type { ExpertInfo } from '../../../core/library.ts';
import type { RoutingTrace, SiteIndex, TokenPosition } from '../../../core/trace.ts';
import { numberText, weightText } from '../format.ts';
import type { CellPaint, Ink } from '../grid/draw.ts';
import type { HeatMode } from '../types.ts';

export interface PaintContext {
  readonly trace: RoutingTrace;
  readonly experts: readonly ExpertInfo[];
  readonly colours: readonly ExpertColour[];
  readonly scheme: Scheme;
  readonly mode: HeatMode;
  /** The other run, for the map of differences. */
  readonly against?: RoutingTrace | undefined;
  /** A unit whose cells stand out while the others step back; −1 for none. */
  readonly highlight: number;
}

export interface Scale {
  /** What the numbers are, in a few words with their unit. */
  readonly label: string;
  readonly help: string;
  readonly max: number;
  readonly text: (value: number) => string;
}

/** Range and wording of a numeric mode; `top` has none. */
export function scaleOf(mode: HeatMode, slots: number): Scale | null {
  switch (mode) {
    case 'top':
      return null;
    case 'weight':
      return {
        label: 'weight of the top expert',
        help: 'The share that the first expert has in the mixture at this token and site, 0 to 1.',
        max: 1,
        text: weightText,
      };
    case 'entropy':
      return {
        label: 'entropy of the weights, bits',
        help: '−Σ w log₂ w over the chosen experts: 0 when one expert has all the weight, log₂ k when k experts share it evenly.',
        max: Math.max(1, Math.log2(Math.max(2, slots))),
        text: (v) => numberText(v, 2),
      };
    case 'margin':
      return {
        label: 'margin: first weight less second',
        help: 'How clearly the first expert leads: 0 is a tie, 1 means that it is alone.',
        max: 1,
        text: weightText,
      };
  }
}

export function measure(mode: HeatMode, trace: RoutingTrace, site: SiteIndex, token: TokenPosition): number {
  switch (mode) {
    case 'top':
    case 'weight':
      return choices(trace, site, token)[0]?.weight ?? 0;
    case 'entropy':
      return entropy(trace, site, token);
    case 'margin':
      return margin(trace, site, token);
  }
}

/** Weight 0 to 1 as strength of colour: never so pale that the hue is lost. */
const strength = (weight: number) => 0.3 + 0.7 * Math.min(1, Math.max(0, weight));

function inkFor(context: PaintContext, unit: number, weight: number): Ink {
  const colour = context.colours[unit] ?? UNKNOWN_COLOUR;
  const dark = context.scheme === 'dark';
  return {
    fill: dark ? colour.dark : colour.light,
    on: dark ? colour.onDark : colour.onLight,
    alpha: strength(weight),
    badge: context.experts[unit]?.badge ?? '?',
  };
}

const HOLLOW: CellPaint = { fill: '', alpha: 0, hollow: true };

export function paintCell(context: PaintContext, site: SiteIndex, token: TokenPosition): CellPaint | null {
  const { trace, mode, scheme, against } = context;
  if (!hasCell(trace, site, token)) return null;
  if (against) return paintDifference(context, against, site, token);
  const chosen = choices(trace, site, token);
  const first = chosen[0];
  if (!first) return HOLLOW;
  const top = inkFor(context, first.unit, first.weight);
  const strip = chosen.map((c) => ({ fill: inkFor(context, c.unit, 1).fill, weight: c.weight }));
  if (context.highlight >= 0) return paintHighlight(context, chosen);
  const scale = scaleOf(mode, trace.slots);
  if (!scale) return { ...top, value: weightText(first.weight), strip };
  const value = measure(mode, trace, site, token);
  const t = value / scale.max;
  const on = (scheme === 'light') === t > 0.45 ? '#ffffff' : '#101114';
  return {
    fill: sequential(t, scheme),
    alpha: 1,
    on,
    badge: context.experts[first.unit]?.badge ?? '?',
    value: scale.text(value),
    strip,
  };
}

/** One expert's weight wherever it was chosen, first or not; everything else steps back. */
function paintHighlight(context: PaintContext, chosen: readonly SlotChoice[]): CellPaint {
  const mine = chosen.find((c) => c.unit === context.highlight);
  if (mine) return { ...inkFor(context, mine.unit, mine.weight), value: weightText(mine.weight) };
  const first = chosen[0];
  return first ? { ...inkFor(context, first.unit, 0), alpha: 0.1 } : HOLLOW;
}

/** A solid on the left, B hatched on the right where the first expert differs; a thin outline where only the others do; the rest steps back. */
function paintDifference(
  context: PaintContext,
  against: RoutingTrace,
  site: SiteIndex,
  token: TokenPosition,
): CellPaint | null {
  const kind = cellDifference(context.trace, against, site, token);
  if (kind === 'none') return null;
  const a = choices(context.trace, site, token)[0];
  const b = choices(against, site, token)[0];
  if (!a && !b) return HOLLOW;
  const none: Ink = { fill: '#888888', alpha: 0, badge: '–' };
  const mine = a ? inkFor(context, a.unit, 1) : none;
  if (kind === 'top') return { ...mine, other: b ? inkFor(context, b.unit, 1) : none };
  if (kind === 'set') return { ...mine, alpha: 0.45, outlined: true };
  return { ...mine, alpha: 0.14 };
}
