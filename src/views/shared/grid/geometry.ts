/** Where the cells of a token × site picture lie, in CSS pixels of the scrolled content. Pure, so that it is tested without a browser. */
import type { TokenColumn } from '../../../core/derive/tokens.ts';
import { visibleToken } from '../../../core/derive/tokens.ts';
import type { Site } from '../../../core/library.ts';

export interface Geometry {
  /** Width of the layer axis, height of the token axis; both stay in view. */
  readonly gutter: number;
  readonly header: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** From one layer's first row to the next one's. */
  readonly layerHeight: number;
  /** Left edge of each column and top edge of each site's row (index = site). */
  readonly lefts: readonly number[];
  readonly tops: readonly number[];
  /** Index of the first answer column; equals the number of columns when there is none. */
  readonly divider: number;
  readonly width: number;
  readonly height: number;
  /** Whether cells are large enough for a badge, for the axis to name attention and FFN, for token texts to lie flat. */
  readonly badges: boolean;
  readonly rowNames: boolean;
  readonly flatLabels: boolean;
}

/** Characters of a token that the axis shows. */
export const LABEL_CHARACTERS = 12;
/** Advance of the axis' monospace face at 11 px. */
export const LABEL_ADVANCE = 6.6;
/** Height of the strip that says prompt and answer. */
export const PART_STRIP = 16;
const LABEL_SLANT = Math.sin((60 * Math.PI) / 180);
const DIVIDER_GAP = 8;
const MAX_CELL = { width: 76, height: 36 } as const;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const characters = (text: string) => Array.from(graphemes.segment(text), (s) => s.segment);

export function axisLabel(column: TokenColumn): string {
  const text = characters(visibleToken(column.text));
  return text.length <= LABEL_CHARACTERS ? text.join('') : `${text.slice(0, LABEL_CHARACTERS - 1).join('')}…`;
}

const labelLength = (column: TokenColumn) => Math.min(LABEL_CHARACTERS, characters(visibleToken(column.text)).length);

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** `zoom` 1 fits all sites into the height (and all tokens into the width, down to 12 px each). */
export function layOut(
  columns: readonly TokenColumn[],
  sites: readonly Site[],
  view: { readonly width: number; readonly height: number },
  zoom: number,
): Geometry {
  const longest = columns.reduce((n, c) => Math.max(n, labelLength(c)), 1) * LABEL_ADVANCE;
  const answer = columns.findIndex((c) => c.part === 'answer');
  const divider = answer < 0 ? columns.length : answer;
  const dividerGap = divider > 0 && divider < columns.length ? DIVIDER_GAP : 0;
  const layers = new Set(sites.map((s) => s.layer)).size;
  const slanted = Math.ceil(longest * LABEL_SLANT) + 14 + PART_STRIP;

  const narrow = view.width < 560;
  const overhang = 40;
  // Where a layer has fewer than 10 px, a gap of 2 would take too much of it.
  const fitGap = (view.height - slanted) / Math.max(1, layers) < 10 ? 1 : 2;
  const heightUnder = (axis: number) => {
    const fit = clamp((view.height - axis - fitGap * layers - 6) / Math.max(1, sites.length), 3, 14);
    return Math.min(fit * zoom, Math.max(fit, MAX_CELL.height));
  };
  // Row names widen the gutter, which narrows the cells, which may slant the labels and raise the axis: decided in this order.
  const rowNames = heightUnder(slanted) >= 11;
  const gutter = (narrow ? 36 : 44) + (rowNames ? 28 : 0);
  const fitWidth = clamp(
    (view.width - gutter - dividerGap - overhang) / Math.max(1, columns.length),
    narrow ? 16 : 12,
    40,
  );
  const cellWidth = Math.min(fitWidth * zoom, Math.max(fitWidth, MAX_CELL.width));
  const flatLabels = cellWidth >= longest + 6;
  const header = flatLabels ? PART_STRIP + 20 : slanted;
  const cellHeight = heightUnder(header);
  const gap = zoom > 1 && cellHeight >= 12 ? 4 : fitGap;

  const lefts = columns.map((_, i) => gutter + i * cellWidth + (i >= divider ? dividerGap : 0));
  const tops: number[] = [];
  let y = header;
  for (let site = sites.length - 1; site >= 0; site--) {
    tops[site] = y;
    y += cellHeight;
    if (site > 0 && sites[site]?.layer !== sites[site - 1]?.layer) y += gap;
  }
  const next = sites.findIndex((s) => s.layer !== sites[0]?.layer);
  return {
    gutter,
    header,
    layerHeight: next < 0 ? cellHeight * sites.length : (tops[0] ?? 0) - (tops[next] ?? 0),
    cellWidth,
    cellHeight,
    lefts,
    tops,
    divider,
    width: gutter + columns.length * cellWidth + dividerGap + (flatLabels ? 8 : overhang),
    height: y + 6,
    badges: cellWidth >= 22 && cellHeight >= 12,
    rowNames,
    flatLabels,
  };
}

/** The zoom past which nothing grows any more. */
export function zoomLimit(view: { readonly width: number; readonly height: number }, sites: number): number {
  return clamp(MAX_CELL.height / clamp((view.height - 110) / Math.max(1, sites), 3, 14), 2, 12);
}

/** Column index and site at a point of the content; null between cells or outside. */
export function cellAt(g: Geometry, x: number, y: number): { readonly column: number; readonly site: number } | null {
  const column = g.lefts.findIndex((left) => x >= left && x < left + g.cellWidth);
  const site = g.tops.findIndex((top) => y >= top && y < top + g.cellHeight);
  return column < 0 || site < 0 ? null : { column, site };
}

/** First and last index whose span [start, start + size) meets [from, to); `starts` rise or fall. */
export function visibleRange(
  starts: readonly number[],
  size: number,
  from: number,
  to: number,
): { readonly first: number; readonly last: number } {
  let first = -1;
  let last = -2;
  starts.forEach((start, i) => {
    if (start + size <= from || start >= to) return;
    if (first < 0) first = i;
    last = i;
  });
  return { first, last };
}
