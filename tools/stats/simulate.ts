/**
 * How well the statistics of `src/core/stats` keep their word, as the tables of docs/statistics.md:
 * `node tools/with-jiti.mjs tools/stats/simulate.ts` (some minutes). What can be counted is counted over all tables that n documents
 * can give; the rest is simulated under a fixed seed.
 */
import { binomialPmf, logFactorial } from '../../src/core/stats/binomial.ts';
import {
  benjaminiHochberg,
  bootstrapAverage,
  bootstrapMean,
  holm,
  mcnemarExact,
  mcnemarMidP,
  tango,
  wilson,
  type BootstrapResult,
  type Interval,
} from '../../src/core/stats/index.ts';
import { draws, type Draws } from '../../src/core/tasks/random.ts';

const SIZES = [20, 50, 200];
const SAMPLES = 4000;
const RESAMPLES = 999;
/** Tasks of a family, as many as the suite has. */
const TASKS = 36;

const percent = (share: number) => (100 * share).toFixed(1);
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const holds = ({ lower, upper }: Interval, truth: number) => lower <= truth && truth <= upper;
const row = (...cells: readonly string[]) => {
  console.log(`| ${cells.join(' | ')} |`);
};

/** Probability of (won, lost) of n documents under the shares pb, pc. */
function tableProbability(won: number, lost: number, n: number, pb: number, pc: number): number {
  const same = n - won - lost;
  const power = (count: number, p: number) => (count === 0 ? 0 : count * Math.log(p));
  const ways = logFactorial(n) - logFactorial(won) - logFactorial(lost) - logFactorial(same);
  return Math.exp(ways + power(won, pb) + power(lost, pc) + power(same, 1 - pb - pc));
}

interface Cell {
  readonly won: number;
  readonly lost: number;
}
const cellsOf = (n: number): Cell[] =>
  Array.from({ length: n + 1 }, (_, won) => Array.from({ length: n + 1 - won }, (__, lost) => ({ won, lost }))).flat();

function wilsonCoverage(n: number): number[] {
  const intervals = Array.from({ length: n + 1 }, (_, k) => wilson(k, n));
  return Array.from({ length: 999 }, (_, i) => (i + 1) / 1000).map((p) =>
    intervals.reduce((sum, interval, k) => sum + (holds(interval, p) ? binomialPmf(k, n, p) : 0), 0),
  );
}

function tangoCoverage(n: number): number[] {
  const cells = cellsOf(n).map((cell) => ({ ...cell, interval: tango(cell.won, cell.lost, n) }));
  const shares = [0, 0.01, 0.03, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4];
  return shares.flatMap((pb) =>
    shares
      .filter((pc) => pb + pc > 0)
      .map((pc) =>
        cells.reduce(
          (sum, { won, lost, interval }) =>
            sum + (holds(interval, pb - pc) ? tableProbability(won, lost, n, pb, pc) : 0),
          0,
        ),
      ),
  );
}

/** Chance of p ≤ 5 % without a difference, for shares of differing documents from 2 to 100 %. */
function falsePositives(n: number, test: (won: number, lost: number) => number): number[] {
  const refused = Array.from({ length: n + 1 }, (_, d) =>
    Array.from({ length: d + 1 }, (__, won) => (test(won, d - won) <= 0.05 ? binomialPmf(won, d, 0.5) : 0)).reduce(
      (a, b) => a + b,
    ),
  );
  return Array.from({ length: 50 }, (_, i) => (i + 1) / 50).map((differ) =>
    refused.reduce((sum, share, d) => sum + share * binomialPmf(d, n, differ), 0),
  );
}

const uniform = (random: Draws) => (random.int(2 ** 32) + 0.5) / 2 ** 32;
const normal = (random: Draws) => Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random));
/** +1 for won, −1 for lost, 0 for the same. */
const outcome = (random: Draws, pb: number, pc: number) => {
  const u = uniform(random);
  return u < pb ? 1 : u < pb + pc ? -1 : 0;
};

/** Values of one document, minus their true mean. */
const KINDS: readonly { readonly name: string; readonly value: (random: Draws) => number }[] = [
  { name: 'normal', value: normal },
  { name: 'skewed (exponential)', value: (random) => -Math.log(uniform(random)) - 1 },
  { name: 'right/wrong, 25 % differ', value: (random) => outcome(random, 0.125, 0.125) },
  { name: 'right/wrong, 5 % differ', value: (random) => outcome(random, 0.025, 0.025) },
  { name: 'right/wrong, 5 % differ, all won', value: (random) => outcome(random, 0.05, 0) - 0.05 },
];

function bootstrapRates(name: string, run: (random: Draws, seed: number) => BootstrapResult): [number, number] {
  const random = draws(1, name);
  let held = 0;
  let refused = 0;
  for (let s = 0; s < SAMPLES; s++) {
    const result = run(random, s);
    if (holds(result, 0)) held++;
    if (result.p <= 0.05) refused++;
  }
  return [held / SAMPLES, refused / SAMPLES];
}

interface Family {
  /** Share of families with a false verdict; mean share of false ones among the verdicts; share of true differences found. */
  readonly any: number;
  readonly share: number;
  readonly found: number;
}

/** Families of tasks of which `different` truly differ by 15 points (25 % won, 10 % lost); the others differ on 20 % of documents. */
function families(n: number, different: number, adjust: (p: readonly number[]) => readonly number[]): Family {
  const random = draws(2, 'families');
  const results = Array.from({ length: SAMPLES / 2 }, () => {
    const p = Array.from({ length: TASKS }, (_, t) => {
      const [pb, pc] = t < different ? [0.25, 0.1] : [0.1, 0.1];
      let won = 0;
      let lost = 0;
      for (let i = 0; i < n; i++) {
        const value = outcome(random, pb, pc);
        if (value > 0) won++;
        if (value < 0) lost++;
      }
      return mcnemarExact(won, lost);
    });
    const told = adjust(p).map((q) => q <= 0.05);
    return {
      right: told.slice(0, different).filter(Boolean).length,
      wrong: told.slice(different).filter(Boolean).length,
    };
  });
  return {
    any: average(results.map(({ wrong }) => (wrong > 0 ? 1 : 0))),
    share: average(results.map(({ right, wrong }) => wrong / Math.max(1, right + wrong))),
    found: different === 0 ? 0 : average(results.map(({ right }) => right / different)),
  };
}

console.log('\nCoverage of 95 % intervals, mean (lowest), %\n');
row('interval', ...SIZES.map((n) => `n = ${String(n)}`));
row('---', ...SIZES.map(() => '---'));
const counted = [
  { name: 'Wilson', coverage: wilsonCoverage },
  { name: 'Tango', coverage: tangoCoverage },
];
for (const { name, coverage } of counted)
  row(
    name,
    ...SIZES.map((n) => {
      const shares = coverage(n);
      return `${percent(average(shares))} (${percent(Math.min(...shares))})`;
    }),
  );

console.log('\nFalse positives of a test at 5 %, mean (highest), %\n');
row('test', ...SIZES.map((n) => `n = ${String(n)}`));
row('---', ...SIZES.map(() => '---'));
for (const { name, test } of [
  { name: 'McNemar, exact', test: mcnemarExact },
  { name: 'McNemar, mid-p', test: mcnemarMidP },
])
  row(
    name,
    ...SIZES.map((n) => {
      const rates = falsePositives(n, test);
      return `${percent(average(rates))} (${percent(Math.max(...rates))})`;
    }),
  );

console.log(`\nBootstrap: coverage of 95 % intervals / false positives at 5 %, ${String(SAMPLES)} samples, %\n`);
row('values', ...SIZES.map((n) => `n = ${String(n)}`));
row('---', ...SIZES.map(() => '---'));
for (const { name, value } of KINDS)
  row(
    name,
    ...SIZES.map((n) => {
      const rates = bootstrapRates(name, (random, seed) =>
        bootstrapMean(
          Array.from({ length: n }, () => value(random)),
          { seed, resamples: RESAMPLES },
        ),
      );
      return rates.map(percent).join(' / ');
    }),
  );
row(
  'average of 6 tasks, right/wrong, 25 % differ',
  ...SIZES.map((n) => {
    const rates = bootstrapRates('tasks', (random, seed) =>
      bootstrapAverage(
        Array.from({ length: 6 }, () => Array.from({ length: n }, () => outcome(random, 0.125, 0.125))),
        { seed, resamples: RESAMPLES },
      ),
    );
    return rates.map(percent).join(' / ');
  }),
);

console.log(`\nFamilies of ${String(TASKS)} tasks at 5 %, ${String(SAMPLES / 2)} families, %\n`);
row('correction', 'tasks that differ', 'rate', ...SIZES.map((n) => `n = ${String(n)}`));
row('---', '---', '---', ...SIZES.map(() => '---'));
for (const [name, adjust] of [
  ['Holm', holm],
  ['Benjamini-Hochberg', benjaminiHochberg],
] as const)
  for (const different of [0, TASKS / 2]) {
    const rates = SIZES.map((n) => families(n, different, adjust));
    row(name, String(different), 'families with a false verdict', ...rates.map(({ any }) => percent(any)));
    row(name, String(different), 'false share of the verdicts', ...rates.map(({ share }) => percent(share)));
    if (different > 0)
      row(name, String(different), 'true differences found', ...rates.map(({ found }) => percent(found)));
  }
