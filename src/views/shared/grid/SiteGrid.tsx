import {
  useEffect,
  useEffectEvent,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
} from 'react';
import type { TokenColumn } from '../../../core/derive/tokens.ts';
import type { Site } from '../../../core/library.ts';
import { cx } from '../../../ui/cx.ts';
import type { Cell } from '../types.ts';
import { useScheme } from '../useScheme.ts';
import { drawScene, type CellPaint, type Palette, type Region } from './draw.ts';
import { cellAt, layOut, zoomLimit, type Geometry } from './geometry.ts';
import { useFollowEnd, useKeepAnchor, useZoomGestures, type Point } from './gestures.ts';
import css from './SiteGrid.module.css';

export interface SiteGridProps {
  /** Names the picture to screen readers. */
  readonly label: string;
  readonly columns: readonly TokenColumn[];
  readonly sites: readonly Site[];
  /** Null where nothing is to be drawn. Keep its identity while nothing changes: a new function repaints. */
  readonly paint: (column: TokenColumn, site: number) => CellPaint | null;
  readonly regions?: readonly Region[];
  readonly selected: Cell | null;
  readonly onSelect: (cell: Cell | null) => void;
  /** One line about a cell, read out on selection. */
  readonly describe: (cell: Cell) => string;
  readonly tip: (cell: Cell) => ReactNode;
  readonly zoom: number;
  readonly onZoom: (zoom: number) => void;
  /** Why what is shown no longer matches the settings; shown over the dimmed picture. */
  readonly stale?: string | undefined;
}

const ORIGIN: Point = { x: 0, y: 0 };

function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    surface: value('--surface'),
    ink: value('--ink'),
    soft: value('--ink-2'),
    line: value('--line'),
    accent: value('--accent'),
    mono: value('--font-mono') || 'monospace',
    text: value('--font-text') || 'sans-serif',
  };
}

/**
 * The token × site picture that views share: a canvas as large as the view, drawn from the scroll position, axes kept in sight.
 * Selection and hover lie over it as elements. Keys: arrows, Home, End, Page Up and Down, + − 0 for zoom, Escape.
 */
export function SiteGrid(props: SiteGridProps) {
  const { columns, sites, paint, regions, selected, onSelect, describe, tip, zoom, onZoom, stale, label } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState({ width: 0, height: 0 });
  const [scroll, setScroll] = useState(ORIGIN);
  const [hover, setHover] = useState<(Cell & Point) | null>(null);
  const [fonts, setFonts] = useState(0);
  const scheme = useScheme();
  const help = useId();

  const geometry = useMemo(() => layOut(columns, sites, view, zoom), [columns, sites, view, zoom]);
  const limit = zoomLimit(view, sites.length);
  const columnOf = (cell: Cell | null) => (cell ? columns.findIndex((c) => c.position === cell.token) : -1);
  const selectedColumn = columnOf(selected);
  const mark = useMemo(
    () => (selected && selectedColumn >= 0 ? { column: selectedColumn, site: selected.site } : null),
    [selected, selectedColumn],
  );

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => {
      setView({ width: element.clientWidth, height: element.clientHeight });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  // Drawing with a face that is not there yet starts its load but does not come back by itself.
  useEffect(() => {
    const loaded = () => {
      setFonts((n) => n + 1);
    };
    document.fonts.addEventListener('loadingdone', loaded);
    return () => {
      document.fonts.removeEventListener('loadingdone', loaded);
    };
  }, []);

  useLayoutEffect(() => {
    const element = canvas.current;
    const ctx = element?.getContext('2d');
    if (!element || !ctx || view.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(view.width * ratio);
    const height = Math.round(view.height * ratio);
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    const palette = readPalette(element);
    drawScene(ctx, ratio, { geometry, columns, sites, paint, regions: regions ?? [], palette, scroll, view, mark });
    // `scheme` and `fonts` are read through computed style and the font cache.
  }, [geometry, columns, sites, paint, regions, scroll, view, mark, scheme, fonts]);

  const keepAnchor = useKeepAnchor(scroller, geometry, zoom, mark);
  useFollowEnd(scroller, geometry, columns.length);

  const reveal = useEffectEvent((column: number, site: number) => {
    const element = scroller.current;
    if (element) revealCell(element, geometry, column, site);
  });
  useEffect(() => {
    if (mark) reveal(mark.column, mark.site);
  }, [mark]);

  const zoomTo = (next: number, at?: Point) => {
    if (at) keepAnchor(at);
    onZoom(Math.min(limit, Math.max(1, next)));
  };
  useZoomGestures(scroller, (factor, at) => {
    zoomTo(zoom * factor, at);
  });

  useEffect(() => {
    if (view.height > 0 && zoom > limit) onZoom(limit);
  }, [view, zoom, limit, onZoom]);

  const locate = (event: MouseEvent): (Cell & Point) | null => {
    const box = scroller.current?.getBoundingClientRect();
    if (!box) return null;
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    if (x < geometry.gutter || y < geometry.header) return null;
    const at = cellAt(geometry, x + scroll.x, y + scroll.y);
    const column = at ? columns[at.column] : undefined;
    return at && column ? { token: column.position, site: at.site, x, y } : null;
  };

  const move = (dx: number, dy: number) => {
    if (columns.length === 0) return;
    const from = selectedColumn < 0 ? (dx < 0 ? columns.length : -1) : selectedColumn;
    const start = selected && selectedColumn >= 0 ? selected.site : dy < 0 ? sites.length : dy > 0 ? -1 : 0;
    const column = columns[Math.min(columns.length - 1, Math.max(0, from + dx))] ?? columns[0];
    const site = Math.min(sites.length - 1, Math.max(0, start + dy));
    if (column) onSelect({ token: column.position, site });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.round(sites.length / 6));
    const actions: Record<string, (() => void) | undefined> = {
      ArrowLeft: () => {
        move(-1, 0);
      },
      ArrowRight: () => {
        move(1, 0);
      },
      ArrowUp: () => {
        move(0, 1);
      },
      ArrowDown: () => {
        move(0, -1);
      },
      PageUp: () => {
        move(0, page);
      },
      PageDown: () => {
        move(0, -page);
      },
      Home: () => {
        move(-columns.length, 0);
      },
      End: () => {
        move(columns.length, 0);
      },
      '+': () => {
        zoomTo(zoom * 1.5);
      },
      '=': () => {
        zoomTo(zoom * 1.5);
      },
      '-': () => {
        zoomTo(zoom / 1.5);
      },
      '0': () => {
        zoomTo(1);
      },
      Escape: selected
        ? () => {
            onSelect(null);
          }
        : undefined,
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    setHover(null);
    action();
  };

  const box = mark ? cellBox(geometry, scroll, mark.column, mark.site) : null;
  const hoverColumn = columnOf(hover);
  const hoverBox = hover && hoverColumn >= 0 ? cellBox(geometry, scroll, hoverColumn, hover.site) : null;

  return (
    <div className={css.frame}>
      <div
        ref={scroller}
        className={css.scroller}
        role="application"
        aria-roledescription="heat map"
        aria-label={label}
        aria-describedby={help}
        tabIndex={0}
        onScroll={(event) => {
          setScroll({ x: event.currentTarget.scrollLeft, y: event.currentTarget.scrollTop });
          setHover(null);
        }}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const at = locate(event);
          if (at) onSelect({ token: at.token, site: at.site });
        }}
        onPointerMove={(event: PointerEvent) => {
          setHover(event.pointerType === 'touch' ? null : locate(event));
        }}
        onPointerLeave={() => {
          setHover(null);
        }}
      >
        <div className={css.content} style={{ inlineSize: geometry.width, blockSize: geometry.height }}>
          <div className={css.window} style={{ inlineSize: view.width, blockSize: view.height }}>
            <canvas ref={canvas} className={cx(css.canvas, stale !== undefined && css.dimmed)} aria-hidden="true" />
            <div
              className={css.overlay}
              style={{ inset: `${String(geometry.header - 3)}px 0 0 ${String(geometry.gutter - 3)}px` }}
            >
              {hoverBox && <div className={css.hover} data-part="hover" style={shift(hoverBox, geometry)} />}
              {box && <div className={css.selection} data-part="selection" style={shift(box, geometry)} />}
            </div>
          </div>
        </div>
      </div>
      {stale !== undefined && <p className={css.stale}>{stale}</p>}
      {hover && hoverBox && (
        <div
          className={css.tip}
          data-part="tip"
          style={{
            ...(hover.x > view.width / 2
              ? { insetInlineEnd: view.width - hover.x + 14 }
              : { insetInlineStart: hover.x + 14 }),
            ...(hover.y > view.height / 2
              ? { insetBlockEnd: view.height - hover.y + 10 }
              : { insetBlockStart: hover.y + 14 }),
          }}
        >
          {tip(hover)}
        </div>
      )}
      <p id={help} className={css.hidden}>
        Arrow keys move from cell to cell: left and right by token, up and down by site. Page Up and Page Down move by
        five layers, Home and End to the first and last token. Plus and minus zoom, zero shows everything, Escape clears
        the selection.
      </p>
      <p className={css.hidden} aria-live="polite" data-part="live">
        {selected && selectedColumn >= 0 ? describe(selected) : ''}
      </p>
    </div>
  );
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function cellBox(g: Geometry, scroll: Point, column: number, site: number): Box {
  return {
    x: (g.lefts[column] ?? 0) - scroll.x,
    y: (g.tops[site] ?? 0) - scroll.y,
    width: g.cellWidth - 1,
    height: g.cellHeight - (g.cellHeight >= 8 ? 1 : 0),
  };
}

const shift = (box: Box, g: Geometry) => ({
  transform: `translate(${String(box.x - g.gutter + 3)}px, ${String(box.y - g.header + 3)}px)`,
  inlineSize: box.width,
  blockSize: box.height,
});

function revealCell(element: HTMLElement, g: Geometry, column: number, site: number): void {
  const left = g.lefts[column] ?? 0;
  const top = g.tops[site] ?? 0;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
  if (left - g.gutter < scrollLeft) element.scrollLeft = left - g.gutter - 8;
  else if (left + g.cellWidth > scrollLeft + clientWidth) element.scrollLeft = left + g.cellWidth - clientWidth + 8;
  if (top - g.header < scrollTop) element.scrollTop = top - g.header - 8;
  else if (top + g.cellHeight > scrollTop + clientHeight) element.scrollTop = top + g.cellHeight - clientHeight + 8;
}
