import type { ReactElement, ReactNode } from 'react';
import { Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import css from './controls.module.css';

export interface PopupProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly title: string;
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

/** A small dialog beside its button; focus goes in and comes back. */
export function Popup({ trigger, title, children }: PopupProps) {
  return (
    <DialogTrigger>
      {trigger}
      <Popover className={css.popover ?? ''} placement="bottom end" offset={6}>
        <Dialog className={css.dialog ?? ''}>
          {({ close }) => (
            <>
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              {typeof children === 'function' ? children(close) : children}
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
