/**
 * What the commands of package.json need before they can do their job: Node, the packages of package-lock.json and, for
 * tests, a Chromium. Each step says what it does. Plain JavaScript without imports from packages, as it runs before they exist.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** Messages go to standard error, so that a command's own output stays clean. */
export const say = (text) => process.stderr.write(`switchyard: ${text}\n`);

const fail = (text) => {
  say(text);
  process.exit(2);
};

/** Runs a program with its output on standard error; returns its exit code. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  return done.status ?? 1;
}

/** Runs a program with this process's own input and output. */
export const hand = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;

export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: install Node 20.19 or later.`);
  }
}

/** Whether node_modules holds what package-lock.json asks for, by npm's own record; optional packages of other platforms may lack. */
function installed() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
  const there = read(record);
  return Object.entries(read(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) => path === '' || there[path]?.version === version || (optional && !there[path]),
  );
}

/** Installs the packages of package-lock.json unless exactly these are there already. */
export function ensurePackages() {
  ensureNode();
  if (installed()) return;
  say('installing the packages of package-lock.json (once; about a minute) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  if (run(npm, ['ci'], { shell: process.platform === 'win32' }) !== 0) {
    fail('`npm ci` failed (see above). It needs a network that reaches the npm registry; run the command again then.');
  }
}

const systemChromiums = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium that is there already: `CHROMIUM`, Playwright's own, or one found on the system. */
export function findChromium() {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== '') return existsSync(named) ? named : fail(`CHROMIUM=${named} does not exist.`);
  const own = require('playwright').chromium.executablePath();
  return [own, ...systemChromiums].find((path) => path !== '' && existsSync(path));
}

/** The same, after installing one where none is there: Playwright's own where it can be downloaded, else Debian's package. */
export function ensureChromium() {
  const there = findChromium();
  if (there !== undefined) return there;
  say('no Chromium found; trying Playwright’s own …');
  run(process.execPath, [join(root, 'node_modules', 'playwright', 'cli.js'), 'install', 'chromium'], {
    timeout: 300_000,
  });
  const own = findChromium();
  if (own !== undefined) return own;
  if (existsSync('/usr/bin/apt-get')) {
    say('that could not be had; trying Debian’s package `chromium` …');
    const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    const apt = (...args) => {
      const [command, ...rest] = [...sudo, 'apt-get', ...args];
      return run(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    };
    apt('update', '-qq');
    apt('install', '-y', '-qq', 'chromium');
  }
  return (
    findChromium() ??
    fail('no Chromium could be installed. Install Chromium or Chrome, or set CHROMIUM=/path/to/it, and run this again.')
  );
}
