import { describe, expect, test } from 'vitest';
import { causalMask, rmsNorm, ropeTables } from './numeric.ts';

/** By PyTorch 2: inv = 1 / (100000 ** (arange(0, 64, 2).float() / 64)); cos and sin of 1900 · inv, pair by pair. */
const torch: readonly (readonly [pair: number, cos: number, sin: number])[] = [
  [0, -0.787807345, 0.615921736],
  [1, 0.992078543, 0.125619188],
  [2, -0.0392956845, 0.999227643],
  [3, 0.0622762963, -0.998058915],
  [4, -0.254733086, -0.967011392],
  [8, 0.999529064, 0.0306859631],
  [12, 0.979230225, 0.202751637],
  [16, 0.962463915, -0.271409631],
  [24, 0.943461835, 0.331481189],
  [31, 0.999629378, 0.0272238776],
];

describe('rotary tables', () => {
  test('are the cosines and sines of position times frequency', () => {
    const { cos, sin } = ropeTables(10000, 4, 3, 2);
    const expected = [3, 3 / 100, 4, 4 / 100];
    expected.forEach((angle, i) => {
      expect(cos[i]).toBeCloseTo(Math.cos(angle), 6);
      expect(sin[i]).toBeCloseTo(Math.sin(angle), 6);
    });
  });

  test.each(torch)('round like PyTorch at far positions: pair %i', (i, cosine, sine) => {
    const { cos, sin } = ropeTables(100000, 64, 1900, 1);
    expect(Math.abs((cos[i] ?? NaN) - cosine)).toBeLessThan(2e-7);
    expect(Math.abs((sin[i] ?? NaN) - sine)).toBeLessThan(2e-7);
  });
});

test('a token sees itself and those before it', () => {
  const mask = causalMask(2, 3);
  const seen = Array.from({ length: 3 }, (_, t) => [...mask.subarray(5 * t, 5 * t + 5)].map((v) => v === 0));
  expect(seen).toEqual([
    [true, true, true, false, false],
    [true, true, true, true, false],
    [true, true, true, true, true],
  ]);
});

test('the norm divides each row by its root mean square', () => {
  const u = rmsNorm(Float32Array.of(3, 4, 0, 0, -6, 8), Float32Array.of(1, 2), 0);
  expect([...u].map((v) => (Number.isNaN(v) ? v : Number(v.toFixed(6))))).toEqual([
    0.848528,
    2.262742,
    NaN,
    NaN,
    -0.848528,
    2.262742,
  ]);
  expect([...rmsNorm(Float32Array.of(0, 0), Float32Array.of(1, 2), 1e-5)]).toEqual([0, 0]);
});
