import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import { syntheticLibrary, syntheticRun } from '../../../e2e/gallery/synthetic.ts';
import { cellScores } from '../../core/derive/scores.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { numberText, weightText } from '../shared/format.ts';
import { Inspector, type InspectorProps } from './Inspector.tsx';

const library = syntheticLibrary(10);
const cell = { token: 9, site: 25 };
const score = {
  id: 'glider',
  label: 'GLIDER',
  formula: '⟨LN(u), LN(v)⟩ / √d + c · cos',
  summary: 'Local and global.',
  source: 'x',
};

async function stand(props: Partial<InspectorProps> = {}, edits: readonly Edit[] = []) {
  const run = syntheticRun(library, { policy: { edits } });
  const onEdit = vi.fn<(edit: Edit) => void>();
  const onRemoveEdit = vi.fn<(edit: Edit) => void>();
  await render(
    <Inspector
      library={library}
      run={run}
      selected={cell}
      score={score}
      params={{ c: 3 }}
      onEdit={onEdit}
      onRemoveEdit={onRemoveEdit}
      {...props}
    />,
  );
  const scores = cellScores(run.trace, run.terms, edits, library, run.prompt.tokens.length, cell);
  const first = scores?.rows[0];
  if (!scores || !first) throw new Error('no scores');
  return { run, scores, first, onEdit, onRemoveEdit, expert: library.experts[first.unit] };
}

test('the formula carries this cell’s numbers, local and constant apart', async () => {
  const { first, expert } = await stand();
  const line = page.getByLabelText(`The formula with the numbers of ${expert?.label ?? ''}`).element().textContent;
  expect(line).toContain(numberText(first.raw - first.constant));
  expect(line).toContain(`+ ${numberText(first.constant)} (c · cos(e, e_task))`);
  expect(line).toContain(`= ${numberText(first.raw)}`);
  await expect.element(page.getByText('with c = 3')).toBeVisible();
  const chosen = page.getByRole('list', { name: 'Chosen experts and their weights' });
  await expect.element(chosen.getByText(weightText(first.weight))).toBeVisible();
});

test('mute from this layer on, for all tokens, is the first offer', async () => {
  const { onEdit, expert } = await stand();
  await page.getByRole('button', { name: 'Mute' }).click();
  expect(onEdit).toHaveBeenCalledExactlyOnceWith({ kind: 'mute', experts: [expert?.id], sites: { from: 24 } });
});

test('force another expert here, for the whole answer; bias by the slider', async () => {
  const { onEdit } = await stand();
  await userEvent.selectOptions(page.getByRole('combobox', { name: 'Expert' }), 'Antonym');
  await userEvent.selectOptions(page.getByRole('combobox', { name: 'Sites' }), 'at this site');
  await userEvent.selectOptions(page.getByRole('combobox', { name: 'Tokens' }), 'for the whole answer');
  await page.getByRole('button', { name: 'Force' }).click();
  const scope = { sites: { from: 25, to: 25 }, tokens: { from: 9, part: 'answer' } };
  expect(onEdit).toHaveBeenLastCalledWith({ kind: 'force', experts: ['antonym'], ...scope });
  (page.getByRole('slider', { name: 'Bias' }).element() as HTMLElement).focus();
  await userEvent.keyboard('{ArrowRight}');
  await page.getByRole('button', { name: 'Add bias' }).click();
  expect(onEdit).toHaveBeenLastCalledWith({ kind: 'bias', amount: 2.5, experts: ['antonym'], ...scope });
});

test('arrow keys pick another expert in the list of scores', async () => {
  const { scores } = await stand();
  const radios = page.getByRole('radio');
  (radios.first().element() as HTMLElement).focus();
  await userEvent.keyboard('{ArrowDown}');
  const second = library.experts[scores.rows[1]?.unit ?? -1];
  await expect.element(radios.nth(1)).toHaveAttribute('aria-checked', 'true');
  await expect.element(page.getByRole('combobox', { name: 'Expert' })).toHaveValue(String(scores.rows[1]?.unit));
  await expect.element(page.getByLabelText(`The formula with the numbers of ${second?.label ?? ''}`)).toBeVisible();
});

test('edits that act here are named, with their undo', async () => {
  const mute: Edit = { kind: 'mute', experts: ['boolean-logic'], sites: { from: 20 } };
  const elsewhere: Edit = { kind: 'mute', experts: ['antonym'], sites: { to: 3 } };
  const { onRemoveEdit } = await stand({}, [mute, elsewhere]);
  await page.getByRole('button', { name: 'undo this edit' }).click();
  expect(onRemoveEdit).toHaveBeenCalledExactlyOnceWith(mute);
  expect(page.getByText('Antonym · up to').elements()).toHaveLength(0);
});

test('a recorded run says why nothing can be changed', async () => {
  await stand({ onEdit: undefined, locked: 'This is a recorded run; the model is still loading.' });
  await expect.element(page.getByText('This is a recorded run')).toBeVisible();
  expect(page.getByRole('button', { name: 'Mute' }).elements()).toHaveLength(0);
});

test('the odds of an answer token, and of the first one at the end of the prompt', async () => {
  const { run } = await stand({ selected: { token: 18, site: 3 } });
  await expect.element(page.getByRole('heading', { name: 'Likeliest tokens in this place' })).toBeVisible();
  const list = page.getByRole('list', { name: 'Likeliest tokens with their probability' });
  expect(list.element().children).toHaveLength(10);
  expect(list.element().firstElementChild?.textContent).toContain('chosen');
  expect(run.answer.tokens[0]?.id).toBe(run.answer.tokens[0]?.top[0]?.id);
});
