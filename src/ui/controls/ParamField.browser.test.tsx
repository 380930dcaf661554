import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-react';
import { userEvent } from 'vitest/browser';
import { boolean, choice, integer, number, type ParamSpec, type ParamValue } from '../../core/params.ts';
import { ParamField } from './ParamField.tsx';

const help = 'What it does.';
const k = integer({ label: 'k', help, default: 2, min: 1, max: 16 });
const c = number({ label: 'c', help, default: 3, min: 0, max: 1000, step: 0.1, scale: 'log' });

/** A field that keeps its value as the page would; `heard` gets every change. */
function Field({
  spec,
  heard,
}: {
  readonly spec: ParamSpec;
  readonly heard: (v: ParamValue, gesture?: string) => void;
}) {
  const [value, setValue] = useState<ParamValue>(spec.default);
  return (
    <ParamField
      spec={spec}
      value={value}
      base={spec.default}
      onChange={(next, gesture) => {
        setValue(next);
        heard(next, gesture);
      }}
    />
  );
}

async function show(spec: ParamSpec) {
  const heard = vi.fn();
  const screen = await render(<Field spec={spec} heard={heard} />);
  return { heard, screen };
}

test('the slider moves by keys, each press a gesture of its own; a change is marked and can be taken back', async () => {
  const { heard, screen } = await show(k);
  expect(screen.getByRole('button', { name: /Reset/ }).query()).toBeNull();
  screen.getByRole('slider', { name: 'k' }).element().focus();
  await userEvent.keyboard('{ArrowRight}{ArrowRight}');
  expect(heard.mock.calls.map(([v]) => v as number)).toEqual([3, 4]);
  expect(heard.mock.calls[0]?.[1]).not.toBe(heard.mock.calls[1]?.[1]);
  await screen.getByRole('button', { name: 'Reset k to 2' }).click();
  expect(heard.mock.lastCall?.[0]).toBe(2);
  await expect.element(screen.getByRole('slider', { name: 'k' })).toHaveValue('2');
});

test('a logarithmic slider speaks the value, not its place', async () => {
  const { screen } = await show(c);
  await expect.element(screen.getByRole('slider', { name: 'c' })).toHaveAttribute('aria-valuetext', '3');
});

test('a typed number counts on Enter, with a decimal comma too; one that does not fit is refused with the reason', async () => {
  const { heard, screen } = await show(c);
  const field = screen.getByRole('textbox', { name: 'c' });
  await field.fill('12,5');
  await userEvent.keyboard('{Enter}');
  expect(heard.mock.lastCall?.[0]).toBe(12.5);
  await field.fill('5000');
  await userEvent.keyboard('{Enter}');
  await expect.element(screen.getByRole('alert')).toHaveTextContent('from 0 to 1000');
  await expect.element(field).toHaveAttribute('aria-invalid', 'true');
  expect(heard).toHaveBeenCalledTimes(1);
  await userEvent.keyboard('{Escape}');
  await expect.element(field).toHaveValue('12.5');
  expect(screen.getByRole('alert').query()).toBeNull();
});

test('a choice and a switch are drawn from their descriptions', async () => {
  const by = choice({
    label: 'By',
    help,
    default: 'examples',
    options: [
      { value: 'examples', label: 'Examples' },
      { value: 'instruction', label: 'Instruction' },
    ],
  });
  const first = await show(by);
  await first.screen.getByRole('combobox', { name: 'By' }).selectOptions('instruction');
  expect(first.heard.mock.lastCall?.[0]).toBe('instruction');
  const second = await show(boolean({ label: 'Renormalise', help, default: true }));
  await second.screen.getByRole('checkbox', { name: 'Renormalise' }).click();
  expect(second.heard.mock.lastCall?.[0]).toBe(false);
});

test('what a parameter means is told on focus', async () => {
  const { screen } = await show(k);
  screen.getByRole('button', { name: 'What is k?' }).element().focus();
  await userEvent.keyboard('{Tab}{Shift>}{Tab}{/Shift}');
  await expect.element(screen.getByRole('tooltip')).toHaveTextContent('What it does. From 1 to 16.');
});
