import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { library } from '../../../core/derive/fixture.ts';
import { tokenColumns } from '../../../core/derive/tokens.ts';
import { axisLabel, cellAt, layOut, visibleRange, zoomLimit } from './geometry.ts';

const { sites } = library(2, 30);
const words = (n: number) => Array.from({ length: n }, (_, i) => ({ text: ` w${String(i)}`, template: false }));
const columns = (prompt: number, answer: number) => tokenColumns(words(prompt), words(answer), prompt + answer, true);

describe('layout', () => {
  test('at zoom 1 all sites fit into the height, layer 0 at the bottom', () => {
    for (const height of [420, 560, 900]) {
      const g = layOut(columns(20, 5), sites, { width: 900, height }, 1);
      expect(g.height).toBeLessThanOrEqual(height);
      expect(g.tops[0]).toBeGreaterThan(g.tops[59] ?? Infinity);
      expect(g.tops[59]).toBe(g.header);
    }
  });

  test('tokens fit into the width where 12 px each suffice, and scroll where not', () => {
    const view = { width: 900, height: 560 };
    expect(layOut(columns(50, 10), sites, view, 1).width).toBeLessThanOrEqual(view.width);
    expect(layOut(columns(200, 10), sites, view, 1).width).toBeGreaterThan(view.width);
  });

  test('a gap parts prompt and answer, and layers, but not the sites of a layer', () => {
    const g = layOut(columns(3, 2), sites, { width: 600, height: 560 }, 1);
    const step = (i: number) => (g.lefts[i] ?? 0) - (g.lefts[i - 1] ?? 0);
    expect(g.divider).toBe(3);
    expect(step(3)).toBeGreaterThan(step(2));
    expect(step(4)).toBeCloseTo(step(2), 9);
    const rise = (site: number) => (g.tops[site - 1] ?? 0) - (g.tops[site] ?? 0);
    expect(rise(1)).toBeCloseTo(g.cellHeight, 9);
    expect(rise(2)).toBeGreaterThan(g.cellHeight);
  });

  test('zoom grows cells until badges, row names and flat labels appear, then stops', () => {
    const view = { width: 900, height: 560 };
    const small = layOut(columns(40, 5), sites, view, 1);
    const large = layOut(columns(40, 5), sites, view, zoomLimit(view, 60));
    expect([small.badges, small.rowNames]).toEqual([false, false]);
    expect([large.badges, large.rowNames, large.flatLabels]).toEqual([true, true, true]);
    expect(layOut(columns(40, 5), sites, view, 100).cellHeight).toBe(large.cellHeight);
  });

  test('an empty run and a view without size give no NaN', () => {
    const g = layOut([], [], { width: 0, height: 0 }, 1);
    expect([g.width, g.height, g.cellWidth, g.cellHeight].every(Number.isFinite)).toBe(true);
  });
});

test('the middle of every cell is found again', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 320, max: 2000 }),
      fc.double({ min: 1, max: 12, noNaN: true }),
      fc.nat(),
      fc.integer({ min: 0, max: 59 }),
      (prompt, answer, width, zoom, pick, site) => {
        const list = columns(prompt, answer);
        const g = layOut(list, sites, { width, height: 500 }, zoom);
        const column = pick % list.length;
        const at = cellAt(g, (g.lefts[column] ?? 0) + g.cellWidth / 2, (g.tops[site] ?? 0) + g.cellHeight / 2);
        expect(at).toEqual({ column, site });
      },
    ),
    { numRuns: 200 },
  );
});

test('nothing lies on the axes or past the end', () => {
  const g = layOut(columns(5, 0), sites, { width: 600, height: 500 }, 1);
  expect(cellAt(g, 1, 200)).toBeNull();
  expect(cellAt(g, 200, 1)).toBeNull();
  expect(cellAt(g, g.width + 5, 200)).toBeNull();
});

test('the visible range, for rising and falling starts', () => {
  expect(visibleRange([0, 10, 20, 30], 10, 10, 25)).toEqual({ first: 1, last: 2 });
  expect(visibleRange([30, 20, 10, 0], 10, 10, 25)).toEqual({ first: 1, last: 2 });
  expect(visibleRange([0, 10], 10, 50, 90)).toEqual({ first: -1, last: -2 });
});

test('labels are cut by grapheme', () => {
  const label = (text: string) => axisLabel({ text, position: 0, template: false, part: 'prompt', routed: true });
  expect(label(' word')).toBe('·word');
  expect(label('a'.repeat(30))).toBe(`${'a'.repeat(11)}…`);
  expect(label('👩‍👩‍👧‍👦'.repeat(12))).toBe('👩‍👩‍👧‍👦'.repeat(12));
});
