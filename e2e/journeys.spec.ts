/** What people do on the page, in real Chromium with the real model. */
import { expect, type Browser, type Page } from '@playwright/test';
import type { BackendId } from '../src/protocol/engine.ts';
import {
  ANY_BACKEND,
  accessible,
  watchedTest as test,
  answer,
  ask,
  grid,
  inspector,
  live,
  PATIENCE,
  policy,
  prefer,
  settled,
  sideways,
  words,
  written,
} from './support.ts';

/** A prompt of one of the tasks, and a policy whose parameters can be moved. */
const SUM = 'What is 17 plus 25?';

const choose = async (page: Page, letter: string, method: string | RegExp): Promise<void> => {
  await policy(page, letter)
    .getByRole('button', { name: new RegExp(`Method of policy ${letter}`) })
    .click();
  await page.getByRole('option', { name: method }).first().click();
};

test('first visit: a recorded run is there at once, alive to selection; then the model computes the same', async ({
  page,
  backend,
}) => {
  await page.goto('./');
  await expect(answer(page).getByText('recorded run')).toBeVisible();
  const recorded = await words(page);
  expect(recorded.length).toBeGreaterThan(0);
  await grid(page).click({ position: { x: 260, y: 160 } });
  await expect(inspector(page)).toBeVisible();
  await live(page);
  const computing = backend === 'onnx-wasm' ? /^ONNX WASM/ : /^SIMD/;
  await expect(page.getByRole('button', { name: computing })).toBeVisible();
  await expect(page.getByRole('button', { name: /✓ parity/ })).toBeVisible(PATIENCE);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await settled(page);
  expect(await words(page)).toBe(recorded);
});

/** The address that Share makes of what is on screen. */
async function shareLink(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Share' }).click();
  const link = await page.getByRole('textbox', { name: /^Address/ }).inputValue();
  await page.keyboard.press('Escape');
  return link;
}

/** Opens a link as somebody else would: nothing cached, nothing kept. */
async function inFreshProfile(
  browser: Browser,
  backend: BackendId | undefined,
  link: string,
  check: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext();
  if (backend !== undefined) await prefer(context, backend);
  const page = await context.newPage();
  await page.goto(link);
  await live(page);
  await settled(page);
  await check(page);
  await context.close();
}

// What goes on for a while under each: most experts end their answers after a word or two.
const STORY = 'Once upon a time there was a dog who travelled to the sea in a small boat. He';
const NUMBERS = '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,';

for (const [edit, method, prompt] of [
  ['Force', 'none', STORY],
  ['Mute', 'average-activation', NUMBERS],
] as const) {
  test(`${edit} while the answer is written (${method}) takes part in the next token; the link repeats it in a fresh profile`, async ({
    page,
    browser,
    backend,
  }) => {
    await page.goto(`./#v1&A=${method}&prompt.raw=true&sampling.maxTokens=160`);
    await live(page);
    await ask(page, prompt);
    await written(page, 20);
    // By the keyboard: the picture moves as the answer grows, and a click would wait until it rests.
    await grid(page).focus();
    await page.keyboard.press('ArrowRight');
    await inspector(page).getByRole('button', { name: edit }).focus();
    await page.keyboard.press('Enter');
    await expect(policy(page).getByText('Made while the answer was being written')).toBeVisible(PATIENCE);
    await settled(page);
    const [, since] = /edits\.0\.since=(\d+)/.exec(page.url()) ?? [];
    expect(Number(since)).toBeGreaterThan(20);
    const mine = await words(page);
    const link = await shareLink(page);
    await inFreshProfile(browser, backend, link, async (other) => {
      expect(await words(other)).toBe(mine);
      await expect(answer(other).getByText('same answer and routes as the sender’s')).toBeVisible();
    });
    await page.getByRole('button', { name: 'Apply from the start' }).click();
    await settled(page);
    expect(page.url()).not.toContain('since');
    expect(await words(page)).not.toBe(mine);
  });
}

test('a changed slider changes the routes, is marked with its reset, and leaves one entry in the history', async ({
  page,
}) => {
  await page.goto('./#v1&A=glider');
  await live(page);
  await ask(page, SUM);
  await settled(page);
  const before = await page.evaluate(() => history.length);
  const slider = policy(page).getByRole('slider').first();
  const name = (await slider.getAttribute('aria-label')) ?? '';
  const box = await slider.boundingBox();
  if (box === null) throw new Error('the slider is not on the page');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.3, y);
  await page.mouse.down();
  for (const share of [0.4, 0.5, 0.6, 0.7]) await page.mouse.move(box.x + box.width * share, y);
  await page.mouse.up();
  await settled(page);
  const reset = policy(page).getByRole('button', { name: new RegExp(`Reset ${name} to`) });
  await expect(reset).toBeVisible();
  expect((await page.evaluate(() => history.length)) - before).toBeLessThanOrEqual(1);
  await page.goBack();
  await expect(reset).toHaveCount(0);
  await page.goForward();
  await expect(reset).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(reset).toHaveCount(0);
});

test('A against B: where answers and routes part', async ({ page }) => {
  await page.goto('./');
  await live(page);
  await ask(page, SUM);
  await settled(page);
  await page.getByRole('button', { name: /Keep as A, change B/ }).click();
  await choose(page, 'B', /^Base/);
  await settled(page, 'AB');
  await page.getByRole('tab', { name: /Compare|A against B/ }).click();
  const compare = page.getByRole('region', { name: 'A against B' });
  await expect(compare).toBeVisible();
  await expect(compare.getByText(/first|differ/i).first()).toBeVisible();
});

test('a broken link costs only its broken fields and names them', ANY_BACKEND, async ({ page }) => {
  await page.goto('./#v1&A=glider&A.score.c=abc&nonsense=1&seed=5');
  await expect(page.getByRole('alert', { name: /Parts of the link/ })).toContainText('nonsense');
  await expect(policy(page).getByRole('button', { name: /Method of policy A/ })).toContainText('GLIDER');
});

test('keyboard alone: ask, move through the cells, mute from the inspector, undo', ANY_BACKEND, async ({ page }) => {
  await page.goto('./');
  await live(page);
  const prompt = page.getByRole('textbox', { name: 'Prompt' });
  await prompt.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(SUM);
  await page.keyboard.press('Enter');
  await settled(page);
  await grid(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowUp');
  await expect(inspector(page)).toBeVisible();
  const mute = inspector(page).getByRole('button', { name: 'Mute' });
  await mute.focus();
  await page.keyboard.press('Enter');
  await settled(page);
  await expect(policy(page).getByText(/^mute/).first()).toBeVisible();
  await grid(page).focus();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(policy(page).getByText(/^mute/)).toHaveCount(0);
});

test(
  '390 px: prompt and answer first, the page does not scroll sideways, the inspector is a sheet',
  ANY_BACKEND,
  async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('./');
    await expect(answer(page).getByText('recorded run')).toBeVisible();
    expect(await sideways(page)).toBeLessThanOrEqual(0);
    await expect(answer(page)).toBeInViewport();
    await grid(page).scrollIntoViewIfNeeded();
    await grid(page).click({ position: { x: 200, y: 160 } });
    await expect(inspector(page)).toBeInViewport();
  },
);

for (const colorScheme of ['light', 'dark'] as const) {
  test(
    `axe finds nothing serious, ${colorScheme}: recorded, compared, a menu open, out of date, wide and narrow`,
    ANY_BACKEND,
    async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto('./');
      await expect(answer(page).getByText('recorded run')).toBeVisible();
      await grid(page).click({ position: { x: 260, y: 160 } });
      await live(page);
      await accessible(page, 'recorded, a cell selected');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await settled(page);
      await page.getByRole('button', { name: /Keep as A, change B/ }).click();
      await choose(page, 'B', /^Base/);
      await settled(page, 'AB');
      await page.getByRole('tab', { name: /Compare/ }).click();
      await accessible(page, 'compared');
      await page.getByRole('button', { name: /SIMD|WASM/ }).click();
      await accessible(page, 'menu of the model open');
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'Heat map' }).click();
      await page.getByRole('textbox', { name: 'Prompt' }).fill('Another prompt');
      await expect(answer(page).getByText(/has changed/)).toBeVisible();
      await accessible(page, 'out of date');
    },
  );
}
