/** What the journeys share: how to find the parts of the page, and a watch on what leaves it. */
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import type { BackendId } from '../src/protocol/engine.ts';

/** What the page remembers of a user who chose this backend. */
export async function prefer(context: BrowserContext, backend: BackendId): Promise<void> {
  await context.addInitScript((id) => {
    try {
      window.localStorage.setItem('switchyard.preferences', JSON.stringify({ choice: id }));
    } catch {
      // A test may deny storage: the page then takes its default.
    }
  }, backend);
}

/** The same journeys for each project's backend; without one the page chooses itself. */
export const test = base.extend<{ backend: BackendId | undefined }>({
  backend: [undefined, { option: true }],
  context: async ({ context, backend }, provide) => {
    if (backend !== undefined) await prefer(context, backend);
    await provide(context);
  },
});

/** A journey that says the same whatever computes: it is taken on the default backend alone. */
export const ANY_BACKEND = { tag: '@any-backend' };

/** Loading the model and one run may take this long on a slow machine; nothing here is a claim about speed. */
export const PATIENCE = { timeout: 90_000 };

export const answer = (page: Page, letter = 'A'): Locator => page.getByRole('article', { name: `Answer ${letter}` });
export const policy = (page: Page, letter = 'A'): Locator =>
  page.getByRole('region', { name: `Policy ${letter}`, exact: true });
export const heatMap = (page: Page): Locator => page.getByRole('region', { name: 'Heat map of routes' });
export const grid = (page: Page): Locator => heatMap(page).getByRole('application');
export const inspector = (page: Page): Locator => page.getByRole('region', { name: 'Inspector of the selected cell' });

/** The model is loaded and shown in the header. */
export async function live(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: /(SIMD|WASM) · \d+ thread/ })).toBeVisible(PATIENCE);
}

/** Every policy has an answer that was computed here and belongs to the settings. */
export async function settled(page: Page, letters = 'A'): Promise<void> {
  for (const letter of letters) {
    const one = answer(page, letter);
    await expect(one.getByText(/\d ms$/)).toBeVisible(PATIENCE);
    // Its whole text, so that a failure prints how far it came.
    await expect(one).not.toContainText(/computing …|recomputing …|waiting …|has changed/, PATIENCE);
  }
}

export async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

/** The answer's words, without the marks around them. */
export const words = async (page: Page, letter = 'A'): Promise<string> =>
  (await answer(page, letter).getByRole('paragraph').first().innerText()).trim();

/** The answer that is being written has come to more than `length` characters. */
export const written = (page: Page, length: number): Promise<void> =>
  expect
    .poll(async () => {
      const text = await words(page);
      return text.startsWith('No answer yet') ? 0 : text.length;
    }, PATIENCE)
    .toBeGreaterThan(length);

/** CSS pixels by which the page is wider than its window. */
export const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** axe finds nothing serious and nothing scrolls sideways, wide and narrow; the window is wide again afterwards. */
export async function accessible(page: Page, state: string): Promise<void> {
  for (const [width, height] of [
    [390, 844],
    [1440, 900],
  ] as const) {
    await page.setViewportSize({ width, height });
    const where = `${state}, ${String(width)} px`;
    const { violations } = await new AxeBuilder({ page }).analyze();
    const bad = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
    expect(
      bad.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`),
      where,
    ).toEqual([]);
    expect(await sideways(page), where).toBeLessThanOrEqual(0);
  }
}

/** Everything that must not happen on any journey: errors on the page, and requests to another origin. */
export interface Watch {
  readonly errors: string[];
  readonly foreign: string[];
}

export function watch(page: Page, origin: string): Watch {
  const seen: Watch = { errors: [], foreign: [] };
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text());
  });
  page.context().on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.origin !== origin) seen.foreign.push(url.href);
  });
  return seen;
}

/** A journey on which neither may happen. */
export const watchedTest = test.extend<{ watched: undefined }>({
  watched: [
    async ({ page, baseURL }, provide) => {
      const seen = watch(page, new URL(baseURL ?? '').origin);
      await provide(undefined);
      expect(seen.foreign, 'requests that left the origin').toEqual([]);
      expect(seen.errors, 'errors on the page').toEqual([]);
    },
    { auto: true },
  ],
});
