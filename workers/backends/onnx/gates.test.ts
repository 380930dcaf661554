import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoraAdapter } from '../../../src/formats/peft.ts';
import type { SiteRoutes } from '../backend.ts';
import { rankTable, unitRows, wholeExperts } from '../units.ts';
import { blockGates } from './gates.ts';

const adapter = (id: string, rank: number, scale: number): LoraAdapter => ({
  id,
  rank,
  alpha: scale * rank,
  scale,
  modules: [],
});
const table = rankTable([adapter('a', 2, 2), adapter('b', 3, 0.5), adapter('c', 2, 1)]);
const whole = wholeExperts(table);
const routes = (slots: number, units: number[], weights: number[], mix: SiteRoutes['mix'] = 'outputs'): SiteRoutes => ({
  slots,
  units: Int16Array.from(units),
  weights: Float32Array.from(weights),
  mix,
});

describe('units as rows', () => {
  test('experts lie one after the other', () => {
    expect(table).toEqual({ first: [0, 2, 5, 7], scale: [2, 0.5, 1] });
    expect(whole.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 5],
      [5, 7],
    ]);
    expect(unitRows(table, [{ expert: 1, rankFrom: 1, rankTo: 3 }])).toEqual([{ from: 3, to: 5, expert: 1 }]);
  });

  test.each([
    [{ expert: 3, rankFrom: 0, rankTo: 1 }, 'expert 3 of 3'],
    [{ expert: -1, rankFrom: 0, rankTo: 1 }, 'expert -1'],
    [{ expert: 1, rankFrom: 0, rankTo: 4 }, 'which has 3'],
    [{ expert: 1, rankFrom: 2, rankTo: 2 }, 'ranks 2 to 2'],
    [{ expert: 1, rankFrom: -1, rankTo: 2 }, 'ranks -1 to 2'],
  ])('refuses %j', (unit, message) => {
    expect(() => unitRows(table, [unit])).toThrow(message);
  });
});

describe('gates of a block', () => {
  test('hold the ranks in use alone, weights times α/r', () => {
    const { ranks, gates, factors } = blockGates(table, whole, routes(2, [2, -1, 0, 2], [0.5, 0, 0.25, 0.75]), 2);
    expect([...ranks]).toEqual([0, 1, 5, 6]);
    expect([...gates]).toEqual([0, 0, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75]);
    expect(factors).toBe(false);
  });

  test('are empty when no unit has a weight', () => {
    const { ranks, gates } = blockGates(table, whole, routes(1, [1, -1], [0, 1]), 2);
    expect([ranks.length, gates.length]).toEqual([0, 0]);
  });

  test('for factors hold plain weights, then weights times α/r', () => {
    const { ranks, gates, factors } = blockGates(table, whole, routes(2, [0, 2], [0.25, 0.75], 'factors'), 1);
    expect([...ranks]).toEqual([0, 1, 5, 6]);
    expect([...gates]).toEqual([0.25, 0.25, 0.75, 0.75, 0.5, 0.5, 0.75, 0.75]);
    expect(factors).toBe(true);
  });

  test('refuse what has no meaning', () => {
    expect(() => blockGates(table, whole, routes(2, [0, 1], [1, 1], 'factors'), 1)).toThrow('rank 2 and 3');
    expect(() => blockGates(table, whole, routes(1, [3], [1]), 1)).toThrow('unit 3 of 3');
    expect(() => blockGates(table, whole, routes(1, [0], [1]), 2)).toThrow('for 2 tokens of 1 slots');
  });

  test('add up to every weight given, wherever units overlap', () => {
    const units = unitRows(table, [
      { expert: 0, rankFrom: 0, rankTo: 2 },
      { expert: 0, rankFrom: 1, rankTo: 2 },
      { expert: 1, rankFrom: 0, rankTo: 2 },
      { expert: 1, rankFrom: 1, rankTo: 3 },
      { expert: 2, rankFrom: 0, rankTo: 1 },
    ]);
    const slot = fc.tuple(fc.integer({ min: -1, max: 4 }), fc.integer({ min: -4, max: 4 }));
    const block = fc.integer({ min: 1, max: 4 }).chain((slots) =>
      fc.record({
        slots: fc.constant(slots),
        tokens: fc.array(fc.array(slot, { minLength: slots, maxLength: slots }), { minLength: 1, maxLength: 5 }),
      }),
    );
    fc.assert(
      fc.property(block, ({ slots, tokens }) => {
        const flat = tokens.flat();
        const given = routes(
          slots,
          flat.map(([unit]) => unit),
          flat.map(([, weight]) => weight),
        );
        const { ranks, gates } = blockGates(table, units, given, tokens.length);
        const dense = tokens.map((list) => {
          const row = new Array<number>(7).fill(0);
          for (const [unit, weight] of list) {
            const rows = units[unit];
            for (let r = rows?.from ?? 0; r < (rows?.to ?? 0); r++) {
              row[r] = (row[r] ?? 0) + weight * (table.scale[rows?.expert ?? 0] ?? 0);
            }
          }
          return row;
        });
        expect([...ranks]).toEqual([...ranks].sort((a, b) => a - b));
        dense.forEach((row, token) => {
          row.forEach((weight, r) => {
            const column = ranks.indexOf(r);
            expect(column < 0 ? 0 : gates[token * ranks.length + column]).toBe(weight);
          });
        });
      }),
    );
  });
});
