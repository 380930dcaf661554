import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import type { ExpertMatrix as Matrix } from '../../core/evaluation/matrix.ts';
import { ExpertMatrix } from './ExpertMatrix.tsx';

const matrix: Matrix = {
  conditions: { package: 'ab', backend: 'simd', seed: 0, beyond: 4 },
  split: 'validation',
  date: '2026-01-31T09:30:00.000Z',
  experts: ['addition', 'rhyme'],
  tasks: [
    {
      ...{ id: 'addition', label: 'Two-digit addition', half: 'held-in', metric: 'exact match', chance: 0 },
      documents: '0123456789abcdef',
      base: { n: 200, right: 80 },
      cells: [
        { n: 200, right: 150, won: 75, lost: 5 },
        { n: 50, right: 0, won: 0, lost: 20 },
      ],
    },
    {
      ...{ id: 'plural', label: 'Plural', half: 'held-out', metric: 'exact match', chance: 0 },
      documents: '0123456789abcdef',
      base: { n: 50, right: 5 },
      cells: [{ n: 50, right: 6, won: 2, lost: 1 }, null],
    },
  ],
};

test('a table with rows, columns and the whole story of each cell', async () => {
  await render(<ExpertMatrix matrix={matrix} />);
  await expect.element(page.getByRole('columnheader', { name: 'rhyme' })).toBeVisible();
  await expect.element(page.getByRole('rowheader', { name: /Plural/ })).toBeVisible();
  const own = page.getByRole('button', { name: /^addition on Two-digit addition/ });
  await expect.element(own).toHaveTextContent('35●');
  await expect
    .element(own)
    .toHaveAccessibleName(/75\.0 \[68\.6, 80\.5\] of 200 .* \+35\.0 .*75 won, 5 lost\): its own task, better/);
  await expect.element(page.getByRole('button', { name: /^rhyme on Two-digit/ })).toHaveAccessibleName(/: harms$/);
  await expect
    .element(page.getByRole('button', { name: /on Plural/ }))
    .toHaveAccessibleName(/cannot be told at this n$/);
  await expect.element(page.getByText('–')).toHaveAccessibleName('rhyme on Plural: not measured');
});

test('shares instead of differences; the keyboard reaches a cell and its intervals are told', async () => {
  await render(<ExpertMatrix matrix={matrix} />);
  await page.getByRole('button', { name: 'share right' }).click();
  await expect.element(page.getByRole('button', { name: /^addition on Two-digit/ })).toHaveTextContent('75●');
  await userEvent.tab();
  await userEvent.tab();
  await expect.element(page.getByRole('status')).toHaveTextContent('addition on Two-digit addition: 75.0 [68.6, 80.5]');
});
