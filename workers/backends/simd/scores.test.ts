/** What the backend computes for the host beyond the contract's must: linear scores, and logits of a few ids. */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeKernels } from '../../../src/cli/node-kernels.ts';
import { logSumExp } from '../../../src/core/numerics.ts';
import type { LinearScore } from '../../../src/core/routing/policy.ts';
import { linearRun } from '../../../src/core/routing/scores/linear.ts';
import { random } from '../../../tools/tiny/random.ts';
import type { Backend, Pass } from '../backend.ts';
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
const project = (pass: Pass, scores: LinearScore): Promise<Float32Array> => {
  if (pass.scores === undefined) throw new Error('no scores');
  return pass.scores(scores);
};
const candidates = (pass: Pass, ids: readonly number[], rows: 'last' | 'all', sums: boolean) => {
  if (pass.candidates === undefined) throw new Error('no candidates');
  return pass.candidates(Int32Array.from(ids), rows, sums);
};

function linear(units: number, seed: number, how: Pick<LinearScore, 'input' | 'absolute' | 'add'>): LinearScore {
  const { width, sites } = backend.shape;
  return { rows: random(seed).normals(sites * units * width, 1, 0.5), scale: 0.7, ...how };
}

test('linear scores are those of the input, in every form, for any number of units and tokens', async () => {
  const cases = fc.record({
    units: fc.integer({ min: 1, max: 37 }),
    tokens: fc.integer({ min: 1, max: IDS.length }),
    input: fc.constantFrom('plain' as const, 'layer-norm' as const),
    absolute: fc.boolean(),
    added: fc.boolean(),
    first: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ units, tokens, input, absolute, added, first }) => {
      const add = added ? { add: random(3).normals(units, 1) } : {};
      const scores = linear(units, 1 + units, { input, absolute, ...add });
      const sequence = await backend.open();
      const pass = await sequence.begin(Int32Array.from(IDS.slice(0, tokens)));
      while (pass.site < backend.shape.sites) {
        // Before or after the input was asked for must not matter.
        const early = first ? await project(pass, scores) : undefined;
        const u = (await pass.input()).slice();
        const own = early ?? (await project(pass, scores));
        const { width } = backend.shape;
        const expected = new Float32Array(tokens * units);
        linearRun({ width, experts: { length: units } }, scores).score(
          { site: pass.site, first: 0, tokens, u },
          expected,
        );
        expected.forEach((score, i) => {
          expect(Math.abs((own[i] ?? NaN) - score)).toBeLessThan(2e-5 * (1 + Math.abs(score)));
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
  const scores = linear(5, 3, { input: 'layer-norm', absolute: false });
  while (pass.site < backend.shape.sites) {
    await project(pass, scores);
    await pass.advance(router(2, 3)(pass.site, 0, IDS.length));
  }
  const whole = await backend.open();
  const rows = await feed(backend, whole, IDS, [IDS.length], router(2, 3));
  expect(await pass.logits('last')).toEqual(rows.at(-1));
});

test('rows are packed once, freed when others took their place, and refused when they do not fit', async () => {
  const sequence = await backend.open();
  const pass = await sequence.begin(Int32Array.of(1));
  const some = (): LinearScore => linear(40, 1, { input: 'plain', absolute: false });
  for (let i = 0; i < 8; i++) await project(pass, some());
  const full = heap.used();
  const first = some();
  await project(pass, first);
  expect(heap.used()).toBe(full);
  await pass.advance(null);
  const more = heap.used();
  await project(pass, first);
  // Another site's rows, of the same size.
  const each = heap.used() - more;
  expect(each).toBeGreaterThan(0);
  await project(pass, first);
  await project(pass, { ...first, scale: 2 });
  expect(heap.used()).toBe(more + each);
  for (let i = 0; i < 30; i++) await project(pass, some());
  expect(heap.used()).toBe(full);
  await expect(project(pass, { ...first, rows: first.rows.subarray(1) })).rejects.toThrow('rows of');
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
