import type { ReactNode } from 'react';
import { Button as AriaButton, Tooltip, TooltipTrigger, type PressEvent } from 'react-aria-components';
import { cx } from '../cx.ts';
import css from './controls.module.css';

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress?: (event: PressEvent) => void;
  readonly look?: 'plain' | 'primary' | 'quiet';
  readonly size?: 's' | 'm';
  /** The name of a button that shows an icon alone; also its tooltip. */
  readonly name?: string;
  readonly disabled?: boolean;
  readonly className?: string | undefined;
  readonly pressed?: boolean;
}

export function Button({
  children,
  onPress,
  look = 'plain',
  size = 'm',
  name,
  disabled = false,
  ...rest
}: ButtonProps) {
  const button = (
    <AriaButton
      className={cx(
        css.button,
        look === 'primary' && css.primary,
        look === 'quiet' && css.quiet,
        size === 's' && css.small,
        name !== undefined && css.icon,
        rest.className,
      )}
      isDisabled={disabled}
      {...(onPress ? { onPress } : {})}
      {...(name === undefined ? {} : { 'aria-label': name })}
      {...(rest.pressed === undefined ? {} : { 'aria-pressed': rest.pressed })}
    >
      {children}
    </AriaButton>
  );
  if (name === undefined) return button;
  return (
    <TooltipTrigger delay={400}>
      {button}
      <Tooltip className={css.tip ?? ''} offset={6}>
        {name}
      </Tooltip>
    </TooltipTrigger>
  );
}
