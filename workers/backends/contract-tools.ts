/** Walks and comparisons that the contract suite is made of. */
import { expect } from 'vitest';
import type { Mix } from '../../src/core/routing/policy.ts';
import type { Backend, Pass, Sequence, SiteRoutes } from './backend.ts';

/** Routes of a block at a site. */
export type Router = (site: number, first: number, tokens: number) => SiteRoutes | null;

export const IDS = [1, 17, 240, 33, 5, 99, 180, 7, 64, 212, 3, 150];
export const none: Router = () => null;

/** Units and weights that depend on site and position alone, so that they are the same however tokens are grouped. */
export const router =
  (slots: number, units: number, mix: Mix = 'outputs'): Router =>
  (site, first, tokens) => ({
    slots,
    mix,
    units: Int16Array.from({ length: tokens * slots }, (_, i) => {
      const token = first + Math.floor(i / slots);
      return (site + 2 * token + (i % slots)) % units;
    }),
    weights: Float32Array.from({ length: tokens * slots }, (_, i) => {
      const token = first + Math.floor(i / slots);
      return 0.2 + (((site * 7 + token * 3 + (i % slots) * 5) % 11) / 11) * 0.8;
    }),
  });

/** Takes a pass to the head. */
export async function walk(pass: Pass, route: Router, sites: number): Promise<void> {
  while (pass.site < sites) await pass.advance(route(pass.site, pass.first, pass.tokens));
}

/** Feeds `ids` in blocks of these lengths; logits of every token, `[token][vocabulary]`. */
export async function feed(
  backend: Backend,
  sequence: Sequence,
  ids: readonly number[],
  lengths: readonly number[],
  route: Router,
  keep = false,
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  let at = 0;
  for (const length of lengths) {
    const pass = await sequence.begin(Int32Array.from(ids.slice(at, at + length)), { keep });
    await walk(pass, route, backend.shape.sites);
    rows.push(...split(await pass.logits('all'), backend.shape.vocabulary));
    pass.release();
    at += length;
  }
  return rows;
}

export const split = (values: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

/** Infinite where one of the two is not a number. */
export function largestDifference(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  a.forEach((row, r) => {
    const other = b[r] ?? [];
    expect(row.length).toBe(other.length);
    for (let i = 0; i < row.length; i++) {
      const difference = Math.abs((row[i] ?? NaN) - (other[i] ?? NaN));
      largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
    }
  });
  return largest;
}
