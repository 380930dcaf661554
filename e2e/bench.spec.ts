import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';

test('?bench measures this device with the real model, stops, and saves what it has', async ({ page }) => {
  await page.goto('./?bench');
  await expect(page.getByRole('heading', { name: 'How fast is this device?' })).toBeVisible();
  await page.getByRole('button', { name: 'Measure' }).click();
  const row = page.getByRole('row', { name: /^SIMD, no experts/ });
  await expect(row.getByRole('cell')).toHaveCount(9, { timeout: 240_000 });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Measure' })).toBeVisible({ timeout: 60_000 });
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  const saved = JSON.parse(await readFile(await (await saving).path(), 'utf8')) as {
    device: { cores: number };
    rows: { label: string; failed?: string; figures: { measure: string; values: number[] }[] }[];
  };
  expect(saved.device.cores).toBeGreaterThan(0);
  const [first] = saved.rows;
  expect(first?.failed).toBeUndefined();
  expect(first?.figures.map(({ measure }) => measure)).toContain('decode at 1000');
  for (const { values } of first?.figures ?? []) for (const ms of values) expect(ms).toBeGreaterThan(0);
});
