/**
 * Llamas of random shapes and storage types against the reference, fed in blocks of random lengths, with experts of random
 * ranks and units; all memory is guarded. And what the backend does when something is missing.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodeKernels, spawnNodeHelper } from '../../../src/cli/node-kernels.ts';
import type { WritableType } from '../../../src/formats/ggml-quantise.ts';
import { readGguf } from '../../../src/formats/gguf.ts';
import { writeGguf, type WritableTensor } from '../../../src/formats/gguf-writer.ts';
import { moduleShape, modules, readLlama, type Llama } from '../../../src/formats/llama.ts';
import type { LoraAdapter } from '../../../src/formats/peft.ts';
import { random } from '../../../tools/tiny/random.ts';
import type { SiteRoutes, Unit } from '../backend.ts';
import { feed, largestDifference, none, type Router } from '../contract-tools.ts';
import { referenceForward } from '../reference.ts';
import { createSimdBackend } from './create.ts';
import type { Heap } from './heap.ts';
import { help, type Helper, type HelperStart, type SpawnHelper } from './team.ts';

interface Shape {
  readonly seed: number;
  readonly layers: number;
  readonly width: number;
  readonly kvHeads: number;
  readonly group: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  readonly float: boolean;
}

const quantised: readonly WritableType[] = ['Q4_0', 'Q4_1', 'Q8_0'];
const floats: readonly WritableType[] = ['F16', 'BF16', 'F32'];

function randomLlama(shape: Shape): Llama {
  const { seed, layers, width, kvHeads, group, headDim, ffn, vocabulary } = shape;
  const numbers = random(seed);
  const heads = kvHeads * group;
  let picked = seed;
  const typeFor = (columns: number): WritableType => {
    picked = (Math.imul(picked, 1_103_515_245) + 12_345) >>> 0;
    const choice = shape.float || columns % 32 !== 0 ? floats : [...floats, ...quantised, ...quantised];
    return choice[(picked >>> 16) % choice.length] ?? 'F32';
  };
  const tensors: WritableTensor[] = [];
  const matrix = (name: string, columns: number, rows: number): void => {
    const data = numbers.normals(columns * rows, 1 / Math.sqrt(columns));
    tensors.push({ name, dims: [columns, rows], type: typeFor(columns), data });
  };
  const norm = (name: string): void => {
    tensors.push({ name, dims: [width], type: 'F32', data: numbers.normals(width, 0.2, 1) });
  };
  matrix('token_embd.weight', width, vocabulary);
  norm('output_norm.weight');
  if (!shape.tied) matrix('output.weight', width, vocabulary);
  for (let layer = 0; layer < layers; layer++) {
    const at = (part: string): string => `blk.${String(layer)}.${part}.weight`;
    norm(at('attn_norm'));
    matrix(at('attn_q'), width, heads * headDim);
    matrix(at('attn_k'), width, kvHeads * headDim);
    matrix(at('attn_v'), width, kvHeads * headDim);
    matrix(at('attn_output'), heads * headDim, width);
    norm(at('ffn_norm'));
    matrix(at('ffn_gate'), width, ffn);
    matrix(at('ffn_up'), width, ffn);
    matrix(at('ffn_down'), ffn, width);
  }
  const u32 = (value: number) => ({ type: 'u32' as const, value });
  const bytes = writeGguf(
    {
      'general.architecture': { type: 'string', value: 'llama' },
      'llama.block_count': u32(layers),
      'llama.context_length': u32(300),
      'llama.embedding_length': u32(width),
      'llama.feed_forward_length': u32(ffn),
      'llama.attention.head_count': u32(heads),
      'llama.attention.head_count_kv': u32(kvHeads),
      'llama.attention.key_length': u32(headDim),
      'llama.attention.value_length': u32(headDim),
      'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
      'llama.rope.freq_base': { type: 'f32', value: 10_000 },
      'llama.rope.dimension_count': u32(headDim),
    },
    tensors,
  );
  return readLlama(readGguf(bytes, 'random.gguf'));
}

function randomAdapters({ shape }: Llama, ranks: readonly number[], seed: number): readonly LoraAdapter[] {
  const numbers = random(seed);
  return ranks.map((rank, e) => ({
    id: `e${String(e)}`,
    rank,
    alpha: rank,
    scale: 1 / (1 + e),
    modules: Array.from({ length: shape.layers }, (_, layer) =>
      modules
        // Every expert leaves something out.
        .filter((_name, m) => (m + e + layer) % 4 !== 0)
        .map((name) => {
          const [out, input] = moduleShape(shape, name);
          const A = Float32Array.from(numbers.normals(rank * input, 1 / Math.sqrt(input)));
          return { layer, name, A, B: Float32Array.from(numbers.normals(out * rank, 0.3)) };
        }),
    ).flat(),
  }));
}

/** Whole experts, halves and single ranks. */
const unitsOf = (adapters: readonly LoraAdapter[]): readonly Unit[] =>
  adapters.flatMap(({ rank }, expert) => [
    { expert, rankFrom: 0, rankTo: rank },
    { expert, rankFrom: 0, rankTo: Math.ceil(rank / 2) },
    { expert, rankFrom: rank - 1, rankTo: rank },
  ]);

const routerOver =
  (units: number, slots: number, mix: SiteRoutes['mix']): Router =>
  (site, first, tokens) => ({
    slots,
    mix,
    units: Int16Array.from({ length: tokens * slots }, (_, i) => {
      const token = first + Math.floor(i / slots);
      return ((site * 5 + token * 3 + (i % slots) * 7) % (units + 1)) - 1;
    }),
    weights: Float32Array.from({ length: tokens * slots }, (_, i) => 0.1 * (((first * slots + i) % 9) - 3)),
  });

const small = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  layers: fc.integer({ min: 1, max: 2 }),
  width: fc.oneof(
    fc.integer({ min: 1, max: 3 }).map((n) => 32 * n),
    fc.integer({ min: 2, max: 50 }),
  ),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  group: fc.integer({ min: 1, max: 4 }),
  headDim: fc.oneof(
    fc.constantFrom(8, 16, 32),
    fc.integer({ min: 1, max: 10 }).map((n) => 2 * n),
  ),
  ffn: fc.oneof(
    fc.integer({ min: 1, max: 3 }).map((n) => 32 * n),
    fc.integer({ min: 1, max: 70 }),
  ),
  vocabulary: fc.integer({ min: 2, max: 40 }),
  tied: fc.boolean(),
  float: fc.boolean(),
});

describe('a llama of any shape', () => {
  const cases = fc.record({
    shape: small,
    ranks: fc.array(fc.integer({ min: 1, max: 19 }), { minLength: 1, maxLength: 3 }),
    equal: fc.boolean(),
    slots: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 1, max: 12 }),
    lengths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 }),
    routed: fc.boolean(),
  });
  test('computes what the reference does, and touches nothing beside its memory', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, ranks: given, equal, slots, length, lengths, routed }) => {
        const llama = randomLlama(shape);
        const ranks = equal ? given.map(() => given[0] ?? 1) : given;
        const adapters = randomAdapters(llama, ranks, shape.seed + 1);
        const units = unitsOf(adapters);
        const route = routed ? routerOver(units.length, slots, equal ? 'factors' : 'outputs') : none;
        let heap: Heap | undefined;
        const backend = await createSimdBackend({
          kernels: nodeKernels,
          model: llama,
          adapters,
          guarded: (made) => (heap = made),
        });
        backend.setUnits(units);
        const ids = Array.from({ length }, (_, i) => (i * 7 + shape.seed) % shape.vocabulary);
        const blocks: number[] = [];
        for (let left = length; left > 0; left -= blocks.at(-1) ?? left) {
          blocks.push(Math.min(left, lengths[blocks.length] ?? 1));
        }
        const sequence = await backend.open();
        const rows = await feed(backend, sequence, ids, blocks, route, true);
        const fork = await sequence.fork();
        const whole = await backend.open();
        expect(await feed(backend, whole, ids, [length], route)).toEqual(rows);
        expect(await feed(backend, fork, [1], [1], route)).toEqual(await feed(backend, whole, [1], [1], route));
        const expected = referenceForward(llama, adapters, ids, (site) => route(site, 0, length), units);
        const most = Math.max(1, ...expected.logits.flatMap((row) => Array.from(row, Math.abs)));
        expect(largestDifference(rows, expected.logits)).toBeLessThan((shape.float ? 1e-4 : 2e-2) * most);
        expect(heap?.damaged()).toEqual([]);
        // What sequences held is free again.
        const used = heap?.used() ?? 0;
        for (const each of [sequence, fork, whole]) each.release();
        const again = await backend.open();
        await feed(backend, again, ids, blocks, route);
        again.release();
        expect(heap?.used()).toBeLessThan(used);
        await backend.dispose();
      }),
      { numRuns: 40 },
    );
  });

  const long = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
    before: fc.integer({ min: 1, max: 200 }),
    cuts: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 3, maxLength: 3 }),
    continuations: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
    experts: fc.integer({ min: 1, max: 40 }),
    rank: fc.integer({ min: 1, max: 17 }),
    slots: fc.integer({ min: 1, max: 4 }),
    group: fc.integer({ min: 1, max: 4 }),
  });
  test('over pages, slices, many experts and several continuations', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(long, async ({ seed, before, cuts, continuations, experts, rank, slots, group }) => {
        const sizes = { layers: 1, width: 32, kvHeads: 1, group, headDim: 8, ffn: 64, vocabulary: 30 };
        const llama = randomLlama({ seed, ...sizes, tied: true, float: false });
        const ranks = Array.from({ length: experts }, (_, e) => 1 + ((rank + e) % 17));
        const adapters = randomAdapters(llama, ranks, seed + 1);
        const whole = adapters.map(({ rank: all }, expert) => ({ expert, rankFrom: 0, rankTo: all }));
        // By position alone, so that it is the same in whatever block a token is.
        const route: Router = (site, first, tokens) => ({
          slots,
          mix: 'outputs',
          units: Int16Array.from({ length: tokens * slots }, (_, i) => {
            const token = first + Math.floor(i / slots);
            return ((site * 5 + token * 3 + (i % slots) * 7) % (experts + 1)) - 1;
          }),
          weights: Float32Array.from({ length: tokens * slots }, (_, i) => 0.1 + 0.05 * (i % slots)),
        });
        let heap: Heap | undefined;
        const guarded = (made: Heap): void => {
          heap = made;
        };
        const backend = await createSimdBackend({ kernels: nodeKernels, model: llama, adapters, guarded });
        const ids = (count: number, salt: number): number[] =>
          Array.from({ length: count }, (_, i) => (i * 7 + salt) % sizes.vocabulary);
        const prefix = ids(before, seed % 30);
        const blocks: number[] = [];
        for (let left = before; left > 0; left -= blocks.at(-1) ?? left) {
          blocks.push(Math.min(left, cuts[blocks.length] ?? left));
        }
        const sequence = await backend.open();
        const rows = await feed(backend, sequence, prefix, blocks, route);
        const alone: Float32Array[] = [];
        const lists = continuations.map((count, i) => ids(count, i));
        for (const list of lists) {
          const fork = await sequence.fork();
          alone.push(...(await feed(backend, fork, list, [list.length], route)));
          fork.release();
        }
        const pass = await sequence.branch?.(lists.map((list) => Int32Array.from(list)));
        if (pass === undefined) throw new Error('no branch');
        while (pass.site < 2) {
          const { site } = pass;
          const parts = lists.map((list) => route(site, before, list.length));
          await pass.advance({
            slots,
            mix: 'outputs',
            units: Int16Array.from(parts.flatMap((part) => [...(part?.units ?? [])])),
            weights: Float32Array.from(parts.flatMap((part) => [...(part?.weights ?? [])])),
          });
        }
        const together = await pass.logits('all');
        pass.release();
        expect(together).toEqual(Float32Array.from(alone.flatMap((row) => [...row])));
        const first = [...prefix, ...(lists[0] ?? [])];
        const expected = referenceForward(llama, adapters, first, (site) => route(site, 0, first.length), whole);
        const most = Math.max(1, ...expected.logits.flatMap((row) => Array.from(row, Math.abs)));
        const mine = [...rows, ...alone.slice(0, lists[0]?.length)];
        expect(largestDifference(mine, expected.logits)).toBeLessThan(2e-2 * most);
        sequence.release();
        expect(heap?.damaged()).toEqual([]);
        await backend.dispose();
      }),
      { numRuns: 12 },
    );
  });

  test(
    'two threads give the bits of one, blocks longer than a slice those of shorter ones',
    { timeout: 60_000 },
    async () => {
      const llama = randomLlama({
        seed: 5,
        layers: 2,
        width: 96,
        kvHeads: 2,
        group: 3,
        headDim: 16,
        ffn: 160,
        vocabulary: 500,
        tied: false,
        float: false,
      });
      const adapters = randomAdapters(llama, [8, 20], 6);
      const ids = Array.from({ length: 280 }, (_, i) => (i * 37) % 500);
      const route = routerOver(2, 2, 'outputs');
      const results: Float32Array[][] = [];
      for (const [threads, lengths] of [
        [1, [280]],
        [2, [280]],
        [2, [100, 1, 2, 150, 27]],
        [3, [64, 64, 64, 64, 24]],
      ] as const) {
        const backend = await createSimdBackend({
          kernels: nodeKernels,
          spawn: spawnNodeHelper,
          threads,
          model: llama,
          adapters,
        });
        expect(backend.report.threads).toBe(threads);
        results.push(await feed(backend, await backend.open(), ids, lengths, route));
        await backend.dispose();
      }
      for (const rows of results) expect(rows).toEqual(results[0]);
    },
  );
});

/** A module whose `help` (three i32) is `unreachable`. */
const trapping = (): Promise<WebAssembly.Module> => {
  const type = [1, 7, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0];
  const exported = [7, 8, 1, 4, 104, 101, 108, 112, 0, 0];
  const code = [10, 5, 1, 3, 0, 0, 11];
  return WebAssembly.compile(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...type, 3, 2, 1, 0, ...exported, ...code]));
};

test('helpers sleep when there is nothing to do, and end with the backend', async () => {
  const llama = randomLlama({
    seed: 11,
    layers: 1,
    width: 64,
    kvHeads: 1,
    group: 2,
    headDim: 16,
    ffn: 64,
    vocabulary: 50,
    tied: true,
    float: false,
  });
  const ended: boolean[] = [];
  const spawn: SpawnHelper = (start) => {
    const helper = spawnNodeHelper(start);
    const terminate = (): void => {
      ended.push(true);
      helper.terminate();
    };
    return { ...helper, terminate };
  };
  const backend = await createSimdBackend({ kernels: nodeKernels, spawn, threads: 3, model: llama, adapters: [] });
  await feed(backend, await backend.open(), [1, 2, 3, 4, 5], [5], none);
  const rest = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
  await rest(50);
  const before = process.cpuUsage();
  await rest(500);
  const { user, system } = process.cpuUsage(before);
  // Two helpers that looked on would take a second.
  expect((user + system) / 1000).toBeLessThan(250);
  await backend.dispose();
  expect(ended).toEqual([true, true]);
});

describe('what is missing is said', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const noMoreMemory = (): void => {
    vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('Maximum memory size exceeded');
    });
  };
  const tiny = (): Llama =>
    randomLlama({
      seed: 9,
      layers: 1,
      width: 32,
      kvHeads: 1,
      group: 1,
      headDim: 8,
      ffn: 32,
      vocabulary: 10,
      tied: true,
      float: false,
    });

  test('a device without SIMD, and memory that cannot be had', async () => {
    const create = (): Promise<unknown> => createSimdBackend({ kernels: nodeKernels, model: tiny(), adapters: [] });
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(create()).rejects.toMatchObject({ code: 'unsupported' });
    vi.restoreAllMocks();
    noMoreMemory();
    await expect(create()).rejects.toMatchObject({ code: 'memory' });
  });

  test('memory that runs out in the middle costs the block, not the sequence', async () => {
    const backend = await createSimdBackend({ kernels: nodeKernels, model: tiny(), adapters: [] });
    const sequence = await backend.open();
    const before = await feed(backend, sequence, [1, 2], [2], none);
    noMoreMemory();
    const many = await Promise.allSettled(
      Array.from({ length: 2000 }, async () => feed(backend, await backend.open(), [1, 2], [2], none)),
    );
    vi.restoreAllMocks();
    const failed = many.filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]?.reason).toMatchObject({ code: 'memory' });
    sequence.truncate(0);
    expect(await feed(backend, sequence, [1, 2], [2], none)).toEqual(before);
    await backend.dispose();
  });

  test('memory that cannot be shared: one thread, and said', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const options = { kernels: nodeKernels, spawn: spawnNodeHelper, threads: 2, model: tiny(), adapters: [] };
    const backend = await createSimdBackend(options);
    vi.unstubAllGlobals();
    expect(backend.report.threads).toBe(1);
    expect(backend.report.notices.join()).toContain('not cross-origin isolated');
    const shared = await createSimdBackend(options);
    expect(shared.report.threads).toBe(2);
    expect(await feed(backend, await backend.open(), [1, 2, 3, 4], [4], none)).toEqual(
      await feed(shared, await shared.open(), [1, 2, 3, 4], [4], none),
    );
    await backend.dispose();
    await shared.dispose();
  });

  test('a helper that ends is not waited for; one that fails ends the backend with a message', async () => {
    const started: HelperStart[] = [];
    const helpers: Helper[] = [];
    const spawn: SpawnHelper = (start) => {
      const helper = spawnNodeHelper(start);
      started.push(start);
      helpers.push(helper);
      return helper;
    };
    // Large enough for jobs of several chunks: a single one is not shared out.
    const sizes = { layers: 1, width: 96, kvHeads: 2, group: 1, headDim: 16, ffn: 160, vocabulary: 200 };
    const model = randomLlama({ seed: 4, ...sizes, tied: true, float: false });
    const backend = await createSimdBackend({ kernels: nodeKernels, spawn, threads: 2, model, adapters: [] });
    const ids = Array.from({ length: 40 }, (_, i) => i);
    const run = async (): Promise<Float32Array[]> => feed(backend, await backend.open(), ids, [40], none);
    const before = await run();
    helpers[0]?.terminate();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await run()).toEqual(before);
    // A helper whose kernels trap.
    const [start] = started;
    if (start === undefined) throw new Error('no helper was started');
    const failing = { ...start, module: await trapping() };
    await help(failing, () => undefined);
    await expect(run()).rejects.toMatchObject({ code: 'internal' });
    await backend.dispose();
  });

  test('threads that do not start, and a backend that was disposed of', async () => {
    const model = tiny();
    const backend = await createSimdBackend({
      kernels: nodeKernels,
      spawn: () => ({ ready: Promise.reject(new Error('blocked')), terminate: () => undefined }),
      threads: 2,
      model,
      adapters: [],
    });
    expect(backend.report.threads).toBe(1);
    expect(backend.report.notices.join()).toContain('blocked');
    const pass = await (await backend.open()).begin(Int32Array.of(1));
    await backend.dispose();
    await expect(pass.advance(null)).rejects.toMatchObject({ code: 'not-loaded' });
  });

  test('a model without experts takes no routes, a context no longer than the model’s', async () => {
    const backend = await createSimdBackend({ kernels: nodeKernels, model: tiny(), adapters: [], context: 20 });
    expect(backend.shape.context).toBe(20);
    const pass = await (await backend.open()).begin(Int32Array.of(1));
    const routes = { slots: 1, units: Int16Array.of(0), weights: Float32Array.of(1), mix: 'outputs' } as const;
    await expect(pass.advance(routes)).rejects.toThrow('without experts');
    expect(() => {
      backend.setUnits([]);
    }).toThrow('the model has none');
  });

  test('bytes that are handed over are freed once they are packed, and only then', async () => {
    const run = async (handedOver: boolean) => {
      const file = new Uint8Array(100);
      const llama = tiny();
      // As from a file: read anew each time, and gone with the file.
      const adapters = randomAdapters(llama, [9], 3).map((adapter) => ({
        ...adapter,
        file,
        modules: adapter.modules.map((module) => ({
          ...module,
          get A() {
            if (file.length === 0) throw new TypeError('detached');
            return module.A;
          },
        })),
      }));
      const backend = await createSimdBackend({ kernels: nodeKernels, model: llama, adapters, handedOver });
      const rows = await feed(backend, await backend.open(), [1, 2, 3], [3], routerOver(1, 1, 'outputs'));
      await backend.dispose();
      return { rows, left: [llama.gguf.bytes.length > 0, file.length > 0] };
    };
    const kept = await run(false);
    const handed = await run(true);
    expect(kept.left).toEqual([true, true]);
    expect(handed.left).toEqual([false, false]);
    expect(handed.rows).toEqual(kept.rows);
  });

  test('loading tells how far it is and stops when told', async () => {
    const steps: number[] = [];
    const abort = new AbortController();
    const options = { kernels: nodeKernels, model: tiny(), adapters: randomAdapters(tiny(), [2, 2], 3) };
    await createSimdBackend({ ...options, onProgress: (done, total) => steps.push(done / total) });
    expect(steps).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const stopped = createSimdBackend({
      ...options,
      signal: abort.signal,
      onProgress: (done) => {
        if (done === 2) abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  });
});

test('the builds are the pinned ones, byte by byte', async () => {
  const { kernelHashes } = await import('../../../tools/kernels.mjs');
  const pinned: unknown = JSON.parse(readFileSync(new URL('kernels.json', import.meta.url), 'utf8'));
  expect(kernelHashes()).toEqual(pinned);
});
