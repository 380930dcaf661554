/** Paints a token × site picture on a 2-D canvas: only what is in view, on whole device pixels. */
import type { TokenColumn } from '../../../core/derive/tokens.ts';
import type { Site } from '../../../core/library.ts';
import { axisLabel, PART_STRIP, visibleRange, type Geometry } from './geometry.ts';

/** One colour with the strength and the letters it carries. */
export interface Ink {
  readonly fill: string;
  /** 0 (ground) to 1 (full colour). */
  readonly alpha: number;
  /** Drawn when cells are large enough. */
  readonly badge?: string;
  readonly on?: string;
}

export interface CellPaint extends Ink {
  /** The other run's choice, drawn as a hatched right half. */
  readonly other?: Ink;
  /** A thin outline: something smaller differs. */
  readonly outlined?: boolean;
  /** Second line of a large cell: the number shown. */
  readonly value?: string;
  /** Weights of the chosen units, drawn as a strip along the foot of a large cell. */
  readonly strip?: readonly { readonly fill: string; readonly weight: number }[];
  /** Nothing was chosen: a hollow cell. */
  readonly hollow?: boolean;
}

/** A region outlined in the accent: where an edit acts. Inclusive indices. */
export interface Region {
  readonly columns: readonly [from: number, to: number];
  readonly sites: readonly [from: number, to: number];
  /** Only every row of this input: drawn dashed. */
  readonly partial: boolean;
}

export interface Palette {
  readonly surface: string;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly accent: string;
  readonly mono: string;
  readonly text: string;
}

export interface Scene {
  readonly geometry: Geometry;
  readonly columns: readonly TokenColumn[];
  readonly sites: readonly Site[];
  readonly paint: (column: TokenColumn, site: number) => CellPaint | null;
  readonly regions: readonly Region[];
  readonly palette: Palette;
  readonly scroll: { readonly x: number; readonly y: number };
  readonly view: { readonly width: number; readonly height: number };
  /** Column index and site to stress on the axes. */
  readonly mark: { readonly column: number; readonly site: number } | null;
}

export function drawScene(ctx: CanvasRenderingContext2D, ratio: number, scene: Scene): void {
  const { geometry: g, view, palette, scroll } = scene;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.globalAlpha = 1;
  // No ligatures: `<|` must not become an arrow.
  ctx.textRendering = 'optimizeSpeed';
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, 0, view.width, view.height);

  ctx.save();
  ctx.beginPath();
  ctx.rect(g.gutter, g.header, view.width - g.gutter, view.height - g.header);
  ctx.clip();
  drawCells(ctx, ratio, scene);
  if (g.divider > 0 && g.divider < scene.columns.length) {
    const x = Math.round((g.lefts[g.divider] ?? 0) - 4 - scroll.x);
    ctx.fillStyle = palette.ink;
    ctx.fillRect(x - 0.5, g.header, 1, view.height);
  }
  ctx.restore();
  drawTokenAxis(ctx, scene);
  drawLayerAxis(ctx, scene);
  ctx.save();
  ctx.beginPath();
  ctx.rect(g.gutter - 3, g.header - 3, view.width, view.height);
  ctx.clip();
  for (const region of scene.regions) drawRegion(ctx, scene, region);
  ctx.restore();
}

function drawCells(ctx: CanvasRenderingContext2D, ratio: number, scene: Scene): void {
  const { geometry: g, columns, scroll, view, palette } = scene;
  const snap = (v: number) => Math.round(v * ratio) / ratio;
  const seam = g.cellWidth >= 8 ? 1 : 0.5;
  const rowSeam = g.cellHeight >= 8 ? 1 : 0;
  const across = visibleRange(g.lefts, g.cellWidth, scroll.x + g.gutter, scroll.x + view.width);
  const down = visibleRange(g.tops, g.cellHeight, scroll.y + g.header, scroll.y + view.height);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (let i = across.first; i >= 0 && i <= across.last; i++) {
    const column = columns[i];
    if (!column) continue;
    const x0 = snap((g.lefts[i] ?? 0) - scroll.x);
    const x1 = snap((g.lefts[i] ?? 0) + g.cellWidth - scroll.x) - seam;
    if (!column.routed) {
      drawPending(ctx, scene, x0, x1 - x0);
      continue;
    }
    for (let site = down.first; site >= 0 && site <= down.last; site++) {
      const cell = scene.paint(column, site);
      if (!cell) continue;
      const y0 = snap((g.tops[site] ?? 0) - scroll.y);
      const y1 = snap((g.tops[site] ?? 0) + g.cellHeight - scroll.y) - rowSeam;
      drawCell(ctx, g, palette, cell, x0, y0, x1 - x0, y1 - y0);
    }
  }
  ctx.globalAlpha = 1;
}

function drawCell(
  ctx: CanvasRenderingContext2D,
  g: Geometry,
  palette: Palette,
  cell: CellPaint,
  x: number,
  y: number,
  w: number,
  h: number,
): void {
  if (cell.hollow) {
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.line;
    ctx.fillRect(x + w * 0.3, y + h / 2 - 0.5, w * 0.4, 1);
    return;
  }
  const half = cell.other ? w / 2 : w;
  ctx.globalAlpha = cell.alpha;
  ctx.fillStyle = cell.fill;
  ctx.fillRect(x, y, half, h);
  if (cell.other) hatch(ctx, cell.other, palette, x + half, y, w - half, h);
  if (cell.outlined) {
    ctx.globalAlpha = 0.5;
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = 1;
    ctx.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
  }
  if (!g.badges) return;
  ctx.globalAlpha = 1;
  if (cell.other) {
    if (w >= 44) {
      letters(ctx, palette, cell, x + half / 2, y + h / 2, 10);
      plate(ctx, palette, cell.other, x + half + (w - half) / 2, y + h / 2);
    }
    return;
  }
  const tall = h >= 24 && w >= 30;
  const strip = tall && cell.strip ? 4 : 0;
  const middle = y + (h - strip) / 2;
  if (tall && cell.value !== undefined) {
    letters(ctx, palette, cell, x + w / 2, middle - 5.5, 11);
    ctx.font = `400 10px ${palette.mono}`;
    ctx.fillStyle = inkOf(cell, palette);
    ctx.fillText(cell.value, x + w / 2, middle + 6.5);
  } else {
    letters(ctx, palette, cell, x + w / 2, middle, h >= 16 ? 11 : 9);
  }
  if (strip && cell.strip) drawStrip(ctx, palette, cell.strip, x, y + h - strip, w, strip);
}

/** A pale cell lies near the ground, where the page's own ink reads better than the colour's. */
const inkOf = (cell: Ink, palette: Palette) => (cell.alpha < 0.62 ? palette.ink : (cell.on ?? palette.ink));

function letters(ctx: CanvasRenderingContext2D, palette: Palette, cell: Ink, x: number, y: number, size: number): void {
  if (cell.badge === undefined) return;
  ctx.font = `650 ${String(size)}px ${palette.text}`;
  ctx.fillStyle = inkOf(cell, palette);
  ctx.fillText(cell.badge, x, y + 0.5);
}

/** Letters on a hatched half need a plate of the ground behind them. */
function plate(ctx: CanvasRenderingContext2D, palette: Palette, ink: Ink, x: number, y: number): void {
  if (ink.badge === undefined) return;
  ctx.font = `650 10px ${palette.text}`;
  const width = ctx.measureText(ink.badge).width + 4;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(x - width / 2, y - 6.5, width, 13);
  ctx.fillStyle = palette.ink;
  ctx.fillText(ink.badge, x, y + 0.5);
}

function hatch(
  ctx: CanvasRenderingContext2D,
  ink: Ink,
  palette: Palette,
  x: number,
  y: number,
  w: number,
  h: number,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(x, y, w, h);
  ctx.strokeStyle = ink.fill;
  ctx.lineWidth = 2;
  ctx.beginPath();
  // Lines hang on the page's own raster, so that the hatching runs through neighbouring cells.
  const step = 4;
  for (let d = Math.floor((x + y) / step) * step; d < x + y + w + h; d += step) {
    ctx.moveTo(d - y, y);
    ctx.lineTo(d - y - h, y + h);
  }
  ctx.stroke();
  ctx.restore();
}

function drawStrip(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  strip: readonly { readonly fill: string; readonly weight: number }[],
  x: number,
  y: number,
  w: number,
  h: number,
): void {
  const sum = strip.reduce((s, part) => s + Math.abs(part.weight), 0);
  if (sum <= 0) return;
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(x, y - 1, w, h + 1);
  let left = x;
  for (const part of strip) {
    const width = (w * Math.abs(part.weight)) / sum;
    ctx.fillStyle = part.fill;
    ctx.fillRect(left, y, Math.max(0, width - 0.5), h);
    left += width;
  }
}

/** A column without a row in the trace: a dotted line, so that it does not read as missing data. */
function drawPending(ctx: CanvasRenderingContext2D, { geometry: g, view, palette }: Scene, x: number, w: number): void {
  ctx.save();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = palette.line;
  ctx.setLineDash([1, 4]);
  ctx.beginPath();
  ctx.moveTo(Math.round(x + w / 2) + 0.5, g.header + 2);
  ctx.lineTo(Math.round(x + w / 2) + 0.5, Math.min(view.height, g.height) - 6);
  ctx.stroke();
  ctx.restore();
}

function drawRegion(ctx: CanvasRenderingContext2D, { geometry: g, scroll, palette }: Scene, region: Region): void {
  const left = (g.lefts[region.columns[0]] ?? 0) - scroll.x;
  const right = (g.lefts[region.columns[1]] ?? 0) + g.cellWidth - scroll.x;
  const top = (g.tops[region.sites[1]] ?? 0) - scroll.y;
  const bottom = (g.tops[region.sites[0]] ?? 0) + g.cellHeight - scroll.y;
  ctx.save();
  ctx.globalAlpha = 1;
  ctx.lineWidth = 2;
  ctx.strokeStyle = palette.surface;
  ctx.strokeRect(left - 1, top - 1, right - left + 1, bottom - top + 1);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = palette.accent;
  if (region.partial) ctx.setLineDash([5, 3]);
  ctx.strokeRect(left - 1, top - 1, right - left + 1, bottom - top + 1);
  ctx.restore();
}

function drawTokenAxis(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { geometry: g, columns, view, palette, scroll, mark } = scene;
  ctx.save();
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, 0, view.width, g.header);
  ctx.beginPath();
  ctx.rect(g.gutter - 2, 0, view.width - g.gutter + 2, g.header);
  ctx.clip();
  const across = visibleRange(g.lefts, g.cellWidth, scroll.x + g.gutter - 80, scroll.x + view.width);
  for (let i = across.first; i >= 0 && i <= across.last; i++) {
    const column = columns[i];
    if (!column) continue;
    const marked = mark?.column === i;
    const middle = (g.lefts[i] ?? 0) + g.cellWidth / 2 - scroll.x;
    ctx.font = `${marked ? '700' : '450'} 11px ${palette.mono}`;
    ctx.fillStyle = column.template && !marked ? palette.soft : palette.ink;
    ctx.textBaseline = 'middle';
    if (g.flatLabels) {
      ctx.textAlign = 'center';
      ctx.fillText(axisLabel(column), middle, g.header - 10);
    } else {
      ctx.save();
      ctx.translate(middle, g.header - 5);
      ctx.rotate((-60 * Math.PI) / 180);
      ctx.textAlign = 'left';
      ctx.fillText(axisLabel(column), 0, 0);
      ctx.restore();
    }
    if (marked) {
      ctx.fillStyle = palette.ink;
      ctx.fillRect((g.lefts[i] ?? 0) - scroll.x, g.header - 2, g.cellWidth - 1, 2);
    }
  }
  drawParts(ctx, scene);
  ctx.restore();
}

/** `prompt ─────┤ answer ──` above the tokens, its words kept in view. */
function drawParts(ctx: CanvasRenderingContext2D, { geometry: g, columns, palette, scroll, view }: Scene): void {
  const spans: [string, number, number][] = [];
  if (g.divider > 0) spans.push(['prompt', 0, g.divider - 1]);
  if (g.divider < columns.length) spans.push(['answer', g.divider, columns.length - 1]);
  for (const [name, from, to] of spans) {
    const left = (g.lefts[from] ?? 0) - scroll.x;
    const right = (g.lefts[to] ?? 0) + g.cellWidth - scroll.x - 1;
    const shown = Math.max(left, g.gutter);
    if (right < g.gutter || left > view.width) continue;
    ctx.fillStyle = palette.surface;
    ctx.fillRect(left - 3, 0, Math.max(right - left, 50) + 6, PART_STRIP - 1);
    ctx.font = `600 11px ${palette.text}`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = palette.ink;
    ctx.fillText(name, shown, 7);
    const after = shown + ctx.measureText(name).width + 6;
    if (after < right) {
      ctx.fillStyle = palette.line;
      ctx.fillRect(after, 7, right - after, 1);
    }
  }
}

function drawLayerAxis(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { geometry: g, sites, view, palette, scroll, mark } = scene;
  ctx.save();
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, g.header, g.gutter - 1, view.height - g.header);
  ctx.beginPath();
  ctx.rect(0, g.header, g.gutter, view.height - g.header);
  ctx.clip();
  const every = g.layerHeight >= 12 ? 1 : 5;
  ctx.textBaseline = 'middle';
  const markedLayer = mark ? sites[mark.site]?.layer : undefined;
  sites.forEach((site, i) => {
    const first = sites[i - 1]?.layer !== site.layer;
    const marked = markedLayer === site.layer;
    const top = (g.tops[i] ?? 0) - scroll.y;
    if (g.rowNames) {
      ctx.textAlign = 'right';
      ctx.font = `${mark?.site === i ? '700' : '400'} 11px ${palette.text}`;
      ctx.fillStyle = mark?.site === i ? palette.ink : palette.soft;
      ctx.fillText(site.input === 'attn' ? 'attn' : 'ffn', g.gutter - 6, top + g.cellHeight / 2);
    }
    if (!first) return;
    if (site.layer % every !== 0 && !marked) return;
    // While the marked layer's label stands, its unmarked neighbours give way.
    if (every > 1 && !marked && markedLayer !== undefined && Math.abs(markedLayer - site.layer) < 2) return;
    const last = sites.findLastIndex((s) => s.layer === site.layer);
    const middle = ((g.tops[last] ?? 0) + (g.tops[i] ?? 0) + g.cellHeight) / 2 - scroll.y;
    ctx.textAlign = 'right';
    ctx.font = `${marked ? '700' : '450'} 11px ${palette.mono}`;
    ctx.fillStyle = marked ? palette.ink : palette.soft;
    ctx.fillText(`L${String(site.layer)}`, g.rowNames ? g.gutter - 36 : g.gutter - 8, middle);
  });
  if (mark && !g.rowNames) {
    ctx.fillStyle = palette.ink;
    ctx.fillRect(g.gutter - 4, (g.tops[mark.site] ?? 0) - scroll.y, 3, Math.max(2, g.cellHeight - 1));
  }
  ctx.restore();
}
