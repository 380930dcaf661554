import { expect, test } from 'vitest';
import { noise } from './fixture.ts';
import { writePrototype, type LowRank } from './prototypes.ts';

const WIDTH = 22;
const module = (name: string, out: number, rank: number, scale = 2): LowRank => ({
  a: noise(`${name}.a`, rank * WIDTH),
  b: noise(`${name}.b`, out * rank),
  rank,
  scale,
});

const site = [module('q', 30, 4), module('k', 12, 4, 0.5), module('v', 12, 3)];

function prototype(modules: readonly LowRank[]): Float32Array {
  const out = new Float32Array(WIDTH + 2).fill(7);
  writePrototype(modules, WIDTH, out, 1);
  expect([out[0], out[WIDTH + 1]]).toEqual([7, 7]);
  return out.slice(1, WIDTH + 1);
}

/** ‖ΔW v‖² with ΔW multiplied out, the modules stacked. */
function gain(modules: readonly LowRank[], v: ArrayLike<number>): number {
  let sum = 0;
  for (const { a, b, rank, scale } of modules)
    for (let o = 0; o < b.length / rank; o++) {
      let y = 0;
      for (let i = 0; i < WIDTH; i++) {
        let w = 0;
        for (let r = 0; r < rank; r++) w += (b[o * rank + r] ?? 0) * (a[r * WIDTH + i] ?? 0);
        y += scale * w * (v[i] ?? 0);
      }
      sum += y * y;
    }
  return sum;
}

/** The top right singular vector by power iteration on ΔWᵀΔW, multiplied out. */
function byIteration(modules: readonly LowRank[]): number[] {
  const m = new Float64Array(WIDTH * WIDTH);
  for (const { a, b, rank, scale } of modules)
    for (let o = 0; o < b.length / rank; o++) {
      const row = Array.from({ length: WIDTH }, (_, i) => {
        let w = 0;
        for (let r = 0; r < rank; r++) w += (b[o * rank + r] ?? 0) * (a[r * WIDTH + i] ?? 0);
        return scale * w;
      });
      for (let i = 0; i < WIDTH; i++)
        for (let j = 0; j < WIDTH; j++) m[i * WIDTH + j] = (m[i * WIDTH + j] ?? 0) + (row[i] ?? 0) * (row[j] ?? 0);
    }
  let v = Array.from({ length: WIDTH }, (_, i) => 1 + i / 50);
  for (let step = 0; step < 3000; step++) {
    const next = v.map((_, i) => v.reduce((sum, x, j) => sum + (m[i * WIDTH + j] ?? 0) * x, 0));
    const norm = Math.hypot(...next);
    v = next.map((x) => x / norm);
  }
  return v;
}

test('is the top right singular vector of the stacked updates', () => {
  const v = prototype(site);
  const expected = byIteration(site);
  const sign = Math.sign(v.reduce((sum, x, i) => sum + x * (expected[i] ?? 0), 0));
  v.forEach((x, i) => {
    expect(x).toBeCloseTo(sign * (expected[i] ?? 0), 5);
  });
  expect(Math.hypot(...v)).toBeCloseTo(1, 6);
});

test('no other direction is amplified more', () => {
  const best = gain(site, prototype(site));
  for (let i = 0; i < 200; i++) {
    const x = noise(`direction ${String(i)}`, WIDTH);
    const norm = Math.hypot(...x);
    expect(
      gain(
        site,
        x.map((y) => y / norm),
      ),
    ).toBeLessThanOrEqual(best * (1 + 1e-6));
  }
});

test('its largest component is positive, and no common scale or sign changes it', () => {
  const v = prototype(site);
  const largest = v.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  expect(largest).toBeGreaterThan(0);
  const scaled = prototype(site.map((m) => ({ ...m, scale: -3 * m.scale, a: m.a.map((x) => -x) })));
  scaled.forEach((x, i) => {
    expect(x).toBeCloseTo(v[i] ?? Number.NaN, 6);
  });
});

test('rank one is the row of A itself', () => {
  const one = module('one', 9, 1, 0.1);
  const norm = Math.hypot(...one.a);
  const largest = one.a.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  prototype([one]).forEach((x, i) => {
    expect(x).toBeCloseTo((Math.sign(largest) * (one.a[i] ?? 0)) / norm, 6);
  });
});

test('a zero update, as LoRA begins, has a zero prototype', () => {
  const fresh = site.map((m) => ({ ...m, b: new Float32Array(m.b.length) }));
  expect([...prototype(fresh)]).toEqual(Array.from({ length: WIDTH }, () => 0));
});

test('factors that do not fit are named', () => {
  expect(() => prototype([{ ...module('bad', 4, 2), rank: 3 }])).toThrow(/module 0 of rank 3 has 44 numbers in A/);
});
