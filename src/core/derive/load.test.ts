import fc from 'fast-check';
import { expect, test } from 'vitest';
import { library, traceOf } from './fixture.ts';
import { expertLoad, tokenShares } from './load.ts';

const { sites } = library(3, 2);
const trace = traceOf(
  [
    [[[0, 1]], [[1, 1]]],
    [
      [
        [0, 0.5],
        [1, 0.5],
      ],
      [],
    ],
    [[[2, 1]], [[2, 1]]],
    [[[2, 1]], [[0, 1]]],
  ],
  2,
  3,
);

test('shares in all, by layer and of first places', () => {
  const load = expertLoad(trace, sites, 3);
  expect(load.layers).toBe(2);
  expect([...load.share]).toEqual([2.5 / 7, 1.5 / 7, 3 / 7]);
  expect([...load.byLayer]).toEqual([0.5, 0.25, 0.5, 0, 0, 0.75]);
  expect([...load.first]).toEqual([3 / 8, 1 / 8, 3 / 8]);
});

test('only the tokens asked for count', () => {
  const load = expertLoad(trace, sites, 3, (token) => token === 1);
  expect([...load.share]).toEqual([1 / 3, 1 / 3, 1 / 3]);
});

test('units that are no expert of the library are left out, nothing chosen gives zeros', () => {
  expect([...expertLoad(trace, sites, 2).share]).toEqual([2.5 / 4, 1.5 / 4]);
  expect([...expertLoad(traceOf([[[]]], 1, 2), sites, 2).share]).toEqual([0, 0]);
});

test('shares of one token, over all sites or at one', () => {
  expect(tokenShares(trace, 0)).toEqual([
    { unit: 2, share: 0.5 },
    { unit: 0, share: 0.375 },
    { unit: 1, share: 0.125 },
  ]);
  expect(tokenShares(trace, 0, 1)).toEqual([
    { unit: 0, share: 0.5 },
    { unit: 1, share: 0.5 },
  ]);
  expect(tokenShares(trace, 2)).toEqual([]);
  expect(tokenShares(trace, 0, 9)).toEqual([]);
});

test('shares add up to one, in all and in each layer', () => {
  const cell = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.double({ min: 0.01, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 2,
  });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 4, maxLength: 4 }), (cells) => {
      const load = expertLoad(traceOf(cells, 2, 3), sites, 3);
      expect(load.share.reduce((s, v) => s + v, 0)).toBeCloseTo(1, 9);
      for (let layer = 0; layer < 2; layer++) {
        expect([0, 1, 2].reduce((s, u) => s + (load.byLayer[u * 2 + layer] ?? 0), 0)).toBeCloseTo(1, 9);
      }
    }),
    { numRuns: 50 },
  );
});
