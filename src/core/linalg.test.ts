import fc from 'fast-check';
import { expect, test } from 'vitest';
import { symmetricEigen } from './linalg.ts';
import { draw } from './numerics.ts';

const at = (m: ArrayLike<number>, i: number) => m[i] ?? Number.NaN;

function expectEigen(a: ArrayLike<number>, n: number) {
  const { values, vectors } = symmetricEigen(a, n);
  const size = Math.max(Number.MIN_VALUE, ...Array.from(a, Math.abs));
  for (let k = 0; k < n; k++) {
    if (k > 0) expect(at(values, k)).toBeLessThanOrEqual(at(values, k - 1));
    for (let i = 0; i < n; i++) {
      let av = 0;
      for (let j = 0; j < n; j++) av += (at(a, i * n + j) / size) * at(vectors, k * n + j);
      expect(Math.abs(av - (at(values, k) / size) * at(vectors, k * n + i))).toBeLessThan(1e-12 * n);
      let inner = 0;
      for (let j = 0; j < n; j++) inner += at(vectors, k * n + j) * at(vectors, i * n + j);
      expect(Math.abs(inner - (i === k ? 1 : 0))).toBeLessThan(1e-12);
    }
  }
}

test('random symmetric matrices up to 64 × 64', () => {
  for (const n of [1, 2, 3, 8, 24, 64]) {
    const a = Float64Array.from({ length: n * n }, (_, i) => {
      const [r, c] = [Math.floor(i / n), i % n];
      return draw(3, 'matrix', Math.min(r, c), Math.max(r, c), n) - 0.5;
    });
    expectEigen(a, n);
  }
});

test('repeated, zero and very unequal eigenvalues', () => {
  expectEigen([2, 0, 0, 0, 2, 0, 0, 0, 2], 3);
  expectEigen(new Float64Array(16), 4);
  expectEigen([1, 1, 1, 1, 1, 1, 1, 1, 1], 3);
  // The square of this entry is 0 in double precision.
  expectEigen([0, 0, 5e-193, 0, 0, 0, 5e-193, 0, 0], 3);
  expectEigen([1e300, 1e300, 1e300, -1e300], 2);
  expectEigen([1e12, 1, 0, 1, 1e-12, 1e-3, 0, 1e-3, 5], 3);
  expect([...symmetricEigen([4, 0, 0, 9], 2).values]).toEqual([9, 4]);
  expect(symmetricEigen([], 0).values.length).toBe(0);
});

test('any small matrix, at any scale', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 }),
      fc.constantFrom(1e-200, 1, 1e200),
      (entries, scale) => {
        // The upper triangle of 4 × 4, row by row.
        const a = new Float64Array(16);
        let next = 0;
        for (let i = 0; i < 4; i++)
          for (let j = i; j < 4; j++) {
            a[i * 4 + j] = (entries[next++] ?? 0) * scale;
            a[j * 4 + i] = at(a, i * 4 + j);
          }
        expectEigen(a, 4);
      },
    ),
  );
});
