/** What computes is chosen by measurement on this device, says why, and gives way to the user's word. */
import { expect } from '@playwright/test';
import { answer, ask, live, PATIENCE, settled, test } from './support.ts';

test('all backends measured on this device: figures, a reason, kept over a reload', async ({ page }) => {
  await page.goto('./');
  await live(page);
  await ask(page, 'Name an animal.');
  await settled(page);
  const before = await answer(page).getByRole('paragraph').first().innerText();

  const model = page.getByRole('button', { name: /(SIMD|WASM) · \d+ thread.*✓ parity/ });
  await model.click(PATIENCE);
  const menu = page.getByRole('dialog', { name: 'Model and computation' });
  await expect(menu.getByRole('radio', { name: /^Automatic/ })).toBeChecked();
  await menu.getByRole('button', { name: 'Measure all on this device' }).click();
  await expect(menu.getByText('Measuring ONNX WASM …')).toBeVisible(PATIENCE);
  await expect(menu.getByText(/Here \d+\.\d ms a token/)).toHaveCount(2, { timeout: 180_000 });
  await expect(menu.getByText(/^The fastest measured on this device: .* ms a token, .* ms a token\./)).toBeVisible();
  await page.keyboard.press('Escape');
  expect(await answer(page).getByRole('paragraph').first().innerText()).toBe(before);

  await page.reload();
  await model.click(PATIENCE);
  await expect(menu.getByText(/Here \d+\.\d ms a token/)).toHaveCount(2);

  // The user's word counts more than the figures.
  await menu.getByRole('radio', { name: 'Processor (ONNX Runtime, WASM)' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^ONNX WASM/ })).toBeVisible(PATIENCE);
  await ask(page, 'Name a plant.');
  await settled(page);
});
