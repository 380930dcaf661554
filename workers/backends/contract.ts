/**
 * What every backend must do, on the tiny package: called from a test file of the backend, in Node or in a browser.
 * The yardstick is `reference.ts`, which shares no code with any backend.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LinearScore } from '../../src/core/routing/policy.ts';
import { linearRun } from '../../src/core/routing/scores/linear.ts';
import type { Llama } from '../../src/formats/llama.ts';
import type { LoraAdapter } from '../../src/formats/peft.ts';
import type { Backend, Sequence, Unit } from './backend.ts';
import { evaluationContract } from './contract-evaluation.ts';
import { feed, IDS, largestDifference, none, router, split, walk, type Router } from './contract-tools.ts';
import { referenceForward } from './reference.ts';
import { readFixture, type Fixture, type ReadFile } from './fixture.ts';

export interface ContractOptions {
  /** Reads a file of `models/tiny`. */
  readonly read: ReadFile;
  readonly create: (model: Llama, adapters: readonly LoraAdapter[]) => Promise<Backend>;
  /** Largest difference from the reference, of logits and of site inputs. */
  readonly tolerance: number;
  /** Largest difference between two ways to compute the same on this backend (blocks of other lengths). */
  readonly reorder: number;
  /** Milliseconds that a test may take; a software GPU compiles a kernel for many seconds on first use. */
  readonly timeout?: number;
}

/** Runs the suite. Nothing is left open at its end. */
export function backendContract(name: string, options: ContractOptions): void {
  const timeout = options.timeout ?? 10_000;
  describe(`${name} keeps the backend contract`, { timeout }, () => {
    let tiny: Fixture;
    let backend: Backend;
    beforeAll(async () => {
      tiny = await readFixture(options.read);
      backend = await options.create(tiny.llama, tiny.adapters);
    }, timeout);
    afterAll(() => backend.dispose());

    const whole = (route: Router, ids: readonly number[] = IDS): Promise<Float32Array[]> =>
      open((sequence) => feed(backend, sequence, ids, [ids.length], route));
    async function open<T>(body: (sequence: Sequence) => Promise<T>): Promise<T> {
      const sequence = await backend.open();
      try {
        return await body(sequence);
      } finally {
        sequence.release();
      }
    }

    test('says what it computes', () => {
      const { layers, width, vocabulary, context } = tiny.llama.shape;
      expect(backend.shape).toEqual({ layers, width, vocabulary, context, sites: 2 * layers });
      expect(backend.scoreError).toBeGreaterThan(0);
      expect(backend.logitError).toBeGreaterThan(0);
      expect(backend.report.bytes).toBeGreaterThan(0);
      expect(backend.report.threads).toBeGreaterThanOrEqual(1);
    });

    describe('equals the reference', () => {
      const routers: readonly (readonly [name: string, route: Router, units?: readonly Unit[]])[] = [
        ['the base', none],
        ['one expert a token', router(1, 3)],
        ['two experts a token', router(2, 3)],
        ['all experts', router(3, 3)],
        ['two experts, factors mixed', router(2, 3, 'factors')],
        ['all experts, factors mixed', router(3, 3, 'factors')],
        ['parts of experts', router(2, 4), partUnits()],
        ['parts of experts, factors mixed', router(3, 4, 'factors'), partUnits()],
        ['routes at the attention only', (site, ...block) => (site % 2 === 0 ? router(2, 3)(site, ...block) : null)],
        ['routes at the FFN only', (site, ...block) => (site % 2 === 1 ? router(2, 3)(site, ...block) : null)],
      ];
      test.each(routers.map(([label, route, units]) => ({ label, route, units })))(
        '$label',
        async ({ route, units }) => {
          const wholeExperts = tiny.adapters.map(({ rank }, expert) => ({ expert, rankFrom: 0, rankTo: rank }));
          backend.setUnits(units ?? wholeExperts);
          const { vocabulary, width, sites } = backend.shape;
          const expected = referenceForward(
            tiny.llama,
            tiny.adapters,
            IDS,
            (site) => route(site, 0, IDS.length),
            units,
          );
          try {
            await open(async (sequence) => {
              const pass = await sequence.begin(Int32Array.from(IDS));
              while (pass.site < sites) {
                const u = split((await pass.input()).slice(), width);
                expect(largestDifference(u, expected.inputs[pass.site] ?? [])).toBeLessThan(options.tolerance);
                await pass.advance(route(pass.site, 0, IDS.length));
              }
              const logits = split(await pass.logits('all'), vocabulary);
              expect(largestDifference(logits, expected.logits)).toBeLessThan(options.tolerance);
              expect(largestDifference([await pass.logits('last')], logits.slice(-1))).toBeLessThan(options.reorder);
              pass.release();
            });
          } finally {
            backend.setUnits(wholeExperts);
          }
        },
      );

      test('experts change the logits far more than the tolerance', async () => {
        const base = await whole(none);
        expect(largestDifference(base, await whole(router(2, 3)))).toBeGreaterThan(100 * options.tolerance);
        expect(largestDifference(await whole(router(2, 3)), await whole(router(2, 3, 'factors')))).toBeGreaterThan(
          100 * options.tolerance,
        );
      });
    });

    test('scores that the backend computes are those of the core', async () => {
      const { width, sites } = backend.shape;
      const units = tiny.adapters.length;
      const rows = Float32Array.from({ length: sites * units * width }, (_, i) => Math.sin(i * 12.9898) * 2);
      const forms: readonly LinearScore[] = [
        { rows, input: 'plain', scale: 0.7, absolute: true },
        { rows, input: 'layer-norm', scale: 1.3, absolute: false, add: Float32Array.from([1, -2, 3]) },
      ];
      await open(async (sequence) => {
        const pass = await sequence.begin(Int32Array.from(IDS));
        while (pass.site < sites && pass.scores) {
          const u = await pass.input();
          for (const linear of forms) {
            const expected = new Float32Array(IDS.length * units);
            const block = { site: pass.site, first: 0, tokens: IDS.length, u };
            linearRun({ width, experts: { length: units } }, linear).score(block, expected);
            const range = Math.max(...expected) - Math.min(...expected);
            const difference = largestDifference([await pass.scores(linear)], [expected]);
            expect(difference).toBeLessThan(1e-5 * range);
          }
          await pass.advance(router(2, 3)(pass.site, 0, IDS.length));
        }
        pass.release();
      });
    });

    test('weights of zero and empty slots are the base', async () => {
      const base = await whole(none);
      const zero: Router = (site, first, tokens) => {
        const routes = router(2, 3)(site, first, tokens);
        return routes && { ...routes, weights: new Float32Array(routes.weights.length) };
      };
      const empty: Router = (site, first, tokens) => {
        const routes = zero(site, first, tokens);
        return routes && { ...routes, units: new Int16Array(routes.units.length).fill(-1) };
      };
      expect(largestDifference(await whole(zero), base)).toBeLessThan(1e-6);
      expect(largestDifference(await whole(empty), base)).toBeLessThan(1e-6);
    });

    test('a token does not depend on how the tokens were grouped', async () => {
      const route = router(2, 3);
      const once = await whole(route);
      for (const lengths of [[5, 7], [3, 1, 8], IDS.map(() => 1)]) {
        const grouped = await open((sequence) => feed(backend, sequence, IDS, lengths, route));
        expect(largestDifference(grouped, once)).toBeLessThan(options.reorder);
      }
    });

    test('a fork goes its own way', async () => {
      const route = router(2, 3);
      await open(async (sequence) => {
        await feed(backend, sequence, IDS.slice(0, 6), [6], route);
        const fork = await sequence.fork();
        const other = await feed(backend, fork, [9, 8, 7], [3], route);
        const rest = await feed(backend, sequence, IDS.slice(6), [6], route);
        const again = await whole(route, [...IDS.slice(0, 6), 9, 8, 7]);
        expect(fork.length).toBe(9);
        expect(sequence.length).toBe(IDS.length);
        fork.release();
        expect(largestDifference(other, again.slice(6))).toBeLessThan(options.reorder);
        expect(largestDifference(rest, (await whole(route)).slice(6))).toBeLessThan(options.reorder);
      });
    });

    test('what was cut off can be fed again, to the bit', async () => {
      const route = router(2, 3);
      await open(async (sequence) => {
        const first = await feed(backend, sequence, IDS, [6, 6], route);
        sequence.truncate(6);
        expect(sequence.length).toBe(6);
        expect(largestDifference(await feed(backend, sequence, IDS.slice(6), [6], route), first.slice(6))).toBe(0);
        sequence.truncate(2);
        const later = await feed(backend, sequence, IDS.slice(2), [10], route);
        expect(largestDifference(later, first.slice(2))).toBeLessThan(options.reorder);
        sequence.truncate(0);
        expect(largestDifference(await feed(backend, sequence, IDS, [6, 6], route), first)).toBe(0);
      });
    });

    describe('resume', () => {
      const before = router(2, 3);
      const changed = (from: number): Router => {
        const after = router(3, 3);
        return (site, ...block) => (site < from ? before : after)(site, ...block);
      };
      const next = [11, 12];

      test('from any site equals computing everything again', async () => {
        for (let site = 0; site < backend.shape.sites; site++) {
          const route = changed(site);
          const expected = await whole(route, [...IDS, ...next]);
          await open(async (sequence) => {
            await feed(backend, sequence, IDS, [5, 4, 3], before, true);
            const rows: Float32Array[] = [];
            for (const first of [0, 5, 9]) {
              const pass = await sequence.resume(first, site);
              if (pass === undefined) throw new Error(`nothing kept at ${String(first)}`);
              expect(pass.site).toBe(site);
              await walk(pass, route, backend.shape.sites);
              rows.push(...split(await pass.logits('all'), backend.shape.vocabulary));
              expect(sequence.length).toBe(first + pass.tokens);
              pass.release();
            }
            rows.push(...(await feed(backend, sequence, next, [1, 1], route)));
            expect(largestDifference(rows, expected)).toBeLessThan(options.reorder);
          });
        }
      });

      test('again from an earlier site, and with the old routes, is as before', async () => {
        await open(async (sequence) => {
          const once = await feed(backend, sequence, IDS, [7, 5], before, true);
          for (const [from, route] of [
            [3, changed(3)],
            [1, changed(1)],
            [1, before],
          ] as const) {
            const rows: Float32Array[] = [];
            for (const first of [0, 7]) {
              const pass = await sequence.resume(first, from);
              if (pass === undefined) throw new Error(`nothing kept at ${String(first)}`);
              await walk(pass, route, backend.shape.sites);
              rows.push(...split(await pass.logits('all'), backend.shape.vocabulary));
              pass.release();
            }
            if (route === before) expect(largestDifference(rows, once)).toBeLessThan(options.reorder);
            else expect(largestDifference(rows, await whole(route))).toBeLessThan(options.reorder);
          }
        });
      });

      test('gives nothing where nothing is kept or what is kept no longer holds', async () => {
        await open(async (sequence) => {
          await feed(backend, sequence, IDS.slice(0, 4), [4], before);
          await feed(backend, sequence, IDS.slice(4), [4, 4], before, true);
          expect(await sequence.resume(0, 1)).toBeUndefined();
          expect(await sequence.resume(5, 1)).toBeUndefined();
          const pass = await sequence.resume(4, 1);
          if (pass === undefined) throw new Error('nothing kept at 4');
          await walk(pass, changed(1), backend.shape.sites);
          pass.release();
          // The second block was computed behind other keys and values: only what lies before site 1 still holds.
          expect(await sequence.resume(8, 2)).toBeUndefined();
          await feed(backend, sequence, IDS.slice(8), [4], before);
          expect(await sequence.resume(8, 1)).toBeUndefined();
        });
      });

      test('of a block that was cut short goes as far as the block does', async () => {
        await open(async (sequence) => {
          await feed(backend, sequence, IDS, [8, 4], before, true);
          sequence.truncate(5);
          const pass = await sequence.resume(0, 2);
          if (pass === undefined) throw new Error('nothing kept at 0');
          expect(pass.tokens).toBe(5);
          await walk(pass, changed(2), backend.shape.sites);
          const rows = split(await pass.logits('all'), backend.shape.vocabulary);
          pass.release();
          rows.push(...(await feed(backend, sequence, IDS.slice(5), [7], changed(2))));
          expect(largestDifference(rows, await whole(changed(2)))).toBeLessThan(options.reorder);
        });
      });

      test('in a fork leaves the original as it was', async () => {
        await open(async (sequence) => {
          const once = await feed(backend, sequence, IDS, [12], before, true);
          const fork = await sequence.fork();
          const pass = await fork.resume(0, 1);
          if (pass === undefined) throw new Error('nothing kept in the fork');
          await walk(pass, changed(1), backend.shape.sites);
          pass.release();
          const after = await feed(backend, sequence, next, [2], before);
          fork.release();
          expect(largestDifference([...once, ...after], await whole(before, [...IDS, ...next]))).toBeLessThan(
            options.reorder,
          );
        });
      });
    });

    evaluationContract(() => backend, open, options.reorder);

    test('a pass that does not reach the head leaves no trace', async () => {
      const route = router(2, 3);
      await open(async (sequence) => {
        const once = await feed(backend, sequence, IDS.slice(0, 8), [4, 4], route, true);
        const left = await sequence.begin(Int32Array.from([1, 2, 3]));
        await left.advance(null);
        left.release();
        const resumed = await sequence.resume(0, 0);
        await resumed?.advance(null);
        await resumed?.advance(null);
        resumed?.release();
        expect(sequence.length).toBe(8);
        const rest = await feed(backend, sequence, IDS.slice(8), [4], route);
        expect(largestDifference([...once, ...rest], await whole(route))).toBeLessThan(options.reorder);
      });
    });

    test('two sequences can be walked in turns', async () => {
      const route = router(2, 3);
      await open(async (one) => {
        await open(async (two) => {
          const a = await one.begin(Int32Array.from(IDS.slice(0, 5)));
          const b = await two.begin(Int32Array.from(IDS.slice(5)));
          for (let site = 0; site < backend.shape.sites; site++) {
            await a.advance(route(site, 0, 5));
            await b.advance(route(site, 0, 7));
          }
          const rows = [await a.logits('last'), await b.logits('last')];
          a.release();
          b.release();
          const expected = [
            ...(await whole(route, IDS.slice(0, 5))).slice(-1),
            ...(await whole(route, IDS.slice(5))).slice(-1),
          ];
          expect(largestDifference(rows, expected)).toBeLessThan(options.reorder);
        });
      });
    });

    test('refuses what it cannot do, and goes on', async () => {
      const route = router(2, 3);
      await open(async (sequence) => {
        const { context, vocabulary, sites } = backend.shape;
        await expect(sequence.begin(new Int32Array(0))).rejects.toThrow(RangeError);
        await expect(sequence.begin(Int32Array.of(vocabulary))).rejects.toThrow(String(vocabulary));
        await expect(sequence.begin(Int32Array.of(-1))).rejects.toThrow(RangeError);
        await expect(sequence.begin(new Int32Array(context + 3))).rejects.toThrow('3 more than');
        expect(() => {
          backend.setUnits([{ expert: 0, rankFrom: 0, rankTo: 1000 }]);
        }).toThrow(RangeError);

        const pass = await sequence.begin(Int32Array.from(IDS));
        const wrong = {
          slots: 1,
          units: new Int16Array(IDS.length).fill(7),
          weights: new Float32Array(IDS.length).fill(1),
        };
        await expect(pass.advance({ ...wrong, mix: 'outputs' })).rejects.toThrow('unit 7');
        await expect(pass.advance({ ...wrong, units: new Int16Array(1), mix: 'outputs' })).rejects.toThrow(RangeError);
        await expect(pass.logits('last')).rejects.toThrow(RangeError);
        await walk(pass, route, sites);
        await expect(pass.input()).rejects.toThrow(RangeError);
        await expect(pass.advance(null)).rejects.toThrow(RangeError);
        expect(largestDifference(split(await pass.logits('all'), vocabulary), await whole(route))).toBe(0);
        pass.release();

        const late = await sequence.begin(Int32Array.of(1));
        sequence.truncate(3);
        await expect(late.advance(null)).rejects.toThrow('begin again');
        late.release();
        await expect(late.logits('last')).rejects.toThrow('released');
      });
    });
  });
}

/** Halves of experts, a single rank, and a whole one. */
const partUnits = (): readonly Unit[] => [
  { expert: 0, rankFrom: 0, rankTo: 2 },
  { expert: 1, rankFrom: 2, rankTo: 4 },
  { expert: 2, rankFrom: 1, rankTo: 2 },
  { expert: 2, rankFrom: 0, rankTo: 4 },
];
