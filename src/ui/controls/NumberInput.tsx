import { useState } from 'react';
import { parseParam, type IntegerParam, type NumberParam } from '../../core/params.ts';
import css from './controls.module.css';

export interface NumberInputProps {
  readonly spec: NumberParam | IntegerParam;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly id?: string;
  /** Id of the message below. */
  readonly onFault?: (fault: string | null) => void;
}

/** A number typed freely; it counts when the field is left or Enter is pressed, and only where it fits the parameter. */
export function NumberInput({ spec, value, onChange, id, onFault }: NumberInputProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [bad, setBad] = useState(false);
  const take = () => {
    if (draft === null) return;
    const checked = parseParam(spec, draft.replace('−', '-').replace(',', '.'));
    if (checked.ok) {
      setDraft(null);
      setBad(false);
      onFault?.(null);
      if (checked.value !== value) onChange(checked.value as number);
    } else {
      setBad(true);
      onFault?.(checked.reason);
    }
  };
  return (
    <input
      className={css.number}
      {...(id === undefined ? {} : { id })}
      type="text"
      inputMode={spec.kind === 'integer' ? 'numeric' : 'decimal'}
      aria-label={spec.label}
      aria-invalid={bad}
      autoComplete="off"
      value={draft ?? String(value)}
      onChange={(event) => {
        setDraft(event.target.value);
      }}
      onFocus={(event) => {
        event.target.select();
      }}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
        if (event.key === 'Escape' && draft !== null) {
          event.stopPropagation();
          setDraft(null);
          setBad(false);
          onFault?.(null);
        }
      }}
    />
  );
}
