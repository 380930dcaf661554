/**
 * The views, in the order of tabs. To add one: a folder here and a line below. Each is memoised, as the shell renders often (a
 * load reports its progress many times a second) and a picture should not.
 */
import { lazy, memo, type ComponentType } from 'react';
import { createRegistry } from '../core/registry.ts';
import { ExpertList } from './experts/ExpertList.tsx';
import { HeatMap } from './heatmap/HeatMap.tsx';
import { Inspector } from './inspector/Inspector.tsx';
import type { ViewProps } from './shared/types.ts';
import { TokenStrip } from './strip/TokenStrip.tsx';

export interface ViewEntry {
  readonly id: string;
  readonly label: string;
  /** Where the shell puts it: the picture in the middle, the panels beside it, or a tab below. */
  readonly place: 'centre' | 'above' | 'left' | 'right' | 'below';
  readonly component: ComponentType<ViewProps>;
}

const Compare = lazy(async () => ({ default: memo((await import('./compare/Compare.tsx')).Compare) }));

export const VIEWS = createRegistry<ViewEntry>('view', [
  { id: 'heatmap', label: 'Heat map', place: 'centre', component: memo(HeatMap) },
  { id: 'strip', label: 'Tokens', place: 'above', component: memo(TokenStrip) },
  { id: 'experts', label: 'Experts', place: 'left', component: memo(ExpertList) },
  { id: 'inspector', label: 'Inspector', place: 'right', component: memo(Inspector) },
  { id: 'compare', label: 'Compare', place: 'below', component: Compare },
]);
