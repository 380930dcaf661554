/** Fifty runs and edits in a row: nothing may pile up. */
import { expect, test, type Page } from '@playwright/test';
import { answer, live, PATIENCE, policy, settled } from './support.ts';

/** JavaScript heaps, buffers and WebAssembly memory of the page and its worker, in bytes, after a collection. */
async function memory(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  return page.evaluate(async () => {
    const { measureUserAgentSpecificMemory } = performance as Performance & {
      measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }>;
    };
    if (measureUserAgentSpecificMemory === undefined) throw new Error('this page is not isolated');
    return (await measureUserAgentSpecificMemory.call(performance)).bytes;
  });
}

test('memory after fifty runs and edits is that after ten, within 5 %', async ({ page }) => {
  test.setTimeout(900_000);
  await page.goto('./');
  await live(page);
  await expect(page.getByRole('button', { name: /parity/ })).toBeVisible(PATIENCE);
  const mute = page.getByRole('button', { name: /^Mute / });
  let after10 = 0;
  for (let run = 1; run <= 50; run++) {
    if (run % 2 === 1) await page.getByRole('button', { name: 'Run', exact: true }).click();
    else await mute.nth(run % 5).click();
    await settled(page);
    if (run === 10) after10 = await memory(page);
  }
  const after50 = await memory(page);
  test.info().annotations.push({ type: 'memory', description: `${String(after10)} → ${String(after50)} bytes` });
  console.log(`memory after 10 runs ${(after10 / 1e6).toFixed(1)} MB, after 50 ${(after50 / 1e6).toFixed(1)} MB`);
  await expect(answer(page)).toBeVisible();
  await expect(policy(page)).toBeVisible();
  expect(after50).toBeLessThan(after10 * 1.05);
});
