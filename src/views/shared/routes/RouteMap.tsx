import { Minus, Plus, Scan } from 'lucide-react';
import { useCallback, useMemo, useState, type ReactNode } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import { expertColours } from '../../../core/colour.ts';
import { scopeExtent } from '../../../core/derive/scope.ts';
import { tokenColumns, type TokenColumn } from '../../../core/derive/tokens.ts';
import type { LibraryInfo } from '../../../core/library.ts';
import type { Edit } from '../../../core/routing/policy.ts';
import type { Region } from '../grid/draw.ts';
import { SiteGrid } from '../grid/SiteGrid.tsx';
import type { Cell, HeatMode, RunView } from '../types.ts';
import { useScheme } from '../useScheme.ts';
import { describeCell } from './describe.ts';
import { Legend } from './Legend.tsx';
import { paintCell, scaleOf } from './paint.ts';
import css from './RouteMap.module.css';
import { Tip } from './Tip.tsx';

export interface RouteMapProps {
  readonly library: LibraryInfo;
  readonly run: RunView;
  /** With another run the map shows where that one differs. */
  readonly difference?: RunView | undefined;
  readonly mode: HeatMode;
  readonly selected: Cell | null;
  readonly onSelect: (cell: Cell | null) => void;
  readonly template: boolean;
  readonly onTemplate: (shown: boolean) => void;
  /** Edits whose reach is outlined. */
  readonly edits?: readonly Edit[] | undefined;
  /** Id of an expert whose cells stand out. */
  readonly highlight?: string | null | undefined;
  readonly stale?: string | undefined;
  /** Controls in front of the common ones. */
  readonly tools?: ReactNode;
}

/** The token × site picture of one run (or of what parts two), with its tools and its legend. */
export function RouteMap(props: RouteMapProps) {
  const { library, run, difference, mode, selected, onSelect, template, onTemplate, edits, stale, tools } = props;
  const highlight = library.experts.findIndex((e) => e.id === props.highlight);
  const [zoom, setZoom] = useState(1);
  const scheme = useScheme();
  const colours = useMemo(() => expertColours(library.experts), [library.experts]);
  const columns = useMemo(
    () => tokenColumns(run.prompt.tokens, run.answer.tokens, run.trace.tokens, template),
    [run, template],
  );
  const paint = useCallback(
    (column: TokenColumn, site: number) =>
      paintCell(
        { trace: run.trace, experts: library.experts, colours, scheme, mode, against: difference?.trace, highlight },
        site,
        column.position,
      ),
    [run, difference, library.experts, colours, scheme, mode, highlight],
  );
  const regions = useMemo(
    () => (edits ? editRegions(edits, library, run, columns) : []),
    [run, edits, library, columns],
  );
  return (
    <div className={css.view}>
      <div className={css.toolbar}>
        {tools}
        <ToggleButton className={css.toggle ?? ''} isSelected={template} onChange={onTemplate}>
          Template tokens
        </ToggleButton>
        <ZoomButtons zoom={zoom} onZoom={setZoom} />
      </div>
      <SiteGrid
        label={`${difference ? 'Differences' : 'Experts'} by token and site: ${String(columns.length)} tokens, ${String(library.sites.length)} sites`}
        columns={columns}
        sites={library.sites}
        paint={paint}
        regions={regions}
        selected={selected}
        onSelect={onSelect}
        describe={(cell) =>
          difference
            ? `A, ${describeCell(library, run, cell)}; B, ${describeCell(library, difference, cell)}`
            : describeCell(library, run, cell)
        }
        tip={(cell) => <Tip library={library} run={run} difference={difference} cell={cell} mode={mode} />}
        zoom={zoom}
        onZoom={setZoom}
        stale={stale}
      />
      <Legend
        library={library}
        trace={run.trace}
        colours={colours}
        scheme={scheme}
        scale={difference ? null : scaleOf(mode, run.trace.slots)}
        difference={difference !== undefined}
        edited={regions.length > 0}
      />
    </div>
  );
}

const STEP = 1.5;
const LIMIT = 12;

function ZoomButtons({ zoom, onZoom }: { readonly zoom: number; readonly onZoom: (zoom: number) => void }) {
  return (
    <div className={css.zoom} role="group" aria-label="Zoom">
      <Button
        className={css.icon ?? ''}
        aria-label="Zoom out"
        isDisabled={zoom <= 1}
        onPress={() => {
          onZoom(Math.max(1, zoom / STEP));
        }}
      >
        <Minus size={16} aria-hidden />
      </Button>
      <Button
        className={css.icon ?? ''}
        aria-label="Show everything"
        isDisabled={zoom <= 1}
        onPress={() => {
          onZoom(1);
        }}
      >
        <Scan size={16} aria-hidden />
      </Button>
      <Button
        className={css.icon ?? ''}
        aria-label="Zoom in"
        isDisabled={zoom >= LIMIT}
        onPress={() => {
          onZoom(Math.min(LIMIT, zoom * STEP));
        }}
      >
        <Plus size={16} aria-hidden />
      </Button>
    </div>
  );
}

/** Outlines of where edits act, in columns and rows on show. */
function editRegions(
  edits: readonly Edit[],
  library: LibraryInfo,
  run: RunView,
  columns: readonly TokenColumn[],
): Region[] {
  const total = run.prompt.tokens.length + run.answer.tokens.length;
  return edits.flatMap((edit) => {
    const extent = scopeExtent(edit, library.sites, run.prompt.tokens.length, total);
    if (!extent) return [];
    const from = columns.findIndex((c) => c.position >= extent.tokens.from);
    const to = columns.findLastIndex((c) => c.position <= extent.tokens.to);
    if (from < 0 || to < from) return [];
    return [
      {
        columns: [from, to] as const,
        sites: [extent.sites.from, extent.sites.to] as const,
        partial: extent.sites.input !== undefined && extent.sites.from !== extent.sites.to,
      },
    ];
  });
}
