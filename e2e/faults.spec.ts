/** What goes wrong in the world: the page says what, why and what to do, stays alive, and the next run is right. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { parsePackageManifest, type PackageManifest } from '../src/formats/manifest.ts';
import { readSafetensors, safetensorsF32, writeSafetensors } from '../src/formats/safetensors.ts';
import { root } from '../tools/ensure.mjs';
import { faultyServer, type FaultyServer } from './faulty-server.ts';
import { ANY_BACKEND, test, answer, ask, grid, inspector, live, PATIENCE, settled, words, written } from './support.ts';

/** The service worker would answer in the place of the server. */
test.use({ serviceWorkers: 'block' });

const dist = join(root, 'dist');
const folder = 'models/smollm2-135m';
const manifest = (): PackageManifest =>
  parsePackageManifest(readFileSync(join(dist, folder, 'manifest.json'), 'utf8'), 'manifest.json');

const weightsOf = (index: number): string => {
  const ref = manifest().experts[index]?.adapter.weights;
  if (ref === undefined || !('path' in ref)) throw new Error('an adapter is expected to be one file');
  return `${folder}/${ref.path}`;
};
const firstPart = (): string => {
  const ref = manifest().base.file;
  const path = 'parts' in ref ? ref.parts[0]?.path : ref.path;
  return `${folder}/${path ?? ''}`;
};

let server: FaultyServer;
test.beforeEach(async () => {
  server = await faultyServer(dist);
});
test.afterEach(async () => {
  await server.close();
});

const failed = (page: Page) => page.getByRole('alert', { name: 'The model could not be loaded' });
const open = (page: Page) => page.goto(`${server.origin}/`);

/** The recorded run answers to selection, as nothing else is there. */
async function alive(page: Page): Promise<void> {
  await grid(page).click({ position: { x: 260, y: 160 } });
  await expect(inspector(page)).toBeVisible();
}

async function runsRight(page: Page): Promise<void> {
  await live(page);
  await ask(page, 'What is the capital of France?');
  await settled(page);
  expect((await words(page)).length).toBeGreaterThan(0);
}

for (const [fault, says] of [
  ['missing', /404/],
  ['truncated', /bytes/],
  ['broken-off', /broke off/],
  ['flipped', /SHA-256/],
] as const) {
  test(`a part of the base is ${fault}: named, then retried, and only it`, ANY_BACKEND, async ({ page }) => {
    server.faults.files.set(firstPart(), fault);
    await open(page);
    await expect(failed(page)).toContainText(says, PATIENCE);
    await expect(failed(page)).toContainText(firstPart().split('/').at(-1) ?? '');
    await alive(page);
    server.faults.files.clear();
    await failed(page).getByRole('button', { name: 'Try again' }).click();
    await runsRight(page);
  });
}

test('an adapter with a number that is none: named with its tensor', async ({ page }) => {
  const path = weightsOf(0);
  const bytes = readFileSync(join(dist, path));
  bytes.writeUInt16LE(0x7fc0, bytes.length - 2);
  server.faults.swapped.set(path, bytes);
  await open(page);
  await expect(failed(page)).toContainText(/NaN|not a number/i, PATIENCE);
  await expect(failed(page)).toContainText('adapter_model.safetensors');
  await alive(page);
});

test('an adapter of another shape: named with both shapes', async ({ page }) => {
  const path = weightsOf(0);
  const source = readSafetensors(readFileSync(join(dist, path)), path);
  const tensors = [...source.tensors.values()].map((tensor) => {
    const cut = tensor.name.includes('layers.0.self_attn.q_proj.lora_B');
    const shape = cut ? [(tensor.shape[0] ?? 0) / 2, ...tensor.shape.slice(1)] : [...tensor.shape];
    const data = safetensorsF32(source, tensor.name);
    return { name: tensor.name, dtype: 'F32' as const, shape, data: cut ? data.subarray(0, data.length / 2) : data };
  });
  server.faults.swapped.set(path, Buffer.from(writeSafetensors(tensors)));
  await open(page);
  await expect(failed(page)).toContainText('q_proj', PATIENCE);
  await expect(failed(page)).toContainText(/288|576/);
  await alive(page);
});

test('the worker dies in the middle of a run: said, replaced, and the next run is right', async ({ page }) => {
  await page.goto(`${server.origin}/#v1&A=none`);
  await live(page);
  await ask(page, 'Write a long story about a dog and a boat.');
  await written(page, 8);
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    setTimeout(() => {
      throw new Error('killed by the test');
    }, 0);
  });
  await expect(
    page
      .getByRole('alert')
      .filter({ hasText: /crashed/ })
      .first(),
  ).toBeVisible(PATIENCE);
  expect((await words(page)).length).toBeGreaterThan(0);
  await runsRight(page);
});

test(
  'storage denied: the model works and the page says that it is not kept',
  ANY_BACKEND,
  async ({ page, context }) => {
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 1024 });
    await open(page);
    await runsRight(page);
    await page.getByRole('button', { name: /SIMD|WASM/ }).click();
    await expect(page.getByText(/does not keep the model/).first()).toBeVisible();
  },
);

test('a second visit downloads nothing of the model', ANY_BACKEND, async ({ page }) => {
  await open(page);
  await live(page);
  const before = server.asked.get(firstPart());
  await page.reload();
  await live(page);
  expect(server.asked.get(firstPart())).toBe(before);
});

test('no cross-origin isolation: one thread, with a notice', async ({ page }) => {
  server.faults.isolated = false;
  await open(page);
  await runsRight(page);
  const menu = page.getByRole('button', { name: /(SIMD|WASM) · 1 thread\b/ });
  await expect(menu).toBeVisible();
  await menu.click();
  await expect(page.getByText(/Threads: 1 of \d+, since this page is not cross-origin isolated/).first()).toBeVisible();
});

test('no WebGPU: said with what to do, and the processor goes on', async ({ page }) => {
  await open(page);
  await live(page);
  await page.getByRole('button', { name: /SIMD|WASM/ }).click();
  await page.getByRole('radio', { name: /WebGPU/ }).check();
  await expect(
    page
      .getByRole('alert')
      .filter({ hasText: /WebGPU|graphics/i })
      .first(),
  ).toBeVisible(PATIENCE);
  await page.getByRole('radio', { name: /SIMD/ }).check();
  await page.keyboard.press('Escape');
  await runsRight(page);
});

test('a prompt of 20,000 characters: refused with the numbers, the last answer stays', async ({ page }) => {
  await open(page);
  await runsRight(page);
  const before = await words(page);
  await ask(page, 'word '.repeat(4000));
  await expect(answer(page).getByRole('alert')).toContainText(/context/, PATIENCE);
  await expect(answer(page).getByRole('alert')).toContainText(/\d{4}/);
  expect(await words(page)).toBe(before);
  await runsRight(page);
});

test('an answer longer than the context: refused with what would fit', async ({ page }) => {
  await page.goto(`${server.origin}/#v1&prompt.text=Hello&sampling.maxTokens=8192`);
  await live(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(answer(page).getByRole('alert')).toContainText(/at most \d+/, PATIENCE);
});

test(
  'the evaluation does not arrive: said where it would stand; the workbench goes on',
  ANY_BACKEND,
  async ({ page }) => {
    await page.route(/assets\/evaluation-[^/]*\.js$/, (route) => route.abort());
    await open(page);
    await page.getByRole('link', { name: 'Evaluate' }).click();
    await expect(page.getByRole('alert', { name: 'A part of the page did not arrive' })).toBeVisible();
    await page.getByRole('link', { name: 'Workbench' }).click();
    await alive(page);
  },
);
