/** The part of the contract that scoring options of a question rests on: rows and ids of the head, several continuations at once. */
import { expect, test } from 'vitest';
import { logSumExp } from '../../src/core/numerics.ts';
import type { Backend, Sequence, SiteRoutes } from './backend.ts';
import { feed, IDS, largestDifference, router, split, walk, type Router } from './contract-tools.ts';

const route = router(2, 3);

/** Of several continuations behind `first` tokens, one after the other: each as if it were alone. */
const routeEach =
  (first: number, lengths: readonly number[]): Router =>
  (site) =>
    joined(lengths.map((length) => route(site, first, length)));

function joined(parts: readonly (SiteRoutes | null)[]): SiteRoutes | null {
  const [one] = parts;
  if (one === undefined || one === null) return null;
  return {
    ...one,
    units: Int16Array.from(parts.flatMap((part) => [...(part?.units ?? [])])),
    weights: Float32Array.from(parts.flatMap((part) => [...(part?.weights ?? [])])),
  };
}

/**
 * @param backendOf the backend under test, once it is there
 * @param open a sequence that is released behind `body`
 * @param reorder see `ContractOptions`
 */
export function evaluationContract(
  backendOf: () => Backend,
  open: <T>(body: (sequence: Sequence) => Promise<T>) => Promise<T>,
  reorder: number,
): void {
  test('the head gives the rows and ids that are asked for', async () => {
    const { sites, vocabulary } = backendOf().shape;
    await open(async (sequence) => {
      const pass = await sequence.begin(Int32Array.from(IDS));
      await expect(pass.logits([0])).rejects.toThrow(RangeError);
      await walk(pass, route, sites);
      const all = split(await pass.logits('all'), vocabulary);
      const rows = [7, 0, 7, IDS.length - 1];
      const some = split(await pass.logits(rows), vocabulary);
      const expected = rows.map((row) => all[row] ?? []);
      expect(largestDifference(some, expected)).toBeLessThan(reorder);
      expect((await pass.logits([])).length).toBe(0);
      for (const bad of [[-1], [IDS.length], [0.5]]) await expect(pass.logits(bad)).rejects.toThrow(RangeError);

      if (pass.candidates === undefined) throw new Error('no candidates');
      const ids = Int32Array.of(0, 7, 8, 100, vocabulary - 1, 7);
      for (const sums of [false, true]) {
        const found = await pass.candidates(ids, rows, sums);
        const logits = expected.map((row) => Array.from(ids, (id) => row[id] ?? NaN));
        expect(largestDifference(split(found.logits, ids.length), logits)).toBeLessThan(reorder);
        expect(found.sums?.length).toBe(sums ? rows.length : undefined);
        found.sums?.forEach((sum, i) => {
          expect(Math.abs(sum - logSumExp(expected[i] ?? []))).toBeLessThan(1e-5);
        });
      }
      await expect(pass.candidates(Int32Array.of(vocabulary), 'last', false)).rejects.toThrow(RangeError);
      await expect(pass.candidates(ids, [IDS.length], false)).rejects.toThrow(RangeError);
      pass.release();
    });
  });

  test('several continuations at once are what each is behind a fork, and leave nothing', async () => {
    const { shape } = backendOf();
    const continuations = [[9, 8, 7], [4], [9, 8, 7, 6, 5], [200, 100]];
    const lengths = continuations.map(({ length }) => length);
    await open(async (sequence) => {
      if (sequence.branch === undefined) return;
      await expect(sequence.branch([])).rejects.toThrow(RangeError);
      await feed(backendOf(), sequence, IDS, [IDS.length], route, true);
      const alone: Float32Array[] = [];
      for (const ids of continuations) {
        const fork = await sequence.fork();
        alone.push(...(await feed(backendOf(), fork, ids, [ids.length], route)));
        fork.release();
      }
      const lists = continuations.map((ids) => Int32Array.from(ids));
      for (const bad of [[], [-1], [shape.vocabulary]]) {
        await expect(sequence.branch([...lists, Int32Array.from(bad)])).rejects.toThrow(RangeError);
      }
      await expect(sequence.branch([new Int32Array(shape.context)])).rejects.toThrow('more than');
      const pass = await sequence.branch(lists);
      expect([pass.first, pass.tokens, sequence.length]).toEqual([IDS.length, alone.length, IDS.length]);
      await walk(pass, routeEach(IDS.length, lengths), shape.sites);
      const together = split(await pass.logits('all'), shape.vocabulary);
      pass.release();
      expect(largestDifference(together, alone)).toBeLessThan(reorder);
      // The sequence goes on, and is resumed, as if nothing had been.
      expect(sequence.length).toBe(IDS.length);
      const resumed = await sequence.resume(0, 1);
      if (resumed === undefined) throw new Error('nothing kept');
      await walk(resumed, route, shape.sites);
      resumed.release();
      expect(
        largestDifference(await feed(backendOf(), sequence, [9, 8, 7], [3], route), alone.slice(0, 3)),
      ).toBeLessThan(reorder);
    });
  });
}
