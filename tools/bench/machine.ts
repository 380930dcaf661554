/** What a bench ran on, and what it ran in: one Chromium and a server of the sources. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type CDPSession } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { findChromium, root } from '../ensure.mjs';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly node: string;
  readonly chromium: string;
  /** Processes that wanted a processor in the minute before the bench began; 0 on Windows. Far above 0: do not trust the times. */
  readonly load: number;
}

export const describeMachine = (browser: Browser): Machine => ({
  cpu: cpus()[0]?.model ?? '',
  cores: cpus().length,
  memoryGB: totalmem() / 1e9,
  node: process.version,
  chromium: browser.version(),
  load: loadavg()[0] ?? 0,
});

export function launch(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A development server, so that any page and any file of the folder can be had; nothing reloads in the middle of a run. */
export async function serveSources(): Promise<ViteDevServer> {
  const server = await createServer({
    root,
    cacheDir: join(root, 'node_modules', '.vite-bench'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, watch: null, hmr: false },
    optimizeDeps: { entries: ['e2e/bench/*.html', 'workers/**/*.ts', '!**/*.test.ts'] },
  });
  return server.listen();
}

/** Largest resident memory so far of each of the browser's renderers, in MB by process id; Linux only, else empty. */
export async function rendererPeaks(session: CDPSession): Promise<ReadonlyMap<number, number>> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter((p) => p.type === 'renderer' && existsSync(`/proc/${String(p.id)}/status`));
  return new Map(
    renderers.map(({ id }) => {
      const [, kB] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(id)}/status`, 'utf8')) ?? [];
      return [id, Number(kB ?? 0) / 1000];
    }),
  );
}
