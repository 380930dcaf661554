/** What the backend computes for the host beyond the contract's must: linear scores, and logits of a few ids. */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeKernels } from '../../../src/cli/node-kernels.ts';
import { logSumExp } from '../../../src/core/numerics.ts';
import { centre, unitLength } from '../../../src/core/routing/scores/vectors.ts';
import { random } from '../../../tools/tiny/random.ts';
import type { Backend, LinearScores, Pass } from '../backend.ts';
import { feed, IDS, none, router, walk } from '../contract-tools.ts';
import { readFixture, type ReadFile } from '../fixture.ts';
import { createSimdBackend } from './create.ts';
import type { Heap } from './heap.ts';

const folder = new URL('../../../models/tiny/', import.meta.url);
const read: ReadFile = async (path) => new Uint8Array(await readFile(new URL(path, folder)));
let backend: Backend;
let heap: Heap;

beforeAll(async () => {
  const { llama, adapters } = await readFixture(read);
  const guarded = (made: Heap): void => {
    heap = made;
  };
  backend = await createSimdBackend({ kernels: nodeKernels, model: llama, adapters, guarded });
});
afterAll(() => backend.dispose());

/** The optional members, which this backend has. */
const project = (pass: Pass, scores: LinearScores): Promise<Float32Array> => {
  if (pass.project === undefined) throw new Error('no project');
  return pass.project(scores);
};
const candidates = (pass: Pass, ids: readonly number[], rows: 'last' | 'all', sums: boolean) => {
  if (pass.candidates === undefined) throw new Error('no candidates');
  return pass.candidates(Int32Array.from(ids), rows, sums);
};

let scoresMade = 0;
function linear(units: number, seed: number, how: Pick<LinearScores, 'input' | 'fold'>): LinearScores {
  const { width, sites } = backend.shape;
  const all = Array.from({ length: sites }, (_, site) => random(seed + site).normals(units * width, 1, 0.5));
  return { id: `random ${String(scoresMade++)}`, units, rows: (site) => all[site] ?? new Float32Array(0), ...how };
}

/** The definition, in double precision. */
function expectedScores(u: Float32Array, { units, rows, input, fold }: LinearScores, site: number): number[] {
  const { width } = backend.shape;
  const v = rows(site);
  return Array.from({ length: (u.length / width) * units }, (_, i) => {
    const token = Math.floor(i / units);
    let x = Float64Array.from(u.subarray(token * width, (token + 1) * width));
    if (input === 'unit') {
      const row = Float32Array.from(x);
      unitLength(row);
      x = Float64Array.from(row);
    } else if (input === 'standard') {
      const out = new Float64Array(width);
      const scale = centre(u, token * width, width, out);
      x = out.map((value) => value * scale);
    }
    const score = x.reduce((sum, value, k) => sum + value * (v[(i % units) * width + k] ?? NaN), 0);
    return fold === 'absolute' ? Math.abs(score) : score;
  });
}

test('linear scores are those of the input, in every form, for any number of units and tokens', async () => {
  const cases = fc.record({
    units: fc.integer({ min: 1, max: 37 }),
    tokens: fc.integer({ min: 1, max: IDS.length }),
    input: fc.constantFrom('plain' as const, 'unit' as const, 'standard' as const),
    fold: fc.constantFrom('none' as const, 'absolute' as const),
    first: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ units, tokens, input, fold, first }) => {
      const scores = linear(units, 1 + units, { input, fold });
      const sequence = await backend.open();
      const pass = await sequence.begin(Int32Array.from(IDS.slice(0, tokens)));
      while (pass.site < backend.shape.sites) {
        // Before or after the input was asked for must not matter.
        const early = first ? await project(pass, scores) : undefined;
        const u = (await pass.input()).slice();
        const own = early ?? (await project(pass, scores));
        expectedScores(u, scores, pass.site).forEach((expected, i) => {
          expect(Math.abs((own[i] ?? NaN) - expected)).toBeLessThan(2e-5 * (1 + Math.abs(expected)));
        });
        expect(await project(pass, scores)).toEqual(own);
        await pass.advance(router(2, 3)(pass.site, 0, tokens));
      }
      await expect(project(pass, scores)).rejects.toThrow(RangeError);
      pass.release();
      sequence.release();
      expect(heap.damaged()).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('asking for scores changes nothing that is computed', async () => {
  const sequence = await backend.open();
  const pass = await sequence.begin(Int32Array.from(IDS));
  const scores = linear(5, 3, { input: 'standard', fold: 'none' });
  while (pass.site < backend.shape.sites) {
    await project(pass, scores);
    await pass.advance(router(2, 3)(pass.site, 0, IDS.length));
  }
  const whole = await backend.open();
  const rows = await feed(backend, whole, IDS, [IDS.length], router(2, 3));
  expect(await pass.logits('last')).toEqual(rows.at(-1));
});

test('rows are asked for once, freed when others took their place, and refused when they do not fit', async () => {
  const { width } = backend.shape;
  const sequence = await backend.open();
  const pass = await sequence.begin(Int32Array.of(1));
  let asked = 0;
  const counted = (id: string): LinearScores => ({
    id,
    units: 40,
    rows: () => {
      asked++;
      return new Float32Array(40 * width);
    },
    input: 'plain',
    fold: 'none',
  });
  await project(pass, counted('a'));
  await project(pass, counted('a'));
  expect(asked).toBe(1);
  for (let i = 0; i < 8; i++) await project(pass, counted(`b${String(i)}`));
  const full = heap.used();
  for (let i = 0; i < 30; i++) await project(pass, counted(`c${String(i)}`));
  expect(heap.used()).toBe(full);
  await project(pass, counted('a'));
  expect(asked).toBe(40);
  await expect(project(pass, { ...counted('odd'), units: 39 })).rejects.toThrow('39 units');
  pass.release();
});

test('logits of a few ids are those of all, and their sum makes probabilities', async () => {
  const { vocabulary } = backend.shape;
  const sequence = await backend.open();
  const pass = await sequence.begin(Int32Array.from(IDS));
  await expect(candidates(pass, [1], 'all', true)).rejects.toThrow(RangeError);
  await walk(pass, none, backend.shape.sites);
  const all = await pass.logits('all');
  const ids = [0, 7, 8, 100, 9, vocabulary - 1, 7];
  for (const which of ['all', 'last'] as const) {
    const first = which === 'all' ? 0 : IDS.length - 1;
    for (const sums of [false, true]) {
      const found = await candidates(pass, ids, which, sums);
      const expected = Array.from({ length: IDS.length - first }, (_, row) =>
        ids.map((id) => all[(first + row) * vocabulary + id]),
      ).flat();
      expect(Array.from(found.logits)).toEqual(expected);
      expect(found.sums?.length).toBe(sums ? IDS.length - first : undefined);
      found.sums?.forEach((sum, row) => {
        const at = (first + row) * vocabulary;
        expect(Math.abs(sum - logSumExp(all.subarray(at, at + vocabulary)))).toBeLessThan(1e-5);
      });
    }
  }
  await expect(candidates(pass, [vocabulary], 'last', false)).rejects.toThrow(String(vocabulary));
  pass.release();
  await expect(candidates(pass, [1], 'last', false)).rejects.toThrow('released');
  expect(heap.damaged()).toEqual([]);
});
