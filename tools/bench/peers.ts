/**
 * The bench with peers: every engine in a page of its own in one Chromium (native llama.cpp in a process of its own), and
 * each measure taken from all of them before the next, so that a machine whose speed wanders does it to all.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession } from 'playwright';
import type { Contestant, Generated, Prompt } from '../../e2e/bench/contestant.ts';
import { promptOf, withLast } from '../../src/engine/timing.ts';
import { readGguf } from '../../src/formats/gguf.ts';
import { readTokenizer, type Tokenizer } from '../../src/formats/tokenizer.ts';
import { root, say } from '../ensure.mjs';
import { readBase } from '../model-files.ts';
import { GGUF_TYPES, missing, prepare } from '../peers/prepare.ts';
import { describeMachine, launch, rendererPeaks, serveSources, type Machine } from './machine.ts';
import { nativeContestant, nativeMissing } from './native.ts';
import { judge, ratiosOf, slower, type Figure, type Ratio } from './ratios.ts';
import { report, type Agreement, type PeersResult } from './report.ts';
import { isOurs, measures, native, PAGES, TARGETS, type Page } from './rows.ts';
import type {} from '../../e2e/bench/peers.ts';

export interface PeersOptions {
  readonly rounds: number;
  readonly quick: boolean;
  readonly prepare: boolean;
  readonly threads: readonly number[];
  /** Parts of the names of the rows that take part. */
  readonly only: readonly string[];
  readonly compare: boolean;
  /** Keeps this run's ratios as the ones to compare with. */
  readonly save: boolean;
}

const RATIOS = join(root, 'tools', 'bench', 'ratios.json');
const TEXT = 'The capital of France is';
const AGREED = 12;
/** Milliseconds for one call; the slowest, wllama's first reading of 1,000 tokens on one thread, takes about one minute. */
const LONGEST_CALL = 600_000;

interface Plan {
  readonly rounds: number;
  readonly prefill: readonly number[];
  /** Tokens decoded behind 64. */
  readonly decoded: number;
  /** Context of the second decode measure; its prompt is read once, then each round decodes behind it. */
  readonly long: number | undefined;
  readonly loads: number;
}
const FULL = { prefill: [32, 128, 512], decoded: 24, long: 1000, loads: 3 };
const QUICK = { prefill: [32, 128], decoded: 8, long: undefined, loads: 1 };
const DECODED_LONG = 16;

/** An engine that takes part. */
interface Competitor {
  readonly row: string;
  readonly method: string;
  readonly contestant: Contestant;
  readonly inBrowser: boolean;
  /** Its renderer's largest memory, in MB. */
  readonly peak: () => Promise<number | undefined>;
  readonly close: () => Promise<void>;
}

/** Figures by threads, row and measure, in the order in which they came. */
function collector(threads: number) {
  const figures = new Map<string, Figure & { readonly values: number[] }>();
  return {
    note(row: string, measure: string, unit: Figure['unit'], value: number): void {
      const key = JSON.stringify([row, measure]);
      const figure = figures.get(key) ?? { threads, row, measure, unit, values: [] };
      figure.values.push(value);
      figures.set(key, figure);
    },
    all: (): readonly Figure[] => [...figures.values()],
  };
}

export async function benchPeers(options: PeersOptions): Promise<void> {
  if (options.prepare) prepare();
  const lacking = missing();
  if (lacking.length > 0)
    throw new Error(`missing: ${lacking.join(', ')}. Run \`npm run bench -- --peers --prepare\`.`);
  const plan: Plan = { ...(options.quick ? QUICK : FULL), rounds: options.rounds };
  const tokenizer = readTokenizer(readGguf(readBase(), 'base'));
  const browser = await launch();
  const machine = describeMachine(browser);
  const server = await serveSources();
  const origin = server.resolvedUrls?.local[0] ?? '';
  const notes: string[] = [];
  const figures: Figure[] = [];
  const agreements: Agreement[] = [];
  try {
    for (const threads of options.threads) {
      if (threads > cpus().length) {
        notes.push(`${String(threads)} threads left out: the machine has ${String(cpus().length)} cores`);
        continue;
      }
      const found = await compete({ browser, origin, plan, threads, only: options.only, tokenizer, notes });
      figures.push(...found.figures);
      agreements.push(...found.agreements);
    }
  } finally {
    await server.close();
    await browser.close();
  }
  finish({ machine, plan, figures, agreements, notes }, options);
}

interface Competition {
  readonly browser: Browser;
  readonly origin: string;
  readonly plan: Plan;
  readonly threads: number;
  readonly only: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly notes: string[];
}

async function compete(given: Competition) {
  const { plan, threads, tokenizer, notes } = given;
  const figures = collector(threads);
  const prompt = (text: string): Prompt => ({ text, ids: [...tokenizer.encode(text)] });
  const letters = (tokens: number, salt: number): Prompt => prompt(promptOf(tokens, salt));
  const field = await openAll(given, figures);
  const lost = new Set<Competitor>();

  /** One thing asked of all that are still in. */
  async function each(what: string, ask: (competitor: Competitor) => Promise<void>): Promise<void> {
    say(`${String(threads)} threads, ${what} …`);
    for (const competitor of field) {
      if (lost.has(competitor)) continue;
      try {
        await ask(competitor);
      } catch (error) {
        lost.add(competitor);
        notes.push(`${competitor.row} left at “${what}”, ${String(threads)} threads: ${messageOf(error)}`);
      }
    }
  }
  const run = ({ contestant, method }: Competitor, asked: Prompt, tokens: number): Promise<Generated> =>
    contestant.generate(asked, tokens, method);
  const noteToken = ({ row }: Competitor, measure: string, { token }: Generated): void => {
    if (token === undefined) throw new Error('its answer was too short to be timed');
    figures.note(row, measure, 'ms', token);
  };

  const agreements: Agreement[] = [];
  await each('the same answer', async (competitor) => {
    const { answer } = await run(competitor, prompt(TEXT), AGREED);
    const text = typeof answer === 'string' ? answer : tokenizer.decode([...answer]);
    agreements.push({ threads, row: competitor.row, text });
  });
  // Every prompt begins with another letter than the ones shortly before it: nothing is taken over.
  let salt = 0;
  for (let round = 1; round <= plan.rounds; round++) {
    const name = `round ${String(round)} of ${String(plan.rounds)}`;
    for (const tokens of plan.prefill) {
      const asked = letters(tokens, ++salt);
      await each(`${name}, ${measures.prefill(tokens)}`, async (competitor) => {
        const { reading, first } = await run(competitor, asked, 1);
        figures.note(competitor.row, measures.prefill(tokens), 'ms', reading);
        if (tokens === 32) figures.note(competitor.row, measures.first, 'ms', first);
      });
    }
    const asked = letters(64, ++salt);
    await each(`${name}, ${measures.decode(64)}`, async (competitor) => {
      noteToken(competitor, measures.decode(64), await run(competitor, asked, plan.decoded));
    });
  }
  if (plan.long !== undefined) {
    const asked = letters(plan.long, salt + 1);
    const measure = measures.decode(plan.long);
    await each(`reading ${String(plan.long)} tokens`, async (competitor) => {
      await run(competitor, asked, 1);
    });
    for (let round = 1; round <= plan.rounds; round++) {
      await each(`round ${String(round)} of ${String(plan.rounds)}, ${measure}`, async (competitor) => {
        // Our engine would take over the answer of the round before.
        const own = isOurs(competitor.row) ? prompt(withLast(asked.text, round)) : asked;
        noteToken(competitor, measure, await run(competitor, own, DECODED_LONG));
      });
    }
  }

  for (const { row, peak, close } of field) {
    const largest = await peak();
    if (largest !== undefined) figures.note(row, measures.peak, 'MB', largest);
    await close();
  }
  return { figures: figures.all(), agreements };
}

type Collector = ReturnType<typeof collector>;

async function openAll(
  { browser, origin, plan, threads, only, notes }: Competition,
  figures: Collector,
): Promise<Competitor[]> {
  const field: Competitor[] = [];
  const session = await browser.newBrowserCDPSession();
  const taken = new Set<number>();
  const load = async (name: string, open: () => Promise<Competitor>): Promise<void> => {
    say(`${String(threads)} threads, loading ${name} …`);
    try {
      for (let i = 0; ; i++) {
        const competitor = await open();
        const phases = Object.entries(await competitor.contestant.load(threads));
        for (const [phase, ms] of phases) figures.note(name, `${measures.load}, ${phase}`, 'ms', ms);
        // Fetching is the server's and the disk's time.
        const own = phases.filter(([phase]) => phase !== 'fetch').reduce((sum, [, ms]) => sum + ms, 0);
        figures.note(name, measures.load, 'ms', own);
        if (i + 1 < plan.loads) {
          await competitor.close();
          continue;
        }
        field.push(competitor.inBrowser ? await claimed(competitor, session, taken) : competitor);
        return;
      }
    } catch (error) {
      notes.push(`${name} left out, ${String(threads)} threads: ${messageOf(error)}`);
    }
  };
  const wanted = (row: string): boolean => only.some((part) => row.includes(part));
  for (const page of PAGES.filter(({ row }) => wanted(row)))
    await load(page.row, () => openPage(browser, origin, page));
  const types = GGUF_TYPES.filter((type) => wanted(native(type)));
  if (types.length === 0) return field;
  const why = nativeMissing();
  if (why !== undefined) notes.push(`native llama.cpp left out: ${why}`);
  else for (const type of types) await load(native(type), () => Promise.resolve(openNative(type)));
  return field;
}

function openNative(type: (typeof GGUF_TYPES)[number]): Competitor {
  const contestant = nativeContestant(type);
  return {
    row: native(type),
    method: 'none',
    inBrowser: false,
    contestant,
    peak: () => Promise.resolve(undefined),
    close: () => {
      contestant.close();
      return Promise.resolve();
    },
  };
}

async function openPage(browser: Browser, origin: string, { row, entry, method }: Page): Promise<Competitor> {
  // A context of its own is a renderer of its own, whose memory can be told apart.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${origin}e2e/bench/peers.html?${encodeURIComponent(JSON.stringify(entry))}`);
  await page.waitForFunction(() => 'contestant' in window);
  return {
    row,
    method,
    inBrowser: true,
    contestant: {
      load: (threads) => inTime(page.evaluate((n) => window.contestant.load(n), threads)),
      generate: (prompt, tokens, routed) =>
        inTime(page.evaluate(([p, n, m]) => window.contestant.generate(p, n, m), [prompt, tokens, routed] as const)),
    },
    peak: () => Promise.resolve(undefined),
    close: () => context.close(),
  };
}

/** Finds the page's renderer: the largest one that no other page has; a model was just loaded into it. */
async function claimed(competitor: Competitor, session: CDPSession, taken: Set<number>): Promise<Competitor> {
  const free = [...(await rendererPeaks(session))].filter(([id]) => !taken.has(id));
  const [own] = free.sort(([, a], [, b]) => b - a)[0] ?? [];
  if (own === undefined) return competitor;
  taken.add(own);
  return { ...competitor, peak: async () => (await rendererPeaks(session)).get(own) };
}

function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${String(LONGEST_CALL / 60_000)} minutes`));
    }, LONGEST_CALL);
  });
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

interface Found {
  readonly machine: Machine;
  readonly plan: Plan;
  readonly figures: readonly Figure[];
  readonly agreements: readonly Agreement[];
  readonly notes: readonly string[];
}

function finish({ machine, plan, figures, agreements, notes }: Found, options: PeersOptions): void {
  const ratios = ratiosOf(figures, isOurs);
  const verdicts = options.threads.flatMap((threads) =>
    TARGETS.filter((target) => (target.threads ?? threads) === threads).map((target) =>
      judge(target, figures, threads),
    ),
  );
  const result: PeersResult = {
    machine,
    rounds: plan.rounds,
    quick: options.quick,
    figures,
    ratios,
    verdicts,
    agreements,
    notes,
  };
  mkdirSync(join(root, 'bench-results'), { recursive: true });
  writeFileSync(join(root, 'bench-results', 'peers.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(report(result).join('\n'));
  if (options.compare) compare(ratios);
  if (options.save) {
    // Ratios on other numbers of threads stay: one run of everything takes most of an hour.
    const others = existsSync(RATIOS) ? kept().filter(({ threads }) => !options.threads.includes(threads)) : [];
    writeFileSync(
      RATIOS,
      `${JSON.stringify({ machine, rounds: plan.rounds, ratios: [...others, ...ratios] }, null, 2)}\n`,
    );
    say('tools/bench/ratios.json is written');
  }
}

const kept = (): readonly Ratio[] =>
  (JSON.parse(readFileSync(RATIOS, 'utf8')) as { readonly ratios: readonly Ratio[] }).ratios;

function compare(ratios: readonly Ratio[]): void {
  if (!existsSync(RATIOS)) throw new Error('there is no tools/bench/ratios.json: make it by --save');
  const found = slower(kept(), ratios);
  console.log(found.length === 0 ? '\nnothing got slower by more than 10 %' : '\nslower by more than 10 %:');
  for (const { before: was, now } of found) {
    const place = `${now.ours} against ${now.peer}, ${now.measure}, ${String(now.threads)} threads`;
    console.log(`  ${place}: ${was.median.toFixed(2)} → ${now.median.toFixed(2)}`);
  }
  if (found.length > 0) process.exitCode = 1;
}
