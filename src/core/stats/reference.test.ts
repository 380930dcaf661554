/** Against SciPy and statsmodels: `reference.json` is written by tools/stats/reference.py; edges first in each family. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  benjaminiHochberg,
  bootstrapAverage,
  detectableDifference,
  documentsNeeded,
  holm,
  mcnemarExact,
  mcnemarMidP,
  power,
  smallestSignificantDifference,
  tango,
  wilson,
} from './index.ts';

type Numbers = readonly number[];
interface Reference {
  readonly wilson: readonly (readonly [readonly [k: number, n: number, level: number], Numbers])[];
  readonly tango: readonly (readonly [readonly [won: number, lost: number, n: number, level: number], Numbers])[];
  readonly mcnemar: readonly (readonly [readonly [won: number, lost: number], Numbers])[];
  readonly adjust: readonly (readonly [Numbers, readonly [holm: Numbers, bh: Numbers]])[];
  readonly power: readonly (readonly [readonly [n: number, pb: number, pc: number, alpha: number], number])[];
  readonly planning: readonly (readonly [
    readonly [n: number, discordance: number, power: number, alpha: number, comparisons: number],
    smallest: number | null,
    detectable: number | null,
  ])[];
  readonly bootstrap: readonly (readonly [
    readonly [tasks: readonly Numbers[], seed: number, resamples: number, level: number],
    Numbers,
  ])[];
}
const reference = JSON.parse(readFileSync(new URL('reference.json', import.meta.url), 'utf8')) as Reference;

/** Cases whose results differ by more than `share` of the reference, shown with both. */
function different<A>(
  cases: readonly (readonly [A, Numbers])[],
  compute: (args: A) => Numbers,
  allowed: (expected: number) => number,
) {
  return cases
    .map(([args, expected]) => ({ args, expected, found: compute(args) }))
    .filter(
      ({ expected, found }) =>
        found.length !== expected.length ||
        !expected.every((value, i) => Math.abs((found[i] ?? Number.NaN) - value) <= allowed(value)),
    );
}
const relative = (share: number) => (expected: number) => share * Math.abs(expected) + 1e-300;
const absolute = (most: number) => () => most;

test('each family has its edges and at least 500 drawn cases', () => {
  for (const family of ['wilson', 'tango', 'mcnemar', 'adjust', 'power'] as const)
    expect(reference[family].length, family).toBeGreaterThan(500);
});

test('Wilson intervals equal statsmodels', () => {
  expect(
    different(
      reference.wilson,
      ([k, n, level]) => {
        const { lower, upper } = wilson(k, n, level);
        return [lower, upper];
      },
      absolute(1e-12),
    ),
  ).toEqual([]);
});

test('Tango intervals equal the definition solved by SciPy', () => {
  expect(
    different(
      reference.tango,
      ([won, lost, n, level]) => {
        const { lower, upper } = tango(won, lost, n, level);
        return [lower, upper];
      },
      absolute(1e-10),
    ),
  ).toEqual([]);
});

test('McNemar, exact and mid-p, equals statsmodels and SciPy', () => {
  expect(
    different(reference.mcnemar, ([won, lost]) => [mcnemarExact(won, lost), mcnemarMidP(won, lost)], relative(1e-9)),
  ).toEqual([]);
});

test('Holm and Benjamini-Hochberg equal statsmodels', () => {
  const flat = reference.adjust.map(([p, [step, rate]]) => [p, [...step, ...rate]] as const);
  expect(different(flat, (p) => [...holm(p), ...benjaminiHochberg(p)], relative(1e-11))).toEqual([]);
});

test('power equals the sum over every table', () => {
  const cases = reference.power.map(([args, value]) => [args, [value]] as const);
  expect(different(cases, ([n, pb, pc, alpha]) => [power(n, pb, pc, alpha)], absolute(1e-10))).toEqual([]);
});

describe('planning', () => {
  test('the smallest significant difference equals that found by SciPy’s exact test', () => {
    for (const [[n, , , alpha, comparisons], smallest] of reference.planning)
      expect(smallestSignificantDifference(n, alpha, comparisons) ?? null).toBe(smallest);
  });

  test('the detectable difference equals that found by SciPy on every table', () => {
    let defined = 0;
    for (const [[n, discordance, wished, alpha, comparisons], , detectable] of reference.planning) {
      const found = detectableDifference(n, { discordance, power: wished, alpha, comparisons });
      if (detectable === null) expect(found).toBeUndefined();
      else {
        defined++;
        expect(Math.abs((found ?? Number.NaN) - detectable)).toBeLessThan(2e-6);
        // The way back: these documents are enough, whether or not fewer would be.
        expect(
          documentsNeeded(found ?? Number.NaN, { discordance, power: wished, alpha, comparisons }),
        ).toBeLessThanOrEqual(n);
      }
    }
    expect(defined).toBeGreaterThan(30);
  });
});

test('the bootstrap equals numpy with the same draws', () => {
  expect(
    different(
      reference.bootstrap,
      ([tasks, seed, resamples, level]) => {
        const { estimate, lower, upper, p } = bootstrapAverage(tasks, { seed, resamples, level });
        return [estimate, lower, upper, p];
      },
      absolute(1e-9),
    ),
  ).toEqual([]);
});
