import { useId, type ReactNode } from 'react';
import css from './evaluation.module.css';

interface TableBoxProps {
  readonly label: string;
  /** What the cells are: outside the box, so that it stays in sight when a wide table is moved. */
  readonly told: ReactNode;
  /** The table's sections. */
  readonly children: ReactNode;
}

export function TableBox({ label, told, children }: TableBoxProps) {
  const id = useId();
  return (
    <div>
      <p id={id} className={css.note}>
        {told}
      </p>
      <div className={css.scroll} role="region" aria-label={label} tabIndex={0}>
        <table className={css.table} aria-describedby={id}>
          {children}
        </table>
      </div>
    </div>
  );
}
