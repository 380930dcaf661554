/**
 * Documents a second of an evaluation, with what its policies and options share against each computed anew: in Node and in Chromium, round
 * by round in turn, documents of four options under four policies. Then a whole evaluation on the built page, from the click to the last answer.
 * Prints a table and writes bench-results/evaluation.json.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { preview } from 'vite';
import { namedTasks, readTask } from '../../src/cli/documents.ts';
import { createNodeEngine } from '../../src/cli/node-engine.ts';
import { askedContestant, parseAsked } from '../../src/core/evaluation/asked.ts';
import { jobsOf } from '../../src/core/evaluation/plan.ts';
import type { Measurement } from '../../src/core/evaluation/measurement.ts';
import { TASKS as TASK_LIST } from '../../src/core/tasks/registry.ts';
import type { MeasureRequest } from '../../src/protocol/engine.ts';
import { measureRequest } from '../../src/protocol/measure-request.ts';
import { root } from '../ensure.mjs';
import { describeMachine, launch, serveSources } from './machine.ts';
import { spreadOf, type Spread } from './ratios.ts';

const TASKS = ['antonym', 'capital', 'rhyme', 'synonym'];
/** One sweep as a user makes it, and four rules that have nothing in common. */
const LISTS = {
  'a sweep of GLIDER': 'glider:c={0,1,3,10}',
  'four rules': 'phatgoose,glider:c=3,arrow,average-activation',
} as const;
const THREADS = 2;

type Measure = (requests: readonly MeasureRequest[]) => Promise<readonly (readonly Measurement[])[]>;

interface Side {
  readonly documentsPerSecond: Spread;
}
interface Row {
  readonly where: string;
  readonly policies: string;
  readonly shared: Side;
  readonly apart: Side;
  /** Time without sharing over time with it, of the same round. */
  readonly ratio: Spread;
}

async function requests(list: string, count: number): Promise<readonly MeasureRequest[]> {
  const tasks = await Promise.all(
    namedTasks(TASKS.join(',')).map((task) => readTask(join(root, 'data', 'tasks'), task, 'validation', count)),
  );
  const names = parseAsked(list).flatMap((asked) => asked.names);
  const contestants = names.map((name) => askedContestant(name, { tasks, experts: [], best: {} }));
  const conditions = { package: '', backend: 'simd', seed: 0, raw: false, beyond: 0 };
  return jobsOf({ tasks, contestants }).map((job) => measureRequest(job, conditions));
}

/** Likeliest option under each policy: both ways must find the same. */
const chosen = (all: readonly (readonly Measurement[])[]): readonly number[] =>
  all.flatMap((document) =>
    document.map(({ options = [] }) => {
      const values = options.map(({ logprob }) => logprob);
      return values.indexOf(Math.max(...values));
    }),
  );

async function compare(where: string, measure: Measure, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [policies, list] of Object.entries(LISTS)) {
    const wanted = await requests(list, 4);
    const times = { shared: [] as number[], apart: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      const answers: (readonly number[])[] = [];
      for (const side of ['shared', 'apart'] as const) {
        const own = wanted.map((request) => ({ ...request, share: side === 'shared' }));
        const began = performance.now();
        answers.push(chosen(await measure(own)));
        if (round >= 0) times[side].push((performance.now() - began) / 1000);
      }
      const [one, other] = answers;
      const different = one?.filter((option, i) => option !== other?.[i]).length ?? 0;
      if (different > 0)
        console.error(`${where}, ${policies}: ${String(different)} answers differ between the two ways`);
    }
    const speed = (seconds: readonly number[]): Side => ({
      documentsPerSecond: spreadOf(seconds.map((s) => wanted.length / s)),
    });
    const ratio = spreadOf(times.apart.map((s, i) => s / (times.shared[i] ?? NaN)));
    rows.push({ where, policies, shared: speed(times.shared), apart: speed(times.apart), ratio });
  }
  return rows;
}

async function underNode(rounds: number): Promise<Row[]> {
  const engine = createNodeEngine();
  await engine.load(
    { manifest: join(root, 'models/smollm2-135m'), backend: 'simd', threads: THREADS },
    () => undefined,
  );
  const rows = await compare(
    'Node',
    async (all) => {
      const found: (readonly Measurement[])[] = [];
      for (const request of all) found.push(await engine.measure(request));
      return found;
    },
    rounds,
  );
  await engine.dispose();
  return rows;
}

/** Tasks of each half, documents of each task, and policies of the evaluation on the page. */
const PAGE = { tasks: 6, documents: 25, policies: 'A=phatgoose&B=none' } as const;

/** Seconds from the click to the last answer; a first visit to the page. */
async function onThePage(browser: Browser): Promise<{ readonly answers: string; readonly seconds: number }> {
  const server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.resolvedUrls?.local[0] ?? ''}?evaluate#v1&${PAGE.policies}`);
  await page.getByRole('button', { name: /SIMD · \d+ thread/ }).waitFor({ timeout: 120_000 });
  // The self-test would compute beside the first documents.
  await page.getByRole('button', { name: /✓ parity/ }).waitFor({ timeout: 120_000 });
  const setup = page.getByRole('region', { name: 'Evaluate on tasks' });
  for (const [half, split] of [
    ['Held-in tasks', 'held-in'],
    ['Held-out tasks', 'held-out'],
  ] as const) {
    const group = setup.getByRole('group').filter({ hasText: half });
    await group.getByText(half).first().click();
    await group.getByRole('button', { name: 'None' }).click();
    const chosen = TASK_LIST.filter((task) => task.split === split).slice(0, PAGE.tasks);
    for (const { label } of chosen) await group.getByRole('checkbox', { name: label, exact: true }).check();
  }
  await setup.getByRole('textbox', { name: 'Documents of each task' }).fill(String(PAGE.documents));
  await page.keyboard.press('Enter');
  const began = performance.now();
  await setup.getByRole('button', { name: 'Evaluate', exact: true }).click();
  const run = page.getByRole('region', { name: 'Progress of the evaluation' });
  await run.getByText('Done.').waitFor({ timeout: 1_800_000 });
  const seconds = (performance.now() - began) / 1000;
  const answers = (await run.getByText(/\d+ of \d+ answers/).innerText()).trim();
  await context.close();
  await server.close();
  return { answers, seconds };
}

export async function benchEvaluation(rounds: number): Promise<void> {
  const browser = await launch();
  const machine = describeMachine(browser);
  const server = await serveSources();
  const page = await browser.newPage();
  await page.goto(`${server.resolvedUrls?.local[0] ?? ''}e2e/bench/index.html`);
  await page.waitForFunction(() => 'bench' in window);
  await page.evaluate((threads) => window.bench.load('simd', threads), THREADS);
  const inChromium = await compare(
    'Chromium',
    (all) => page.evaluate((wanted) => window.bench.measure(wanted), all),
    rounds,
  );
  await server.close();
  const built = existsSync(join(root, 'dist', 'index.html'));
  if (!built) console.error('no build in dist/: run `npm run build` first to measure the page itself');
  const whole = built ? await onThePage(browser) : undefined;
  await browser.close();
  const rows = [...inChromium, ...(await underNode(rounds))];
  const text = ({ median, smallest, largest }: Spread): string =>
    `${median.toFixed(2)} (${smallest.toFixed(2)} to ${largest.toFixed(2)})`;
  console.log('documents a second, four options under four policies, two threads');
  for (const { where, policies, shared, apart, ratio } of rows)
    console.log(
      `${where.padEnd(9)} ${policies.padEnd(18)} shared ${text(shared.documentsPerSecond).padEnd(24)} apart ${text(apart.documentsPerSecond).padEnd(24)} ${text(ratio)} times`,
    );
  if (whole !== undefined)
    console.log(
      `the page: ${String(2 * PAGE.tasks)} tasks × ${String(PAGE.documents)} documents × 2 policies, ${whole.answers}: ${whole.seconds.toFixed(0)} s`,
    );
  if (machine.load > 0.5) console.log(`load before the run ${machine.load.toFixed(1)}: ratios may hold, times do not`);
  mkdirSync(join(root, 'bench-results'), { recursive: true });
  writeFileSync(
    join(root, 'bench-results', 'evaluation.json'),
    `${JSON.stringify({ machine, rounds, rows, ...(whole === undefined ? {} : { page: whole }) }, null, 2)}\n`,
  );
}
