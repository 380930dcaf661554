import { RotateCcw } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { IntegerParam, NumberParam, ParamSpec, ParamValue } from '../../core/params.ts';
import { cx } from '../cx.ts';
import css from './controls.module.css';
import { Help } from './Help.tsx';
import { NumberInput } from './NumberInput.tsx';
import { placeOf, valueAt } from './scale.ts';

export interface ParamFieldProps {
  readonly spec: ParamSpec;
  readonly value: ParamValue;
  /** What a reset brings back: the method's own value. */
  readonly base: ParamValue;
  /** Changes of one drag carry the same gesture. */
  readonly onChange: (value: ParamValue, gesture?: string) => void;
}

let drags = 0;

/** The control that a parameter's own description asks for. What differs from the method is marked, with its reset. */
export function ParamField({ spec, value, base, onChange }: ParamFieldProps) {
  const id = useId();
  const [fault, setFault] = useState<string | null>(null);
  const changed = value !== base;
  return (
    <div className={css.field}>
      <span className={css.label}>
        <label htmlFor={id} className={cx(changed && css.changed)}>
          {spec.label}
        </label>
        <Help of={spec.label}>{helpText(spec)}</Help>
      </span>
      <span className={css.value}>
        {changed && (
          <Button
            className={css.reset ?? ''}
            aria-label={`Reset ${spec.label} to ${String(base)}`}
            onPress={() => {
              setFault(null);
              onChange(base);
            }}
          >
            <RotateCcw size={13} aria-hidden />
          </Button>
        )}
        <Control id={id} spec={spec} value={value} onChange={onChange} onFault={setFault} />
      </span>
      {(spec.kind === 'number' || spec.kind === 'integer') && (
        <Range spec={spec} value={Number(value)} changed={changed} onChange={onChange} />
      )}
      {fault !== null && (
        <p className={css.fault} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}

function helpText(spec: ParamSpec): string {
  const range =
    spec.kind === 'number' || spec.kind === 'integer' ? ` From ${String(spec.min)} to ${String(spec.max)}.` : '';
  return `${spec.help}${range}`;
}

interface ControlProps extends Pick<ParamFieldProps, 'spec' | 'value' | 'onChange'> {
  readonly id: string;
  readonly onFault: (fault: string | null) => void;
}

function Control({ id, spec, value, onChange, onFault }: ControlProps) {
  switch (spec.kind) {
    case 'number':
    case 'integer':
      return <NumberInput id={id} spec={spec} value={Number(value)} onChange={onChange} onFault={onFault} />;
    case 'boolean':
      return (
        <input
          id={id}
          className={css.check}
          type="checkbox"
          checked={value === true}
          onChange={(event) => {
            onChange(event.target.checked);
          }}
        />
      );
    case 'choice':
      return (
        <select
          id={id}
          className={css.select}
          value={String(value)}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        >
          {spec.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      );
  }
}

interface RangeProps {
  readonly spec: NumberParam | IntegerParam;
  readonly value: number;
  readonly changed: boolean;
  readonly onChange: (value: number, gesture?: string) => void;
}

const PLACES = 400;

/** The platform's own slider over the places of the scale; its spoken value is the parameter's. */
function Range({ spec, value, changed, onChange }: RangeProps) {
  const gesture = useRef<string | null>(null);
  const begin = () => {
    drags += 1;
    gesture.current = `drag-${String(drags)}`;
  };
  const linear = spec.kind === 'integer' || spec.scale !== 'log';
  const step = spec.kind === 'integer' ? 1 : spec.step;
  return (
    <input
      className={cx(css.range, changed && css.moved)}
      type="range"
      aria-label={spec.label}
      aria-valuetext={String(value)}
      {...(linear
        ? { min: spec.min, max: spec.max, step, value }
        : { min: 0, max: PLACES, step: 1, value: Math.round(placeOf(spec, value) * PLACES) })}
      onPointerDown={begin}
      onKeyDown={(event) => {
        // A held key is one gesture, as a drag is.
        if (!event.repeat) begin();
      }}
      onChange={(event) => {
        const at = Number(event.target.value);
        onChange(linear ? Number(at.toPrecision(12)) : valueAt(spec, at / PLACES), gesture.current ?? undefined);
      }}
    />
  );
}
