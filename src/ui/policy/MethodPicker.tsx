import { ChevronDown } from 'lucide-react';
import { Button, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import type { LibraryInfo } from '../../core/library.ts';
import type { Preset } from '../../core/routing/policy.ts';
import { SCORES } from '../../core/routing/scores/registry.ts';
import controls from '../controls/controls.module.css';
import css from './policy.module.css';

export interface MethodPickerProps {
  readonly methods: readonly Preset[];
  readonly value: string;
  readonly library: LibraryInfo | null;
  readonly onChange: (method: string) => void;
  readonly label: string;
}

/** What a method needs and the package lacks, in words; undefined when it can run. */
export function lacks(preset: Preset, library: LibraryInfo | null): string | undefined {
  if (library === null) return undefined;
  const missing = (SCORES.get(preset.policy.score.id)?.needs ?? []).filter((need) => !library.has.includes(need));
  return missing.length === 0 ? undefined : `This model package has no ${missing.join(', no ').replaceAll('-', ' ')}.`;
}

/** Published methods, each with its one-sentence summary and source. */
export function MethodPicker({ methods, value, library, onChange, label }: MethodPickerProps) {
  const current = methods.find((m) => m.id === value);
  return (
    <Select
      className={css.method ?? ''}
      aria-label={label}
      value={value}
      onChange={(key) => {
        if (typeof key === 'string') onChange(key);
      }}
    >
      <Button className={css.methodButton ?? ''}>
        <SelectValue>{() => current?.label ?? value}</SelectValue>
        <ChevronDown size={16} aria-hidden />
      </Button>
      <Popover className={controls.popover ?? ''} offset={4}>
        <ListBox className={css.list ?? ''}>
          {methods.map((method) => {
            const missing = lacks(method, library);
            return (
              <ListBoxItem
                key={method.id}
                id={method.id}
                textValue={method.label}
                className={css.option ?? ''}
                isDisabled={missing !== undefined}
              >
                <span className={css.optionName}>{method.label}</span>
                <span className={css.optionText}>{missing ?? method.summary}</span>
              </ListBoxItem>
            );
          })}
        </ListBox>
      </Popover>
    </Select>
  );
}
