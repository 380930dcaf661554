/** One journey on ONNX Runtime's WebGPU. Not part of `npm test`: on a software adapter it takes most of half an hour. */
import { expect } from '@playwright/test';
import { answer, grid, policy, settled, test, words } from './support.ts';

/** A software adapter computes some hundred times slower than the processor that it runs on. */
const LONG = { timeout: 40 * 60_000 };

test.setTimeout(2 * LONG.timeout);

test('WebGPU: tested before it is taken; an answer, its routes, and another policy', async ({ page }) => {
  await page.goto('./#v1&A=phatgoose&prompt.text=Name+an+animal.&sampling.maxTokens=3');
  // It is admitted only if it computes what the reference says.
  await expect(page.getByRole('button', { name: /^WebGPU.*✓ parity/ })).toBeVisible(LONG);
  await expect(answer(page).getByText(/\d ms$/)).toBeVisible(LONG);
  await settled(page);
  expect((await words(page)).length).toBeGreaterThan(0);
  await grid(page).focus();
  await page.keyboard.press('ArrowRight');

  await policy(page).getByRole('slider').first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(answer(page)).toContainText(/recomputing …|computing …/);
  await expect(answer(page)).not.toContainText(/recomputing …|computing …/, LONG);
  await settled(page);
});
