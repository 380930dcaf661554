import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { LibraryInfo } from '../../core/library.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { RouteMap } from '../shared/routes/RouteMap.tsx';
import type { Cell, HeatMode, RunView } from '../shared/types.ts';
import css from './HeatMap.module.css';

export interface HeatMapProps {
  readonly library: LibraryInfo;
  /** Null before the first run: the empty state is shown. */
  readonly run: RunView | null;
  /** With another run the map shows where that one differs. */
  readonly difference?: RunView | undefined;
  readonly mode: HeatMode;
  readonly onMode: (mode: HeatMode) => void;
  readonly selected: Cell | null;
  readonly onSelect: (cell: Cell | null) => void;
  /** Whether the template's tokens are shown. */
  readonly template: boolean;
  readonly onTemplate: (shown: boolean) => void;
  /** Edits whose reach is outlined. */
  readonly edits?: readonly Edit[] | undefined;
  /** Id of an expert whose cells stand out. */
  readonly highlight?: string | null | undefined;
  /** Why the picture no longer matches the settings, e.g. `Settings changed since this run`. */
  readonly stale?: string | undefined;
}

const MODES: readonly { readonly id: HeatMode; readonly label: string; readonly help: string }[] = [
  {
    id: 'top',
    label: 'Top expert',
    help: 'Which expert has the largest weight; the stronger the colour, the larger the weight',
  },
  { id: 'weight', label: 'Weight', help: 'Weight of the top expert, 0 to 1' },
  { id: 'entropy', label: 'Entropy', help: 'How evenly the weights are spread, in bits' },
  { id: 'margin', label: 'Margin', help: 'First weight less second: how clear the choice is' },
];

/** Tokens from left to right, sites from bottom to top: which experts each token took. */
export function HeatMap({ run, mode, onMode, ...rest }: HeatMapProps) {
  if (!run || run.prompt.tokens.length === 0) {
    return <p className={css.empty}>No run yet. Type a prompt and run it to see which experts each token takes.</p>;
  }
  const modes = (
    <ToggleButtonGroup
      className={css.modes ?? ''}
      aria-label="What the cells show"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[mode]}
      onSelectionChange={(keys) => {
        const next = MODES.find((m) => keys.has(m.id));
        if (next) onMode(next.id);
      }}
    >
      {MODES.map((m) => (
        <ToggleButton key={m.id} id={m.id} className={css.mode ?? ''} aria-description={m.help}>
          {m.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
  return (
    <section className={css.view} aria-label="Heat map of routes">
      <RouteMap {...rest} run={run} mode={mode} tools={rest.difference ? undefined : modes} />
    </section>
  );
}
