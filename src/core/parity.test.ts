import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareFree,
  joinParity,
  logitDifference,
  scoreDifference,
  within,
  type FreeFigures,
  type FreeRun,
  type LogitFigures,
  type ParityBounds,
  type PolicyParity,
} from './parity.ts';

const bounds: ParityBounds = { logits: 1e-3, scores: 1e-4, scoreError: 1e-5, share: 0.999 };

describe('logits', () => {
  const row = Float32Array.of(0, 1, 3, 2);
  const figures: LogitFigures = {
    rows: [0],
    top: 2,
    topIds: Int32Array.of(2, 3),
    topValues: Float32Array.of(3, 2),
    fixedIds: [0],
    fixedValues: Float32Array.of(0),
    sums: Float32Array.of(Math.log(1 + Math.E + Math.E ** 3 + Math.E ** 2)),
  };

  test('equal rows differ by rounding', () => {
    expect(logitDifference(row, figures, 0)).toBeLessThan(1e-6);
  });

  test.each([
    ['a top one', [0, 1, 3, 2.5], 0.5],
    ['a fixed one', [-0.25, 1, 3, 2], 0.25],
    ['one that only the sum sees', [0, 3, 3, 2], 0.4],
  ])('%s that is off is seen', (_, values, least) => {
    expect(logitDifference(Float32Array.from(values), figures, 0)).toBeGreaterThanOrEqual(least);
  });

  test('what is no number is infinitely far', () => {
    expect(logitDifference(Float32Array.of(0, 1, NaN, 2), figures, 0)).toBe(Infinity);
    expect(logitDifference(Float32Array.of(0, 1), figures, 0)).toBe(Infinity);
    expect(scoreDifference(Float32Array.of(NaN), Float32Array.of(1), 1)).toBe(Infinity);
  });
});

test('scores are compared in parts of the range, or as they are where all are the same', () => {
  const reference = Float32Array.of(1, 5);
  expect(scoreDifference(Float32Array.of(1, 5.5), reference, 4)).toBe(0.125);
  expect(scoreDifference(Float32Array.of(1, 5.5), reference, 0)).toBe(0.5);
});

/** One site, prompt of two tokens, answer of three, two slots. */
const figures = (change: Partial<FreeFigures> = {}): FreeFigures => ({
  promptTokens: 2,
  answer: [7, 8, 9],
  margins: Float32Array.of(1, 1, 1),
  sites: 1,
  tokens: 4,
  slots: 2,
  experts: Int16Array.of(0, 1, 2, 3, 0, 2, 1, 3),
  weights: Float32Array.of(0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4),
  gaps: Float32Array.of(1, 1, 1, 1),
  ...change,
});
const run = (change: Partial<FreeRun> = {}): FreeRun => {
  const { answer, tokens, slots, experts, weights } = figures();
  return { answer, tokens, slots, experts, weights, ...change };
};

describe('free runs', () => {
  test('the same in everything', () => {
    expect(compareFree(run(), figures(), bounds)).toEqual({
      choices: { equal: 4, compared: 4 },
      tokens: { equal: 3, compared: 3 },
      nearTies: 0,
    });
  });

  test('the order of the slots does not matter, the weights do', () => {
    const swapped = { experts: Int16Array.of(1, 0, 3, 2, 2, 0, 3, 1) };
    const weights = Float32Array.of(0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.6);
    expect(compareFree(run({ ...swapped, weights }), figures(), bounds).choices.equal).toBe(4);
    expect(compareFree(run(swapped), figures(), bounds).choices.equal).toBe(0);
  });

  test('another expert at a clear gap is a difference', () => {
    const experts = Int16Array.of(0, 1, 2, 4, 0, 2, 1, 3);
    const result = compareFree(run({ experts }), figures(), bounds);
    expect(result.choices).toEqual({ equal: 3, compared: 4 });
    expect(result.parted).toEqual({ token: 1, site: 0, nearTie: false });
  });

  test('another expert at a near-tie ends the comparison, the same one is left out of it', () => {
    const near = figures({ gaps: Float32Array.of(1, 1e-6, 1, 1) });
    const experts = Int16Array.of(0, 1, 2, 4, 9, 9, 9, 9);
    expect(compareFree(run({ experts, answer: [1, 1, 1] }), near, bounds)).toEqual({
      choices: { equal: 1, compared: 1 },
      tokens: { equal: 0, compared: 0 },
      nearTies: 1,
      parted: { token: 1, site: 0, nearTie: true },
    });
    expect(compareFree(run(), near, bounds)).toMatchObject({ choices: { equal: 3, compared: 3 }, nearTies: 1 });
  });

  test('another token ends it too, and counts unless it was a near-tie', () => {
    const other = run({ answer: [7, 5, 5] });
    expect(compareFree(other, figures(), bounds)).toMatchObject({
      choices: { compared: 3 },
      tokens: { equal: 1, compared: 2 },
      parted: { token: 3, nearTie: false },
    });
    const near = figures({ margins: Float32Array.of(1, 1e-3, 1) });
    expect(compareFree(other, near, bounds)).toMatchObject({
      tokens: { equal: 1, compared: 1 },
      parted: { nearTie: true },
    });
  });

  test('a constant route holds for every token; nobody chosen equals nobody chosen', () => {
    const { promptTokens, answer, margins, sites } = figures();
    const route = { tokens: 1, slots: 1, experts: Int16Array.of(2), weights: Float32Array.of(1) };
    const constant: FreeFigures = { promptTokens, answer, margins, sites, ...route };
    const own = run({ slots: 1, experts: new Int16Array(4).fill(2), weights: new Float32Array(4).fill(1) });
    expect(compareFree(own, constant, bounds).choices).toEqual({ equal: 4, compared: 4 });
    const empty = { ...constant, slots: 0, experts: new Int16Array(), weights: new Float32Array() };
    expect(compareFree(own, empty, bounds).choices.equal).toBe(0);
  });

  test('a shorter run compares what it has', () => {
    const own = run({ answer: [7], tokens: 2 });
    expect(compareFree(own, figures(), bounds)).toMatchObject({ choices: { compared: 2 }, tokens: { compared: 1 } });
  });

  test('equal never exceeds compared, whatever is given', () => {
    const experts = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 8, maxLength: 8 });
    const numbers = fc.array(fc.float({ noNaN: false }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(experts, experts, numbers, (mine, theirs, gaps) => {
        const result = compareFree(
          run({ experts: Int16Array.from(mine) }),
          figures({ experts: Int16Array.from(theirs), gaps: Float32Array.from(gaps) }),
          bounds,
        );
        expect(result.choices.equal).toBeLessThanOrEqual(result.choices.compared);
        expect(result.choices.compared).toBeLessThanOrEqual(4);
      }),
    );
  });
});

describe('a verdict', () => {
  const good: PolicyParity = {
    policy: 'p',
    prompts: 1,
    constant: false,
    logits: { largest: 1e-4, compared: 100 },
    scores: { largest: 1e-6, compared: 100 },
    choices: { equal: 2000, compared: 2000 },
    tokens: { equal: 64, compared: 64 },
    nearTies: 0,
    parted: 0,
  };
  test.each<[string, Partial<PolicyParity>, boolean]>([
    ['good', {}, true],
    ['logits past the bound', { logits: { largest: 2e-3, compared: 100 } }, false],
    ['scores past the bound', { scores: { largest: 2e-4, compared: 100 } }, false],
    ['2 of 2000 choices', { choices: { equal: 1998, compared: 2000 } }, true],
    ['3 of 2000 choices', { choices: { equal: 1997, compared: 2000 } }, false],
    ['one of 64 tokens', { tokens: { equal: 63, compared: 64 } }, false],
    [
      'nothing compared',
      { logits: { largest: 0, compared: 0 }, tokens: { equal: 0, compared: 0 }, choices: { equal: 0, compared: 0 } },
      false,
    ],
  ])('%s', (_, change, passed) => {
    expect(within({ ...good, ...change }, bounds)).toBe(passed);
  });

  test('parts are added up, their worst kept', () => {
    const worst = { ...good, logits: { largest: 1, compared: 1 }, nearTies: 3 };
    expect(joinParity('both', [good, worst])).toEqual({
      policy: 'both',
      prompts: 1,
      constant: false,
      logits: { largest: 1, compared: 101 },
      scores: { largest: 1e-6, compared: 200 },
      choices: { equal: 4000, compared: 4000 },
      tokens: { equal: 128, compared: 128 },
      nearTies: 3,
      parted: 0,
    });
  });
});
