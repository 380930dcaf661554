import { useState } from 'react';
import { Button, Slider, SliderOutput, SliderThumb, SliderTrack, Label } from 'react-aria-components';
import type { ExpertColour } from '../../core/colour.ts';
import { reachScope, type SiteReach, type TokenReach } from '../../core/derive/scope.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { Badge } from '../../ui/marks/Badge.tsx';
import type { Cell } from '../shared/types.ts';
import css from './Actions.module.css';
import type { InspectorProps } from './Inspector.tsx';

export interface ActionsProps extends InspectorProps {
  readonly cell: Cell;
  readonly unit: number;
  readonly onPick: (unit: number) => void;
  readonly colours: readonly ExpertColour[];
  readonly promptTokens: number;
}

const OVER: readonly (readonly [SiteReach, string])[] = [
  ['site', 'at this site'],
  ['layer', 'in this layer'],
  ['onward', 'from this layer on'],
  ['all', 'at every site'],
];

/** Mute, force or bias an expert, from this cell on as far as the user says. */
export function Actions({ library, cell, unit, onPick, colours, promptTokens, onEdit, locked }: ActionsProps) {
  const [over, setOver] = useState<SiteReach>('onward');
  const [during, setDuring] = useState<TokenReach>('all');
  const [amount, setAmount] = useState(2);
  const expert = library.experts[unit];
  if (!onEdit || !expert) {
    return locked === undefined ? null : <p className={css.locked}>{locked}</p>;
  }
  const moments: readonly (readonly [TokenReach, string])[] = [
    ['token', 'for this token'],
    ['onward', 'from this token on'],
    ['answer', cell.token < promptTokens ? 'for the whole answer' : 'for the rest of the answer'],
    ['all', 'for all tokens'],
  ];
  const apply = (change: { kind: 'mute' } | { kind: 'force' } | { kind: 'bias'; amount: number }) => {
    const edit: Edit = { ...reachScope(cell, over, during, library.sites), experts: [expert.id], ...change };
    onEdit(edit);
  };
  return (
    <div className={css.actions}>
      <h4>Change it</h4>
      <div className={css.pickers}>
        <Badge expert={expert} colour={colours[unit]} decorative />
        <Picker
          label="Expert"
          value={String(unit)}
          options={library.experts.map((e, i) => [String(i), e.label] as const)}
          onChange={(v) => {
            onPick(Number(v));
          }}
        />
        <Picker label="Sites" value={over} options={OVER} onChange={setOver} />
        <Picker label="Tokens" value={during} options={moments} onChange={setDuring} />
      </div>
      <div className={css.buttons}>
        <Button
          className={css.button ?? ''}
          onPress={() => {
            apply({ kind: 'mute' });
          }}
        >
          Mute
        </Button>
        <Button
          className={css.button ?? ''}
          onPress={() => {
            apply({ kind: 'force' });
          }}
        >
          Force
        </Button>
        <Button
          className={css.button ?? ''}
          onPress={() => {
            apply({ kind: 'bias', amount });
          }}
        >
          Add bias
        </Button>
        <Slider
          className={css.slider ?? ''}
          minValue={-8}
          maxValue={8}
          step={0.5}
          value={amount}
          onChange={(v) => {
            setAmount(v);
          }}
        >
          <Label className={css.sliderLabel ?? ''}>Bias</Label>
          <SliderTrack className={css.track ?? ''}>
            <SliderThumb className={css.thumb ?? ''} />
          </SliderTrack>
          <SliderOutput className={css.output ?? ''}>
            {() => `${amount > 0 ? '+' : ''}${amount.toFixed(1).replace('-', '−')}`}
          </SliderOutput>
        </Slider>
      </div>
    </div>
  );
}

interface PickerProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

/** The platform's own select: it opens as a wheel on phones and needs no script. */
function Picker<T extends string>({ label, value, options, onChange }: PickerProps<T>) {
  return (
    <select
      className={css.picker}
      aria-label={label}
      value={value}
      onChange={(event) => {
        const next = options.find(([v]) => v === event.target.value);
        if (next) onChange(next[0]);
      }}
    >
      {options.map(([v, text]) => (
        <option key={v} value={v}>
          {text}
        </option>
      ))}
    </select>
  );
}
