import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import { fixtureFacts } from '../../core/evaluation/export/fixture.ts';
import { EvaluationResults } from './EvaluationResults.tsx';
import type { EvaluationSelection } from './types.ts';

const facts = fixtureFacts();
const opened = vi.fn<(task: string, document: string, contestant: string) => void>();

function Stand({ alone = false }: { readonly alone?: boolean }) {
  const [selection, setSelection] = useState<EvaluationSelection>({});
  const { evaluation, tally, summaries, experts } = facts;
  return (
    <EvaluationResults
      evaluation={alone ? { ...evaluation, contestants: evaluation.contestants.slice(0, 1) } : evaluation}
      {...{ tally, summaries, experts, selection }}
      revision={1}
      onSelect={setSelection}
      onOpen={opened}
      notes={['Held-out test: seen twice.']}
    />
  );
}

const table = () => page.getByRole('table').first();
const counts = (): string[] =>
  page
    .getByRole('button', { name: /^(lost|won|both wrong|both right|wrong|right) \d+$/ })
    .elements()
    .map((chip) => chip.textContent);

test('a table by task with shares, differences and verdicts, and the averages of both halves', async () => {
  await render(<Stand />);
  const [row] = facts.tally.rows();
  const cell = row?.cells.get('base');
  const text = `${(100 * (cell?.share.estimate ?? NaN)).toFixed(1)} [`;
  await expect.element(table().getByRole('row', { name: /^Past tense/ })).toHaveTextContent(text);
  await expect
    .element(table().getByRole('row', { name: /^Past tense/ }))
    .toHaveTextContent(/better|worse|cannot be told/);
  await expect.element(table().getByText('Mean of 1 task')).toBeVisible();
  await expect.element(table().getByText('Mean of 2 tasks')).toBeVisible();
  await expect.element(page.getByText('Held-out test: seen twice.')).toBeVisible();
});

test('a point for each policy that has both halves; choosing one chooses what is compared', async () => {
  await render(<Stand />);
  const points = page.getByRole('group', { name: 'Held-in against held-out' }).getByRole('button');
  await expect.element(points.nth(1)).toHaveAccessibleName(/^glider:c=3, GLIDER, c=3: held-in .* held-out /);
  await table().getByRole('button', { name: 'Past tense' }).click();
  (points.nth(2).element() as SVGElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect
    .element(page.getByRole('button', { name: 'oracle against base' }))
    .toHaveAttribute('aria-pressed', 'true');
});

test('a task shows the documents won and lost, each opens under both policies', async () => {
  await render(<Stand />);
  await table().getByRole('button', { name: 'Past tense' }).click();
  const documents = page.getByRole('region', { name: 'Documents of Past tense' });
  await expect.element(documents.getByText('Where did it change? Past tense')).toBeVisible();
  const told = facts.tally.rows()[0]?.differences.get('glider:c=3');
  expect(counts().slice(0, 2)).toEqual([`lost ${String(told?.lost)}`, `won ${String(told?.won)}`]);
  await documents.getByRole('button', { name: /^won/ }).click();
  await documents.getByRole('button', { name: 'Open in the workbench' }).first().click();
  const [task, document, contestant] = opened.mock.lastCall ?? [];
  expect([task, contestant]).toEqual(['past-tense', 'glider:c=3']);
  expect(facts.tally.outcomes('past-tense', 'glider:c=3').find((one) => one.document === document)?.right).toBe(true);
});

test('one policy alone: its wrong and its right documents', async () => {
  await render(<Stand alone />);
  await table().getByRole('button', { name: 'Past tense' }).click();
  const right = facts.tally.outcomes('past-tense', 'base').filter((one) => one.right).length;
  await expect.element(page.getByText('Right and wrong Past tense')).toBeVisible();
  expect(counts()).toEqual([`wrong ${String(12 - right)}`, `right ${String(right)}`]);
});

test('the first policy chosen among several shows its own documents, and another the comparison again', async () => {
  await render(<Stand />);
  await table().getByRole('button', { name: 'Past tense' }).click();
  const points = page.getByRole('group', { name: 'Held-in against held-out' }).getByRole('button');
  // Points may cover each other: by the keyboard each can be had.
  (points.nth(0).element() as SVGElement).focus();
  await userEvent.keyboard('{Enter}');
  await page.getByRole('button', { name: /^right \d/ }).click();
  await page.getByRole('button', { name: 'oracle against base' }).click();
  expect(counts().length).toBe(4);
  await expect
    .element(page.getByRole('button', { name: /^(lost|won|both wrong|both right) \d/, pressed: true }))
    .toBeVisible();
});

test('routes beside results come when they are asked for', async () => {
  await render(<Stand />);
  await expect.element(page.getByRole('region', { name: 'Table of routes' })).not.toBeInTheDocument();
  await page.getByText('Routes beside results').click();
  const routes = page.getByRole('region', { name: 'Table of routes' });
  await expect.element(routes.getByRole('row', { name: /Past tense base/ })).toHaveTextContent(/75\.0 %|75 %/);
  await expect.element(page.getByRole('img', { name: /^Past tense, base: own expert 75/ }).first()).toBeInTheDocument();
});
