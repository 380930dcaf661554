/** The evaluation in the page, in real Chromium with the real model. */
import { expect, type Page } from '@playwright/test';
import { test, live, PATIENCE, watch, type Watch } from './support.ts';

let seen: Watch;

test.beforeEach(({ page, baseURL }) => {
  seen = watch(page, new URL(baseURL ?? '').origin);
});

test.afterEach(() => {
  expect(seen.foreign, 'requests that left the origin').toEqual([]);
  expect(seen.errors, 'errors on the page').toEqual([]);
});

const setup = (page: Page) => page.getByRole('region', { name: 'Evaluate on tasks' });
const run = (page: Page) => page.getByRole('region', { name: 'Progress of the evaluation' });
const results = (page: Page) => page.getByRole('region', { name: 'Results' });

/** Takes these tasks alone. */
async function chooseTasks(page: Page, half: string, labels: readonly string[]): Promise<void> {
  const group = setup(page).getByRole('group').filter({ hasText: half });
  await group.getByText(half).first().click();
  await group.getByRole('button', { name: 'None' }).click();
  for (const label of labels) await group.getByRole('checkbox', { name: label }).check();
  await group.getByText(half).first().click();
}

async function chooseDocuments(page: Page, n: number): Promise<void> {
  await setup(page).getByRole('textbox', { name: 'Documents of each task' }).fill(String(n));
  await page.keyboard.press('Enter');
}

test('two policies on two tasks: differences and verdicts', async ({ page }) => {
  await page.goto('./?evaluate#v1&A=phatgoose&B=none');
  await live(page);
  await chooseTasks(page, 'Held-in tasks', ['Past tense', 'Two-digit addition']);
  await chooseTasks(page, 'Held-out tasks', []);
  await chooseDocuments(page, 10);
  await expect(setup(page).getByText('At most 40 answers.')).toBeVisible();
  await expect(setup(page).getByText(/differences under 70\.0 points/)).toBeVisible();
  await setup(page).getByRole('button', { name: 'Evaluate', exact: true }).click();
  await expect(run(page).getByText('Done.')).toBeVisible(PATIENCE);
  await expect(run(page).getByText('40 of 40 answers')).toBeVisible();
  await expect(
    results(page)
      .getByText(/won, \d+ lost/)
      .first(),
  ).toBeVisible();
});
