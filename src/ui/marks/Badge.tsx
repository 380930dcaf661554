import type { CSSProperties } from 'react';
import { UNKNOWN_COLOUR, type ExpertColour } from '../../core/colour.ts';
import type { ExpertInfo } from '../../core/library.ts';
import { cx } from '../cx.ts';
import css from './Badge.module.css';

/** Custom properties `--expert` and `--on-expert` in both schemes, and `--tint` (0 to 1, as a percentage), for an element's `style`. */
export function expertStyle(colour: ExpertColour = UNKNOWN_COLOUR, tint?: number): CSSProperties {
  return {
    '--expert': `light-dark(${colour.light}, ${colour.dark})`,
    '--on-expert': `light-dark(${colour.onLight}, ${colour.onDark})`,
    ...(tint === undefined ? {} : { '--tint': `${String(Math.round(tint * 100))}%` }),
  } as CSSProperties;
}

export interface BadgeProps {
  /** Absent: a unit that no expert of the library stands for. */
  readonly expert: ExpertInfo | undefined;
  readonly colour: ExpertColour | undefined;
  readonly size?: 's' | 'm';
  /** Weaker, for experts that are muted or were not chosen. */
  readonly quiet?: boolean;
  /** Set where the expert's name stands beside the badge, so that it is not read twice. */
  readonly decorative?: boolean;
}

/** The sign of a line: the expert's colour and its two or three letters. */
export function Badge({ expert, colour, size = 'm', quiet = false, decorative = false }: BadgeProps) {
  const label = expert?.label ?? 'Unknown unit';
  return (
    <span
      className={cx(css.badge, size === 's' && css.small, quiet && css.quiet)}
      style={expertStyle(colour)}
      {...(decorative ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label, title: label })}
    >
      {expert?.badge ?? '?'}
    </span>
  );
}
