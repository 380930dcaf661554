import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendBlock } from './trace-tools.ts';
import type { RoutingTrace, TraceBlock } from './trace.ts';

const SITES = 3;
const UNITS = 4;

/** Every number tells its site, token, slot or unit, and which block it came from. */
function block(first: number, tokens: number, slots: number, mark: number, scores: boolean): TraceBlock {
  const each = (per: number) =>
    Array.from({ length: SITES * tokens * per }, (_, i) => {
      const cell = Math.floor(i / per);
      return mark * 1000 + Math.floor(cell / tokens) * 100 + (first + (cell % tokens)) * 10 + (i % per);
    });
  return {
    first,
    tokens,
    slots,
    sites: SITES,
    units: UNITS,
    experts: Int16Array.from(each(slots)),
    weights: Float32Array.from(each(slots)),
    ...(scores ? { scores: Float32Array.from(each(UNITS)) } : {}),
  };
}

test('blocks join into one trace; a narrower one leaves its last slots empty', () => {
  const trace = appendBlock(appendBlock(undefined, block(0, 3, 2, 1, true)), block(3, 1, 3, 2, true));
  expect([trace.tokens, trace.slots, trace.units]).toEqual([4, 3, UNITS]);
  for (let site = 0; site < SITES; site++)
    for (let token = 0; token < 4; token++)
      for (let slot = 0; slot < 3; slot++) {
        const expected = (token < 3 ? 1000 : 2000) + site * 100 + token * 10 + slot;
        const empty = token < 3 && slot === 2;
        const i = (site * 4 + token) * 3 + slot;
        expect([trace.experts[i], trace.weights[i]]).toEqual(empty ? [-1, 0] : [expected, expected]);
        expect(trace.scores?.[(site * 4 + token) * UNITS + slot]).toBe(expected);
      }
});

test('rows that come again replace what was there', () => {
  const sizes = fc.array(fc.record({ back: fc.nat(3), tokens: fc.integer({ min: 1, max: 3 }), slots: fc.nat(3) }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(sizes, (list) => {
      let trace: RoutingTrace | undefined;
      /** Which block a token's row came from, and its slots. */
      let rows: { mark: number; slots: number }[] = [];
      for (const [i, { back, tokens, slots }] of list.entries()) {
        const first = Math.max(0, rows.length - back);
        trace = appendBlock(trace, block(first, tokens, slots, i + 1, false));
        rows = [...rows.slice(0, first), ...Array.from({ length: tokens }, () => ({ mark: i + 1, slots }))];
      }
      const slotsOfAll = trace?.slots ?? 0;
      expect(trace?.tokens).toBe(rows.length);
      rows.forEach(({ mark, slots }, token) => {
        for (let slot = 0; slot < slotsOfAll; slot++)
          expect(trace?.experts[(rows.length + token) * slotsOfAll + slot]).toBe(
            slot < slots ? mark * 1000 + 100 + token * 10 + slot : -1,
          );
      });
    }),
  );
});

test('scores are kept only when all rows have them', () => {
  const first = appendBlock(undefined, block(0, 2, 1, 1, true));
  expect(first.scores).toBeDefined();
  expect(appendBlock(first, block(2, 1, 1, 2, false)).scores).toBeUndefined();
  expect(appendBlock(appendBlock(undefined, block(0, 2, 1, 1, false)), block(0, 1, 1, 2, true)).scores).toBeDefined();
});

test('a gap or another shape is refused', () => {
  const trace = appendBlock(undefined, block(0, 2, 1, 1, false));
  expect(() => appendBlock(trace, block(3, 1, 1, 2, false))).toThrow(/begins at token 3, but the trace ends at 2/);
  expect(() => appendBlock(undefined, block(1, 1, 1, 2, false))).toThrow(/ends at 0/);
  expect(() => appendBlock(trace, { ...block(2, 1, 1, 2, false), units: 9 })).toThrow(/9 units/);
});
