/**
 * `npm test`: everything that CI runs, in this order: static checks, unit tests in Node, tests in a real Chromium, parity
 * of the real model with PyTorch, the build and its size, user journeys on the built page. Goes on after a failure, ends
 * with `N passed, N failed` and exit code 1 if anything failed. `npm test -- unit e2e` runs the named steps alone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ensureChromium, ensurePackages, root, say } from './ensure.mjs';

ensurePackages();
process.env.CHROMIUM = ensureChromium();

const reports = join(root, 'test-results', 'reports');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const bin = (path, ...args) => [process.execPath, join(root, 'node_modules', path), ...args];
const vitest = (project) =>
  bin(
    'vitest/vitest.mjs',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, `${project}.json`)}`,
  );

const parity = (engine) => [
  process.execPath,
  join(root, 'tools', 'with-jiti.mjs'),
  join(root, 'tools', 'parity.ts'),
  '--quick',
  '--engine',
  engine,
];

/** Milliseconds; the longest step, the journeys, takes about a third of it on two cores. */
const LONGEST_STEP = 25 * 60_000;

/** A step is one command; `count` reads how many tests it ran from its report, otherwise the step itself counts as one. */
const steps = {
  format: { command: bin('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.') },
  'types of core': { command: bin('typescript/bin/tsc', '-p', 'src/core') },
  'types of page': { command: bin('typescript/bin/tsc', '-p', 'src') },
  'types of workers': { command: bin('typescript/bin/tsc', '-p', 'workers') },
  'types of tools and tests': { command: bin('typescript/bin/tsc', '-p', 'tsconfig.node.json') },
  lint: { command: bin('eslint/bin/eslint.js', '.') },
  directions: {
    command: bin(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      'src',
      'workers',
      '--config',
      '.dependency-cruiser.mjs',
    ),
  },
  'dead code': { command: bin('knip/bin/knip.js') },
  unit: { command: vitest('node'), count: () => fromVitest('node') },
  browser: { command: vitest('browser'), count: () => fromVitest('browser') },
  // Every policy against PyTorch's figures of the real model, three prompts; `npm run parity` takes them all.
  'parity in Node': { command: parity('node') },
  'parity in Chromium': { command: parity('wasm') },
  build: { command: bin('vite/bin/vite.js', 'build', '--logLevel', 'warn') },
  size: { command: bin('size-limit/bin.js') },
  e2e: {
    command: bin('@playwright/test/cli.js', 'test', '--project=simd', '--project=onnx-wasm'),
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, 'e2e.json'), SWITCHYARD_REPORTERS: 'list,json' },
    count: fromPlaywright,
  },
};

function report(name) {
  const path = join(reports, `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function fromVitest(project) {
  const r = report(project);
  return r && { passed: r.numPassedTests, failed: r.numFailedTests };
}

function fromPlaywright() {
  const r = report('e2e');
  return r && { passed: r.stats.expected + r.stats.flaky, failed: r.stats.unexpected };
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in steps));
if (unknown.length > 0) {
  say(`no step named ${unknown.join(', ')}; there are: ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}

const totals = { passed: 0, failed: 0 };
const failures = [];
for (const [name, step] of Object.entries(steps)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const from = Date.now();
  console.log(`\n── ${name}`);
  const [command, ...args] = step.command;
  const code =
    spawnSync(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...step.env },
      // A browser that hangs must fail its step, not hold up the others.
      timeout: LONGEST_STEP,
      killSignal: 'SIGKILL',
    }).status ?? 1;
  const counted = step.count?.() ?? { passed: code === 0 ? 1 : 0, failed: 0 };
  // A runner that dies or fails outside a test (a file that does not load) must not look green.
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  totals.passed += counted.passed;
  totals.failed += counted.failed;
  if (counted.failed > 0) failures.push(name);
  console.log(`── ${name}: ${counted.failed === 0 ? 'ok' : 'FAILED'} (${((Date.now() - from) / 1000).toFixed(0)} s)`);
}
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(failures.length > 0 ? 1 : 0);
