/** How this folder's views print shares and their differences: in points of 100, with a true minus. */
import type { Interval } from '../../core/stats/index.ts';
import { numberText } from '../shared/format.ts';

export const points = (share: number): string => numberText(100 * share, 1);

/** `75.0 [68.6, 80.5]` */
export const withInterval = ({ estimate, lower, upper }: Interval): string =>
  `${points(estimate)} [${points(lower)}, ${points(upper)}]`;

/** The same of a difference, with its sign. */
export const difference = (interval: Interval): string =>
  `${interval.estimate > 0 ? '+' : ''}${withInterval(interval)}`;

export const VERDICT = { better: '▲ better', worse: '▼ worse' } as const;
