/**
 * `npm run parity`: the reference figures against every engine there is here: ONNX Runtime's WebAssembly and the SIMD
 * backend, each under Node and in Chromium, and Chromium's WebGPU on its software adapter. Everything by default, which takes a while; `--quick` takes
 * three prompts and eight tokens. Exit code 1 when one is out of bounds, 2 when one cannot be run.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { parityTable } from '../src/cli/parity-table.ts';
import type { SuiteRequest, SuiteResult } from '../workers/parity/suite.ts';
import { ensureChromium, root } from './ensure.mjs';

const help = `npm run parity -- [options]
  --engine NAME   node, node-simd, wasm, simd, webgpu, or against-onnx: SIMD against the ONNX chain on 40 prompts
                  beyond the reference, under Node (default: all); repeatable
  --threads N     as in \`switchyard parity\`; in Chromium at most 4 are used
  --package NAME  folder below models/ (default smollm2-135m)
  --prompts N, --tokens N, --policy ID   as in \`switchyard parity\`
  --quick         three prompts, eight tokens`;

/** The software adapter takes seconds a token: the base, two experts, all experts. */
const WEBGPU = { policies: ['none', 'phatgoose', 'uniform'], prompts: 1, tokens: 8 };
const QUICK = { prompts: 3, tokens: 8 };

const BACKENDS: Readonly<Record<string, SuiteRequest['backend']>> = {
  node: 'onnx-wasm',
  simd: 'simd',
  wasm: 'onnx-wasm',
  webgpu: 'onnx-webgpu',
};

const ENGINES = ['node', 'node-simd', 'wasm', 'simd', 'webgpu', 'against-onnx'] as const;

const say = (text: string): boolean => process.stderr.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
    package: { type: 'string', default: 'smollm2-135m' },
    prompts: { type: 'string' },
    tokens: { type: 'string' },
    threads: { type: 'string' },
    policy: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const asked = {
  ...(values.quick ? QUICK : {}),
  ...(values.prompts === undefined ? {} : { prompts: Number(values.prompts) }),
  ...(values.tokens === undefined ? {} : { tokens: Number(values.tokens) }),
  ...(values.policy === undefined ? {} : { policies: values.policy }),
};

function inNode(backend: SuiteRequest['backend']): number {
  const options = [
    ...(asked.prompts === undefined ? [] : ['--prompts', String(asked.prompts)]),
    ...(asked.tokens === undefined ? [] : ['--tokens', String(asked.tokens)]),
    ...(values.threads === undefined ? [] : ['--threads', values.threads]),
    ...(asked.policies ?? []).flatMap((id) => ['--policy', id]),
  ];
  const target = ['--backend', backend, '--package', `models/${values.package}`];
  const command = ['tools/switchyard.mjs', 'parity', ...target, ...options];
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 2;
}

/** What the reference has not: more rows, and whole answers. */
function againstOnnx(): number {
  const limits = { prompts: asked.prompts, tokens: asked.tokens };
  const options = Object.entries(limits).flatMap(([name, n]) => (n === undefined ? [] : [`--${name}`, String(n)]));
  const command = ['tools/with-jiti.mjs', 'tools/simd/against-onnx.ts', ...options];
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 2;
}

async function inChromium(server: ViteDevServer, backend: SuiteRequest['backend']): Promise<number> {
  const { host, port } = address(server);
  const gpu = backend === 'onnx-webgpu' ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : [];
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run', ...gpu],
  });
  try {
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (process.stderr.isTTY) process.stderr.write(`${message.text()}\n`);
    });
    await page.goto(`http://${host}:${String(port)}/e2e/harness/parity.html`);
    const threads = values.threads === undefined ? {} : { threads: Number(values.threads) };
    const limits = backend === 'onnx-webgpu' ? { ...WEBGPU, ...asked } : asked;
    const result = await ask(page, {
      manifest: `/models/${values.package}/manifest.json`,
      backend,
      ...threads,
      ...limits,
    });
    process.stdout.write(`Chromium ${browser.version()}: ${parityTable(result).join('\n')}\n`);
    return result.report.passed && result.provider === backend.replace('onnx-', '') ? 0 : 1;
  } finally {
    await browser.close();
  }
}

async function ask(page: Page, request: SuiteRequest): Promise<SuiteResult> {
  await page.waitForFunction(() => 'runParity' in window);
  return page.evaluate((given) => window.runParity(given), request);
}

function address(server: ViteDevServer): { readonly host: string; readonly port: number } {
  const found = server.httpServer?.address();
  if (typeof found !== 'object' || found === null) throw new Error('the server has no address');
  return { host: '127.0.0.1', port: found.port };
}

async function serve(): Promise<ViteDevServer> {
  const server = await createServer({
    root,
    logLevel: 'warn',
    // Files of others change while this runs: the page must not be loaded again in the middle.
    server: { host: '127.0.0.1', port: 0, watch: null, hmr: false },
    optimizeDeps: { entries: ['e2e/harness/parity.html', 'workers/parity.worker.ts'] },
    cacheDir: 'node_modules/.vite-parity',
  });
  return server.listen();
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  let worst = 0;
  const inPage = (name: string): boolean => !name.startsWith('node') && name !== 'against-onnx';
  const server = values.engine.some(inPage) ? await serve() : undefined;
  try {
    for (const name of values.engine) {
      say(`parity: ${name} …`);
      if (name === 'against-onnx') {
        worst = Math.max(worst, againstOnnx());
        continue;
      }
      const backend = BACKENDS[name.replace('node-', '')];
      if (backend === undefined) {
        throw new Error(`--engine: there is no ${name}; there are ${ENGINES.join(', ')}`);
      }
      if (server === undefined || name.startsWith('node')) worst = Math.max(worst, inNode(backend));
      else worst = Math.max(worst, await inChromium(server, backend));
    }
  } finally {
    await server?.close();
  }
  return worst;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  },
);
