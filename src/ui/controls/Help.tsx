import { CircleHelp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import css from './controls.module.css';

/** A sign that explains what stands before it, on hover and on focus. */
export function Help({ of, children }: { readonly of: string; readonly children: ReactNode }) {
  return (
    <TooltipTrigger delay={200}>
      <Button className={css.help ?? ''} aria-label={`What is ${of}?`}>
        <CircleHelp size={13} aria-hidden />
      </Button>
      <Tooltip className={css.tip ?? ''} offset={4}>
        {children}
      </Tooltip>
    </TooltipTrigger>
  );
}
