/**
 * `node tools/with-jiti.mjs tools/peak.ts [experts …]`: largest resident memory of Chromium's renderer while the published package
 * is loaded and read a prompt on the SIMD backend, with so many experts (12 and 24 unless told otherwise). Beyond those
 * that there are, copies are taken. Linux only.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright';
import { createServer } from 'vite';
import { ensureChromium, root } from './ensure.mjs';

interface Manifest {
  readonly experts: readonly { readonly id: string }[];
  readonly [field: string]: unknown;
}

const published = JSON.parse(readFileSync(join(root, 'models/smollm2-135m/manifest.json'), 'utf8')) as Manifest;

/** Without what is said of each expert of the published ones. */
function withExperts(count: number): string {
  const lacking = { embeddings: undefined, embedder: undefined, reference: undefined };
  const experts = Array.from({ length: count }, (_, i) => {
    const expert = published.experts[i % published.experts.length];
    return { ...expert, id: `${String(expert?.id)}-${String(i)}`, badge: `X${String(i)}` };
  });
  return JSON.stringify({ ...published, ...lacking, experts });
}

/** In MB of 10^6 bytes: by process id, as other browsers may run. */
async function peakOf(browser: Browser): Promise<number> {
  const { processInfo } = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const kilobytes = processInfo
    .map(({ type, id }) => ({ type, path: `/proc/${String(id)}/status` }))
    .filter(({ type, path }) => type === 'renderer' && existsSync(path))
    .map(({ path }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1]));
  return (Math.max(...kilobytes) * 1024) / 1e6;
}

/** Always the same: files are kept by origin. */
const PORT = 41_873;

const server = await createServer({
  root,
  cacheDir: join(root, 'node_modules', '.vite-bench'),
  logLevel: 'error',
  server: { host: '127.0.0.1', port: PORT, strictPort: true, watch: null, hmr: false },
  optimizeDeps: { entries: ['e2e/bench/index.html', 'workers/**/*.ts', '!**/*.test.ts'] },
});
await server.listen();
const counts = process.argv.slice(2).map(Number);
for (const count of counts.length === 0 ? [12, 24] : counts) {
  const profile = mkdtempSync(join(tmpdir(), 'peak-'));
  for (const visit of ['first', 'second']) {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: ensureChromium(),
      args: ['--no-sandbox'],
    });
    const browser = context.browser();
    if (browser === null) throw new Error('no browser');
    const page = await context.newPage();
    await page.route('**/smollm2-135m/manifest.json', (route) =>
      route.fulfill({ contentType: 'application/json', body: withExperts(count) }),
    );
    await page.goto(`http://127.0.0.1:${String(PORT)}/e2e/bench/index.html`);
    await page.waitForFunction(() => 'bench' in window);
    const empty = await peakOf(browser);
    const { backend } = await page.evaluate(() => window.bench.load('simd'));
    const loaded = await peakOf(browser);
    await page.evaluate(() => window.bench.round(0));
    const read = await peakOf(browser);
    const phases = Object.entries(backend.milliseconds).map(([phase, ms]) => `${phase} ${ms.toFixed(0)}`);
    console.log(
      `${String(count)} experts, ${visit} visit: ${empty.toFixed(0)} MB before, ${loaded.toFixed(0)} MB loaded, ${read.toFixed(0)} MB after prompts of 128; ` +
        `WebAssembly's part ${(backend.bytes / 1e6).toFixed(0)} MB; ${phases.join(', ')} ms`,
    );
    await context.close();
  }
  rmSync(profile, { recursive: true });
}
await server.close();
process.exit(0);
