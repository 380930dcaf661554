import type { ReactNode } from 'react';
import { cx } from '../cx.ts';
import css from './controls.module.css';

/** A short remark on what it stands beside. */
export const Chip = ({
  children,
  className,
}: {
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) => <span className={cx(css.chip, className)}>{children}</span>;
