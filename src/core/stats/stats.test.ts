import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binomialPmf, logFactorial } from './binomial.ts';
import { bootstrap } from './bootstrap.ts';
import {
  benjaminiHochberg,
  bootstrapAverage,
  bootstrapMean,
  detectableDifference,
  differences,
  documentsNeeded,
  holm,
  mcnemarExact,
  mcnemarMidP,
  normalisedAverage,
  normalisedDifference,
  normalisedScore,
  power,
  smallestSignificantDifference,
  tango,
  verdict,
  verdicts,
  wilson,
} from './index.ts';

const counts = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.nat(60))
  .filter(([n, won, lost]) => won + lost <= n);

describe('intervals', () => {
  test('a Wilson interval at the ends, and of one document', () => {
    expect(wilson(0, 20).lower).toBe(0);
    expect(wilson(20, 20).upper).toBe(1);
    expect(wilson(1, 1).lower).toBeCloseTo(0.2065493143772374, 12);
  });

  test('Tango without differing documents is ± z² / (n + z²)', () => {
    const z2 = 1.959963984540054 ** 2;
    for (const n of [1, 20, 200]) {
      const { estimate, lower, upper } = tango(0, 0, n);
      expect(estimate).toBe(0);
      expect(upper).toBeCloseTo(z2 / (n + z2), 12);
      expect(lower).toBeCloseTo(-z2 / (n + z2), 12);
    }
    expect(tango(7, 0, 7).upper).toBe(1);
    expect(tango(0, 7, 7).lower).toBe(-1);
  });

  test('Tango turns around with the policies, and holds its estimate', () => {
    fc.assert(
      fc.property(counts, ([n, won, lost]) => {
        const here = tango(won, lost, n);
        const there = tango(lost, won, n);
        expect(here.lower).toBeCloseTo(-there.upper, 12);
        expect(here.lower <= here.estimate && here.estimate <= here.upper).toBe(true);
        expect(here.lower >= -1 && here.upper <= 1).toBe(true);
      }),
    );
  });

  test('Wilson intervals at 95 % hold the truth in 95 % of cases on average', () => {
    for (const n of [20, 50]) {
      const intervals = Array.from({ length: n + 1 }, (_, k) => wilson(k, n));
      let sum = 0;
      for (let p = 0.005; p < 1; p += 0.01)
        intervals.forEach(({ lower, upper }, k) => {
          if (lower <= p && p <= upper) sum += binomialPmf(k, n, p) / 100;
        });
      expect(Math.abs(sum - 0.95)).toBeLessThan(0.01);
    }
  });
});

describe('McNemar', () => {
  test('no difference is no evidence', () => {
    for (const differ of [0, 1, 5, 1000])
      expect([mcnemarExact(differ, differ), mcnemarMidP(differ, differ)]).toEqual([1, 1]);
    expect(mcnemarExact(1, 0)).toBe(1);
    expect(mcnemarMidP(1, 0)).toBe(0.5);
    expect(mcnemarExact(6, 0)).toBeCloseTo(2 / 64, 15);
  });

  test('the exact test never refuses more often than its level, mid-p refuses more', () => {
    for (let differ = 0; differ <= 60; differ++) {
      let exact = 0;
      let mid = 0;
      for (let won = 0; won <= differ; won++) {
        if (mcnemarExact(won, differ - won) <= 0.05) exact += binomialPmf(won, differ, 0.5);
        if (mcnemarMidP(won, differ - won) <= 0.05) mid += binomialPmf(won, differ, 0.5);
      }
      expect(exact).toBeLessThanOrEqual(0.05);
      expect(mid).toBeGreaterThanOrEqual(exact);
    }
  });

  test('log n! is continuous where its formula changes', () => {
    for (let n = 1; n < 40; n++) expect(logFactorial(n) - logFactorial(n - 1)).toBeCloseTo(Math.log(n), 12);
  });
});

describe('corrections for many tests', () => {
  test('one test needs none; order and ties are kept', () => {
    expect([holm([0.03]), benjaminiHochberg([0.03])]).toEqual([[0.03], [0.03]]);
    expect([holm([]), benjaminiHochberg([])]).toEqual([[], []]);
    expect(holm([0.5, 0.01, 0.01])).toEqual([0.5, 0.03, 0.03]);
    expect(benjaminiHochberg([0.04, 0.01, 0.04])).toEqual([0.04, 0.03, 0.04]);
  });

  test('Holm is never below Benjamini-Hochberg, nor that below the p-value', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }), (p) => {
        const step = holm(p);
        benjaminiHochberg(p).forEach((rate, i) => {
          expect(step[i]).toBeGreaterThanOrEqual(rate * (1 - 1e-12));
          expect(rate).toBeGreaterThanOrEqual((p[i] ?? 0) * (1 - 1e-12));
        });
      }),
    );
  });
});

describe('bootstrap', () => {
  const values = [1, 0, 0, -1, 1, 1, 0, 0, 1, 0];

  test('the same seed gives the same interval, another seed another', () => {
    const of = (seed: number) => bootstrapMean([...values, 0.123], { seed });
    expect(of(3)).toEqual(of(3));
    expect(of(3)).not.toEqual(of(4));
  });

  test('documents are paired: what both policies share does not widen the interval', () => {
    const hard = Array.from({ length: 25 }, (_, i) => 10 * (i % 7));
    const better = hard.map((value, i) => value + 1 + (i % 2) * 0.1);
    const { lower, upper, p } = bootstrapMean(differences(better, hard), { seed: 1 });
    expect(lower).toBeGreaterThan(1);
    expect(upper).toBeLessThan(1.1);
    // The smallest p that the default's resamples can give passes Holm’s first step of 36 tasks.
    expect(p).toBeLessThan(0.05 / 36);
  });

  test('no difference anywhere is p = 1 and an interval of nothing but 0', () => {
    expect(
      bootstrapAverage(
        [
          [0, 0, 0],
          [0, 0],
        ],
        { seed: 1 },
      ),
    ).toEqual({ estimate: 0, lower: 0, upper: 0, p: 1 });
  });

  test('every task weighs the same, however many documents it has', () => {
    const long = Array.from({ length: 90 }, () => 1);
    expect(bootstrapAverage([long, [0, 0]], { seed: 1 })).toMatchObject({ estimate: 0.5, lower: 0.5, upper: 0.5 });
  });

  test('p ≤ 5 % where the 95 % interval leaves 0 out', () => {
    for (let seed = 0; seed < 40; seed++) {
      const shifted = Array.from({ length: 25 }, (_, i) => Math.sin(7 * i + seed) + 0.3);
      const { lower, upper, p } = bootstrapMean(shifted, { seed, resamples: 999 });
      // At the edge the two may part by one resample.
      if (Math.abs(p - 0.05) > 0.004) expect(p < 0.05, String(seed)).toBe(lower > 0 || upper < 0);
    }
  });

  test('any statistic of the tasks’ means', () => {
    const { estimate } = bootstrap(
      [
        [1, 3],
        [5, 5],
      ],
      (means) => (means[1] ?? 0) - (means[0] ?? 0),
      { seed: 1 },
    );
    expect(estimate).toBe(3);
  });
});

describe('normalised scores', () => {
  test('guessing is 0, all right is 1', () => {
    expect([normalisedScore(0.25, 0.25), normalisedScore(1, 0.25), normalisedScore(0.1, 0)]).toEqual([0, 1, 0.1]);
    expect(normalisedScore(0, 0.5)).toBe(-1);
  });

  test('the average floors each task at 0, the difference does not', () => {
    const tasks = [
      { right: [0, 0, 0, 0], chance: 0.5 },
      { right: [1, 1, 1, 0], chance: 0.5 },
    ];
    expect(normalisedAverage(tasks, { seed: 1 }).estimate).toBeCloseTo(0.25, 12);
    const pair = { differences: differences([0, 0, 0, 0], [1, 1, 0, 0]), chance: 0.5 };
    expect(normalisedDifference([pair], { seed: 1 }).estimate).toBeCloseTo(-1, 12);
  });
});

describe('planning', () => {
  test('40 documents: differences under 15 points cannot show; over 36 tasks, under 27.5', () => {
    expect(smallestSignificantDifference(40)).toBe(6 / 40);
    expect(smallestSignificantDifference(40, 0.05, 36)).toBe(11 / 40);
    expect(smallestSignificantDifference(5)).toBeUndefined();
    for (const comparisons of [1, 12, 36]) {
      const won = 40 * (smallestSignificantDifference(40, 0.05, comparisons) ?? Number.NaN);
      expect(mcnemarExact(won, 0)).toBeLessThanOrEqual(0.05 / comparisons);
      expect(mcnemarExact(won - 1, 0)).toBeGreaterThan(0.05 / comparisons);
    }
  });

  test('without a difference the power is the rate of false positives', () => {
    expect(power(20, 0, 0)).toBe(0);
    for (const n of [20, 200, 20_000]) expect(power(n, 0.1, 0.1)).toBeLessThanOrEqual(0.05);
    // With many documents the exact test comes near to its level: the sums reach far enough.
    expect(power(100_000, 0.25, 0.25)).toBeGreaterThan(0.048);
  });

  test('the number of documents is enough, and none of the 16 below it', () => {
    for (const [difference, discordance, comparisons] of [
      [0.1, 0.2, 1],
      [0.05, 0.2, 36],
      [1, 1, 1],
      [0.3, 1, 1],
    ] as const) {
      const n = documentsNeeded(difference, { discordance, comparisons }) ?? 0;
      const at = (documents: number) =>
        power(documents, (discordance + difference) / 2, (discordance - difference) / 2, 0.05 / comparisons);
      expect(at(n)).toBeGreaterThanOrEqual(0.8);
      for (let fewer = Math.max(1, n - 16); fewer < n; fewer++) expect(at(fewer)).toBeLessThan(0.8);
    }
    expect(documentsNeeded(1, { discordance: 1 })).toBe(6);
  });

  test('what cannot be reached is undefined', () => {
    expect(documentsNeeded(0.0005, { discordance: 0.5 })).toBeUndefined();
    expect(detectableDifference(20, { discordance: 0.1 })).toBeUndefined();
  });
});

describe('verdicts', () => {
  test('better, worse, cannot be told', () => {
    expect(verdict({ n: 40, won: 6, lost: 0 })).toBe('better');
    expect(verdict({ n: 40, won: 0, lost: 6 })).toBe('worse');
    for (const [won, lost] of [
      [5, 0],
      [0, 0],
      [20, 20],
    ] as const)
      expect(verdict({ n: 40, won, lost })).toBe('cannot be told at this n');
    expect(verdict({ n: 1, won: 1, lost: 0 })).toBe('cannot be told at this n');
  });

  test('a family costs: six won of six are no longer enough among two', () => {
    const judged = verdicts([
      { n: 40, won: 6, lost: 0 },
      { n: 40, won: 0, lost: 0 },
    ]);
    expect(judged.map((j) => j.verdict)).toEqual(['cannot be told at this n', 'cannot be told at this n']);
    expect(judged[0]).toMatchObject({ p: 0.03125, adjusted: 0.0625 });
  });
});

test('errors name the argument and what it may be', () => {
  const seed = 1;
  const bad: [() => unknown, string][] = [
    [() => wilson(0, 0), 'n must be a whole number from 1 to 1000000, not 0'],
    [() => wilson(5, 4), 'k must be a whole number from 0 to 4, not 5'],
    [() => wilson(1.5, 4), 'k must be a whole number from 0 to 4, not 1.5'],
    [() => wilson(1, 4, 1), 'level must lie between 0 and 1, not 1'],
    [() => tango(3, 2, 4), 'lost must be a whole number from 0 to 1, not 2'],
    [() => tango(0, 0, Number.NaN), 'n must be a whole number from 1 to 1000000, not NaN'],
    [() => mcnemarExact(-1, 2), 'won must be'],
    [() => mcnemarMidP(1, Infinity), 'lost must be'],
    [() => holm([0.1, 1.1]), 'pValues[1] must be from 0 to 1, not 1.1'],
    [() => benjaminiHochberg([Number.NaN]), 'pValues[0] must be from 0 to 1, not NaN'],
    [() => bootstrapMean([1], { seed }), 'tasks[0] must hold from 2 to 1000000 values, not 1'],
    [() => bootstrapAverage([], { seed }), 'the number of tasks must be'],
    [
      () =>
        bootstrapAverage(
          [
            [1, 2],
            [1, Infinity],
          ],
          { seed },
        ),
      'tasks[1][1] must be a finite number, not Infinity',
    ],
    [() => bootstrapMean([1, 2], { seed: 0.5 }), 'seed must be'],
    [() => bootstrapMean([1, 2], { seed, resamples: 10 }), 'resamples must be'],
    [() => bootstrapMean([1, 2], { seed, level: 0 }), 'level must lie between 0 and 1, not 0'],
    [
      () => bootstrapMean(new Float64Array(100_000), { seed, resamples: 100_000 }),
      'resamples × documents must be at most 1000000000, not 10000000000',
    ],
    [() => differences([1, 2], [1]), 'first and second must be of the same documents, not 2 and 1'],
    [() => normalisedScore(0.5, 1), 'chance must be from 0 to below 1, not 1'],
    [() => normalisedScore(Number.NaN, 0), 'score must be a finite number, not NaN'],
    [() => normalisedAverage([{ right: [0, 1], chance: -1 }], { seed }), 'tasks[0].chance must be'],
    [() => smallestSignificantDifference(0), 'n must be'],
    [() => smallestSignificantDifference(10, 0), 'alpha must lie between 0 and 1, not 0'],
    [() => smallestSignificantDifference(10, 0.05, 0), 'comparisons must be'],
    [() => power(10, 0.6, 0.6), 'pb + pc must be at most 1, not 1.2'],
    [() => power(100_001, 0.1, 0.1), 'n must be a whole number from 1 to 100000, not 100001'],
    [() => power(10, 2, 0), 'pb must be from 0 to 1, not 2'],
    [() => detectableDifference(10, { discordance: 0 }), 'discordance must be above 0 and at most 1, not 0'],
    [() => detectableDifference(10, { discordance: 0.5, power: 1 }), 'power must lie between 0 and 1, not 1'],
    [() => documentsNeeded(0.3, { discordance: 0.2 }), 'difference must be above 0 and at most the discordance 0.2'],
    [() => verdicts([{ n: 4, won: 4, lost: 1 }]), 'tables[0].lost must be a whole number from 0 to 0, not 1'],
    [() => verdict({ n: 4, won: 1, lost: 1 }, 2), 'alpha must lie between 0 and 1, not 2'],
  ];
  for (const [call, message] of bad) {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  }
});
