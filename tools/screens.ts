/** `npm run screens`: pictures of the built page in its states, wide and narrow, light and dark, into docs/screens. Needs a build. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { preview } from 'vite';
import { ensureChromium, root } from './ensure.mjs';

const out = join(root, 'docs', 'screens');
const patience = { timeout: 180_000 };
const SIZES = { 1440: { width: 1440, height: 900 }, 390: { width: 390, height: 844 } } as const;
const SCHEMES = ['light', 'dark'] as const;

const live = (page: Page) => page.getByRole('button', { name: /(SIMD|WASM) · \d+ thread/ }).waitFor(patience);
/** The policy's answer was computed here and belongs to the settings. */
async function settled(page: Page, letter = 'A'): Promise<void> {
  const answer = page.getByRole('article', { name: `Answer ${letter}` });
  // What a click starts shows a moment later.
  await page.waitForTimeout(500);
  await answer.getByText(/\d ms$/).waitFor(patience);
  await answer
    .getByText(/computing|recomputing|waiting|has changed/)
    .first()
    .waitFor({ state: 'detached', ...patience });
}
const select = (page: Page) =>
  page
    .getByRole('application')
    .first()
    .click({ position: { x: 220, y: 190 } });

interface State {
  readonly name: string;
  /** End of the address. */
  readonly at?: string;
  /** Height of the wide window, where what matters does not fit the usual one. */
  readonly tall?: number;
  /** What of the network is changed before the page opens. */
  readonly before?: (page: Page) => Promise<void>;
  readonly reach: (page: Page, narrow: boolean) => Promise<void>;
}

const states: readonly State[] = [
  {
    name: 'loading',
    // The last part of the base stays away: the picture is of a load in progress.
    async before(page) {
      await page.context().route(/\.gguf\.part2$/, () => new Promise(() => undefined));
    },
    async reach(page) {
      await page.getByRole('progressbar').waitFor();
      await page.waitForTimeout(2500);
    },
  },
  {
    name: 'failing',
    async before(page) {
      await page.context().route(/\.gguf\.part2$/, (route) => route.fulfill({ status: 404, body: 'not found' }));
    },
    async reach(page) {
      await page.getByRole('alert', { name: 'The model could not be loaded' }).waitFor(patience);
    },
  },
  {
    name: 'overview',
    async reach(page, narrow) {
      await live(page);
      await page.getByRole('button', { name: /✓ parity|parity failed|no self-test/ }).waitFor(patience);
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await settled(page);
      if (!narrow) await select(page);
    },
  },
  {
    name: 'model',
    async reach(page) {
      await live(page);
      await page.getByRole('button', { name: /✓ parity|parity failed|no self-test/ }).click(patience);
      const menu = page.getByRole('dialog', { name: 'Model and computation' });
      await menu.getByText(/Here \d+\.\d ms a token/).waitFor(patience);
    },
  },
  {
    name: 'running',
    // A policy under which the answer goes on for a while.
    at: '#v1&A=average-activation&prompt.raw=true&sampling.maxTokens=300&prompt.text=1,+2,+3,+4,+5,+6,+7,+8,+9,+10,+11,',
    async reach(page) {
      await live(page);
      await page.getByText('computing …').first().waitFor(patience);
      await page.waitForTimeout(1500);
    },
  },
  {
    name: 'comparing',
    // A prompt that the two policies answer differently.
    at: '#v1&prompt.text=What+is+the+past+tense+of+%22catch%22%3F',
    async reach(page) {
      await live(page);
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await settled(page);
      await page.getByRole('button', { name: /Keep as A, change B/ }).click();
      await page.getByRole('button', { name: /Method of policy B/ }).click();
      await page
        .getByRole('listbox')
        .getByRole('option', { name: /^Average activation/ })
        .first()
        .click();
      await settled(page, 'B');
      await page.getByRole('tab', { name: /Compare/ }).click();
      await page.waitForTimeout(3000);
    },
  },
  {
    name: 'evaluation',
    tall: 2500,
    at: '?evaluate#v1&A=phatgoose&B=none&C=uniform',
    async reach(page) {
      await live(page);
      const run = page.getByRole('region', { name: 'Progress of the evaluation' });
      // After a reload it shows what was measured, and waits.
      await page.waitForTimeout(1500);
      const goOn = run.getByRole('button', { name: 'Go on where it stopped' });
      if (await goOn.isVisible()) await goOn.click();
      else await page.getByRole('button', { name: 'Evaluate', exact: true }).click();
      await run.getByText('Done.').waitFor({ timeout: 600_000 });
      const results = page.getByRole('region', { name: 'Results' });
      await results.getByRole('table').getByRole('button').first().click();
      await results.getByText('Routes beside results').click();
      // The averages come from a thread of their own.
      await page.waitForTimeout(3000);
    },
  },
  {
    name: 'matrix',
    tall: 2000,
    at: '?evaluate#v1&A=phatgoose',
    async reach(page) {
      await page.getByText('Every expert on every task').click();
      await page.getByRole('region', { name: 'Matrix of experts and tasks' }).waitFor(patience);
      await page.getByRole('region', { name: 'Every expert on every task' }).scrollIntoViewIfNeeded();
    },
  },
];

const only = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
const origin = server.resolvedUrls?.local[0] ?? '';
const executablePath = ensureChromium();
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox'],
});
for (const state of states) {
  if (only.length > 0 && !only.includes(state.name)) continue;
  // One context a state: the model is downloaded once, the four pictures share it.
  const context = await browser.newContext({ serviceWorkers: 'block', reducedMotion: 'reduce' });
  const page = await context.newPage();
  await state.before?.(page);
  for (const [width, size] of Object.entries(SIZES)) {
    await page.setViewportSize({ ...size, height: width === '1440' ? (state.tall ?? size.height) : size.height });
    await page.goto('about:blank');
    await page.goto(`${origin}${state.at ?? ''}`);
    await state.reach(page, width === '390');
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(400);
      await page.screenshot({
        path: join(out, `${state.name}-${scheme}-${width}.png`),
        fullPage: width === '390',
      });
    }
  }
  console.log(state.name);
  await context.close();
}
await browser.close();
await server.close();
process.exit(0);
