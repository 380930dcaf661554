/**
 * The product alone: one browser, then Node; medians with smallest and largest. Prints a table and writes
 * bench-results/bench.json.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { preview } from 'vite';
import { POLICIES, sample, type Sample } from '../../e2e/bench/measure.ts';
import { createNodeEngine } from '../../src/cli/node-engine.ts';
import type { BackendId } from '../../src/protocol/engine.ts';
import { median } from '../../src/engine/timing.ts';
import { root } from '../ensure.mjs';
import { describeMachine, launch, rendererPeaks, serveSources } from './machine.ts';

/** Those that need no graphics processor. */
const BACKENDS: readonly BackendId[] = ['simd', 'onnx-wasm'];
interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | '%';
  readonly values: number[];
}
const figures = new Map<string, Figure>();

function note(name: string, unit: Figure['unit'], value: number): void {
  const figure = figures.get(name) ?? { name, unit, values: [] };
  figure.values.push(value);
  figures.set(name, figure);
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
function noteSamples(where: string, samples: readonly Sample[]): void {
  for (const s of samples) {
    note(`${where}, ${s.policy}: prefill 32`, 'ms', s.prefill32);
    note(`${where}, ${s.policy}: prefill 128`, 'ms', s.prefill128);
    note(`${where}, ${s.policy}: decode, a token`, 'ms', s.decode);
    note(`${where}, ${s.policy}: share of policy code`, '%', s.policyShare * 100);
  }
}

/** The engine alone, in one page. */
async function inBrowser(browser: Browser, backend: BackendId, rounds: number): Promise<void> {
  const where = `Chromium, ${backend}`;
  const server = await serveSources();
  const origin = server.resolvedUrls?.local[0] ?? '';
  for (let load = 0; load < 3; load++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${origin}e2e/bench/index.html`);
    await page.waitForFunction(() => 'bench' in window);
    const began = performance.now();
    const loaded = await page.evaluate((id) => window.bench.load(id), backend);
    note(`${where}: load from the local server`, 'ms', performance.now() - began);
    for (const [phase, ms] of Object.entries(loaded.backend.milliseconds)) note(`${where}: load, ${phase}`, 'ms', ms);
    if (load === 2) {
      await page.evaluate(() => window.bench.round(-1));
      for (let round = 0; round < rounds; round++)
        noteSamples(where, await page.evaluate((salt) => window.bench.round(salt), round));
      const bytes = await page.evaluate(() => window.bench.memory());
      if (bytes !== undefined) note(`${where}: memory of the page and its worker`, 'MB', bytes / 1e6);
      const peaks = await rendererPeaks(await browser.newBrowserCDPSession());
      if (peaks.size > 0) note(`${where}: peak memory of the renderer`, 'MB', Math.max(...peaks.values()));
    }
    await context.close();
  }
  await server.close();
}

/** The built page as a visitor meets it. */
async function onThePage(browser: Browser, rounds: number): Promise<void> {
  const server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  const origin = server.resolvedUrls?.local[0] ?? '';
  const context = await browser.newContext();
  const page = await context.newPage();
  const runTime = page.getByRole('article', { name: 'Answer A' }).getByText(/\d ms$/);
  for (let visit = 0; visit < 4; visit++) {
    const began = performance.now();
    await page.goto(origin, { waitUntil: 'commit' });
    await page.getByText('recorded run').waitFor();
    await page.getByRole('application').click({ position: { x: 260, y: 160 } });
    await page.getByRole('region', { name: 'Inspector of the selected cell' }).waitFor();
    const usable = performance.now() - began;
    await page.getByRole('button', { name: /(SIMD|WASM) · \d+ thread/ }).waitFor({ timeout: 120_000 });
    const ready = performance.now() - began;
    if (visit === 0) note('page: recorded run usable, first visit', 'ms', usable);
    else note('page: recorded run usable, later visits', 'ms', usable);
    if (visit === 0) note('page: model live, first visit, local server', 'ms', ready);
    else note('page: model live, later visits', 'ms', ready);
  }
  await page.getByRole('button', { name: /parity/ }).waitFor({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await runTime.waitFor({ timeout: 120_000 });
  // An edit: from the click to the picture that no longer belongs to the old policy, answer included.
  const mute = page.getByRole('button', { name: /^Mute / });
  for (let round = 0; round < Math.max(5, rounds); round++) {
    const began = performance.now();
    await mute.nth(round % 3).click();
    await page.waitForFunction(() => {
      const text = document.querySelector('article[aria-label="Answer A"]')?.textContent ?? '';
      return /\d ms/.test(text) && !/computing|waiting|has changed/.test(text);
    });
    note('page: an edit until answer and picture are new', 'ms', performance.now() - began);
    await page.waitForTimeout(300);
  }
  await context.close();
  await server.close();
}

async function underNode(backend: BackendId, rounds: number): Promise<void> {
  const where = `Node, ${backend}`;
  const engine = createNodeEngine();
  const began = performance.now();
  const loaded = await engine.load(
    { manifest: join(root, 'models/smollm2-135m'), backend, threads: 2 },
    () => undefined,
  );
  note(`${where}: load`, 'ms', performance.now() - began);
  for (const [phase, ms] of Object.entries(loaded.backend.milliseconds)) note(`${where}: load, ${phase}`, 'ms', ms);
  for (let round = -1; round < rounds; round++) {
    const samples: Sample[] = [];
    for (const method of POLICIES) samples.push(await sample((r) => engine.run(r, () => undefined), method, round));
    if (round >= 0) noteSamples(where, samples);
  }
  await engine.dispose();
}

export async function benchOwn(rounds: number): Promise<void> {
  const browser = await launch();
  const machine = describeMachine(browser);
  if (existsSync(join(root, 'dist', 'index.html'))) await onThePage(browser, rounds);
  else console.error('no build in dist/: run `npm run build` first to measure the page itself');
  for (const backend of BACKENDS) await inBrowser(browser, backend, rounds);
  await browser.close();
  for (const backend of BACKENDS) await underNode(backend, rounds);
  note('Node: peak memory, all backends one after the other', 'MB', process.resourceUsage().maxRSS / 1000);

  const table = [...figures.values()].map(({ name, unit, values }) => {
    const s = sorted(values);
    return { name, unit, median: median(values), smallest: s[0] ?? NaN, largest: s.at(-1) ?? NaN, n: values.length };
  });
  for (const f of table) {
    const spread = f.n > 1 ? ` (${f.smallest.toFixed(1)} to ${f.largest.toFixed(1)}, n = ${String(f.n)})` : '';
    console.log(`${f.name.padEnd(58)} ${f.median.toFixed(1).padStart(9)} ${f.unit}${spread}`);
  }
  mkdirSync(join(root, 'bench-results'), { recursive: true });
  writeFileSync(
    join(root, 'bench-results', 'bench.json'),
    `${JSON.stringify({ machine, rounds, figures: table }, null, 2)}\n`,
  );
}
