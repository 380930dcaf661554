import { expect, test } from 'vitest';
import { folderSource } from '../../src/cli/folder-source.ts';
import { withCopies } from './copies.ts';
import { loadPackage } from './load.ts';

const tiny = await loadPackage(
  { source: folderSource('models/tiny'), store: () => Promise.resolve(undefined) },
  () => undefined,
  new AbortController().signal,
);
const trained = tiny.adapters.length;
const gateOf = ({ gates, experts, width }: typeof tiny.library, site: number, expert: number): Float32Array => {
  const from = (site * experts.length + expert) * width;
  return (gates ?? new Float32Array()).subarray(from, from + width);
};

test('copies follow the trained experts, with ids of their own and the same adapters', () => {
  const { library, adapters } = withCopies(tiny, 3 * trained - 1, 1);
  expect(library.experts).toHaveLength(3 * trained - 1);
  expect(adapters).toHaveLength(3 * trained - 1);
  expect(new Set(library.experts.map(({ id }) => id)).size).toBe(3 * trained - 1);
  expect(adapters[trained + 1]?.modules).toBe(tiny.adapters[1]?.modules);
  expect(adapters.map(({ id }) => id)).toEqual(library.experts.map(({ id }) => id));
});

test('a file belongs to the last that is made from it alone: freed there, nobody misses it', () => {
  const { adapters } = withCopies(tiny, 2 * trained + 1, 1);
  const owners = adapters.flatMap(({ file }, i) => (file === undefined ? [] : [i]));
  expect(owners).toEqual(Array.from({ length: trained }, (_, i) => trained + 1 + i));
});

test('gates of the trained experts stay at every site; those of copies differ, by the seed alone', () => {
  const { library } = withCopies(tiny, 2 * trained, 1);
  const again = withCopies(tiny, 2 * trained, 1).library;
  const other = withCopies(tiny, 2 * trained, 2).library;
  for (let site = 0; site < library.sites.length; site++) {
    for (let expert = 0; expert < trained; expert++) {
      expect(gateOf(library, site, expert)).toEqual(gateOf(tiny.library, site, expert));
      const copy = gateOf(library, site, trained + expert);
      expect(copy).not.toEqual(gateOf(tiny.library, site, expert));
      expect(copy).toEqual(gateOf(again, site, trained + expert));
      expect(copy).not.toEqual(gateOf(other, site, trained + expert));
    }
  }
});

test('fewer than are trained are the first of them', () => {
  const { library, adapters } = withCopies(tiny, 1, 1);
  expect(adapters.map(({ id }) => id)).toEqual([tiny.adapters[0]?.id]);
  expect(gateOf(library, 1, 0)).toEqual(gateOf(tiny.library, 1, 0));
  expect(withCopies(tiny, 0, 1).library.experts).toEqual([]);
});

test('no number of experts, and packages without gates, are refused', () => {
  expect(() => withCopies(tiny, 1.5, 1)).toThrow(RangeError);
  expect(() => withCopies(tiny, -1, 1)).toThrow(RangeError);
  const { experts, sites, width, has } = tiny.library;
  const library = { experts, sites, width, has };
  expect(() => withCopies({ ...tiny, library }, 2 * trained, 1)).toThrow(/no gates/);
});
