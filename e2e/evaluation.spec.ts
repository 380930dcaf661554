/** The evaluation in the page, in real Chromium with the real model. */
import { truncateSync, writeFileSync } from 'node:fs';
import { expect, type Page, type TestInfo } from '@playwright/test';
import { watchedTest as test, accessible, answer, live, PATIENCE, policy, settled } from './support.ts';

const setup = (page: Page) => page.getByRole('region', { name: 'Evaluate on tasks' });
const run = (page: Page) => page.getByRole('region', { name: 'Progress of the evaluation' });
const results = (page: Page) => page.getByRole('region', { name: 'Results' });
/** A slow machine takes a second for an answer. */
const LONG = { timeout: 240_000 };

/** Takes these tasks of a half alone. */
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

async function evaluate(page: Page): Promise<void> {
  await setup(page).getByRole('button', { name: 'Evaluate', exact: true }).click();
}

const done = (page: Page): Promise<void> => expect(run(page).getByText('Done.')).toBeVisible(LONG);

test('edit a policy, evaluate two tasks, see the difference and its verdict, open a lost document', async ({
  page,
}) => {
  test.setTimeout(600_000);
  await page.goto('./#v1&A=phatgoose');
  await live(page);
  await page.getByRole('button', { name: /Keep as A, change B/ }).click();
  await policy(page, 'B')
    .getByRole('button', { name: /Method of policy B/ })
    .click();
  await page.getByRole('option', { name: /^Base/ }).first().click();
  await page.getByRole('link', { name: 'Evaluate' }).click();
  await expect(policy(page, 'B')).toContainText('Base');
  await chooseTasks(page, 'Held-in tasks', ['Past tense', 'Two-digit addition']);
  await chooseTasks(page, 'Held-out tasks', []);
  await chooseDocuments(page, 10);
  await expect(setup(page).getByText('At most 40 answers.')).toBeVisible();
  await expect(setup(page).getByText(/differences under 70\.0 points/)).toBeVisible();
  await evaluate(page);
  await done(page);
  await expect(run(page).getByText('40 of 40 answers')).toBeVisible();
  await expect(results(page).getByText('▼ worse').first()).toBeVisible();
  await results(page).getByRole('button', { name: 'Two-digit addition' }).click();
  const documents = results(page).getByRole('region', { name: 'Documents of Two-digit addition' });
  await documents.getByRole('button', { name: /^lost/ }).click();
  const lost = documents.getByRole('listitem').first();
  const prompt = await lost.getByRole('paragraph').innerText();
  await lost.getByRole('button', { name: 'Open in the workbench' }).click();
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toHaveValue(prompt);
  await settled(page, 'AB');
  await expect(answer(page, 'A')).not.toContainText(await answer(page, 'B').getByRole('paragraph').first().innerText());
  await page.getByRole('link', { name: 'Evaluate' }).click();
  await expect(run(page).getByText('Done.')).toBeVisible();
});

/** Answers done, and those of them from before, as the page says. */
async function progress(page: Page): Promise<{ done: number; before: number }> {
  const text = (await run(page).getByRole('progressbar').getAttribute('aria-valuetext', { timeout: 60_000 })) ?? '';
  const [, count = '0', before = '0'] = /^(\d+) of \d+ answers(?:, (\d+) of them from before)?/.exec(text) ?? [];
  return { done: Number(count), before: Number(before) };
}

const KILLS = 10;

test('killed ten times in the middle: nothing is measured twice but the document in hand, and the end is the same', async ({
  page,
  browser,
}) => {
  test.setTimeout(1_500_000);
  const prepare = async (of: Page): Promise<void> => {
    await of.goto('./?evaluate#v1&A=phatgoose&B=none');
    await live(of);
    await chooseTasks(of, 'Held-in tasks', ['Past tense', 'Boolean']);
    await chooseTasks(of, 'Held-out tasks', []);
    await chooseDocuments(of, 20);
    await evaluate(of);
  };
  await prepare(page);
  let last = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await expect.poll(async () => (await progress(page)).done, LONG).toBeGreaterThan(last);
    last = (await progress(page)).done;
    await page.reload();
    await expect(run(page).getByText('Paused. What was measured is kept.')).toBeVisible(LONG);
    const { done: again, before } = await progress(page);
    expect(before).toBe(again);
    expect(before).toBeGreaterThanOrEqual(last);
    last = before;
    await run(page).getByRole('button', { name: 'Go on where it stopped' }).click();
  }
  await done(page);
  const table = await results(page).getByRole('table').first().innerText();
  const context = await browser.newContext();
  const other = await context.newPage();
  await prepare(other);
  await done(other);
  expect(await results(other).getByRole('table').first().innerText()).toBe(table);
  await context.close();
});

test('looks at held-out test are counted, a policy is sealed before them', async ({ page }) => {
  await page.goto('./?evaluate#v1&A=none');
  await live(page);
  await chooseTasks(page, 'Held-in tasks', []);
  await chooseTasks(page, 'Held-out tasks', ['Synonym']);
  await chooseDocuments(page, 2);
  await setup(page).getByRole('radio', { name: /^Test/ }).check();
  const looks = page.getByRole('region', { name: 'Looks at held-out test' });
  await expect(looks).toContainText('has not been looked at');
  await looks.getByRole('button', { name: 'Seal A' }).click();
  await expect(looks).toContainText('before its look');
  await evaluate(page);
  await done(page);
  await expect(looks).toContainText('looked at once');
  await expect(results(page)).toContainText(/A was sealed \([0-9a-f]{16}\)/);
  await page.reload();
  await expect(page.getByRole('region', { name: 'Looks at held-out test' })).toContainText('looked at once', PATIENCE);
});

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
const MIXED = [
  'prompt,options,gold',
  'מה בירת צרפת?,פריז|לונדון,פריז',
  'Which is a fruit? 🍎,🍎|🔨,🍎',
  'twice,yes|yes,yes',
  'elsewhere,yes|no,maybe',
].join('\n');

/** A file just past the bound, without its bytes in this process. */
function large(info: TestInfo): string {
  const path = info.outputPath('large.jsonl');
  writeFileSync(path, '{"prompt": "p", "answer": "a"}\n');
  truncateSync(path, 100_000_001);
  return path;
}

test('own tasks: bad files and rows are named, good rows stay, are evaluated, and are there after a reload', async ({
  page,
}, info) => {
  await page.goto('./?evaluate#v1&A=none');
  await live(page);
  const own = page.getByRole('region', { name: 'Own tasks' });
  const input = own.locator('input[type=file]');
  await input.setInputFiles([
    { name: 'empty.csv', mimeType: 'text/csv', buffer: utf8('') },
    { name: 'binary.jsonl', mimeType: 'text/plain', buffer: Buffer.from([0x7b, 0, 1, 2, 255]) },
    { name: 'columns.csv', mimeType: 'text/csv', buffer: utf8('question,reply\nq,r\n') },
    { name: 'mixed.csv', mimeType: 'text/csv', buffer: utf8(MIXED) },
  ]);
  await input.setInputFiles(large(info));
  const faults = own.getByRole('alert', { name: 'Files that could not be used' });
  for (const fault of [
    /empty\.csv is not taken.*empty/s,
    /binary\.jsonl is not taken.*no text file/s,
    /columns\.csv is not taken.*no column prompt/s,
    /large\.jsonl is not taken.*100000000 bytes/s,
  ])
    await expect(faults).toContainText(fault, PATIENCE);
  await expect(own).toContainText('2 documents');
  await own.getByText('2 rows are left out').click();
  await expect(own).toContainText(/Row 4, options:.*twice/);
  await expect(own).toContainText(/Row 5, gold:.*not among/);
  await chooseTasks(page, 'Held-in tasks', []);
  await chooseTasks(page, 'Held-out tasks', []);
  await own.getByRole('combobox', { name: 'Half of mixed.csv' }).selectOption('held-in');
  await evaluate(page);
  await done(page);
  await expect(run(page).getByText('2 of 2 answers')).toBeVisible();
  await results(page).getByRole('button', { name: 'mixed.csv' }).click();
  await expect(results(page)).toContainText(/🍎|פריז/);
  const saved = page.waitForEvent('download');
  await own.getByRole('button', { name: 'Save mixed.csv as JSONL' }).click();
  expect((await saved).suggestedFilename()).toBe('own-mixed.jsonl');
  await page.reload();
  await expect(own.getByRole('combobox', { name: 'Half of mixed.csv' })).toHaveValue('held-in', PATIENCE);
  await own.getByRole('button', { name: 'Remove mixed.csv' }).click();
  await expect(own.getByText('mixed.csv')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious, and nothing scrolls sideways at 390 px, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto('./?evaluate#v1&A=phatgoose&B=none');
    await live(page);
    await chooseTasks(page, 'Held-in tasks', ['Past tense']);
    await chooseTasks(page, 'Held-out tasks', []);
    await chooseDocuments(page, 3);
    await evaluate(page);
    await done(page);
    await results(page).getByRole('button', { name: 'Past tense' }).click();
    await accessible(page, 'results, a task open');
  });
}
