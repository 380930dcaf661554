/** Runs and edits one after the other leave no memory behind: heap and WebAssembly, the worker's included. */
import { expect, type Page } from '@playwright/test';
import { ask, live, PATIENCE, settled, test } from './support.ts';

interface Measuring extends Performance {
  readonly measureUserAgentSpecificMemory: () => Promise<{ readonly bytes: number }>;
}

const megabytes = async (page: Page): Promise<number> =>
  (await page.evaluate(() => (performance as Measuring).measureUserAgentSpecificMemory())).bytes / 1e6;

const WARM = 10;
const ROUNDS = 50;

test('after the tenth of 50 runs and edits, memory stays within 5 %', async ({ page }) => {
  // Chromium takes about a minute for each measurement of an idle page.
  test.setTimeout(600_000);
  await page.goto('./#v1&A=phatgoose');
  await live(page);
  // The measurement waits for the worker, which the self-test keeps busy.
  await expect(page.getByRole('button', { name: /✓ parity/ })).toBeVisible(PATIENCE);
  await ask(page, 'What is 17 plus 25?');
  await settled(page);
  let early = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    // Prompts of several lengths, and edits that are made, then taken back.
    if (round % 5 === 0) await ask(page, `What is ${String(round)} plus ${'1'.repeat(1 + (round % 20))}?`);
    else
      await page
        .getByRole('button', { name: /^Mute / })
        .nth(round % 3)
        .click();
    await settled(page);
    if (round === WARM) early = await megabytes(page);
  }
  const late = await megabytes(page);
  console.log(
    `memory: ${early.toFixed(1)} MB after ${String(WARM)} runs, ${late.toFixed(1)} MB after ${String(ROUNDS)}`,
  );
  expect(early).toBeGreaterThan(0);
  expect(late).toBeLessThan(early * 1.05);
});
