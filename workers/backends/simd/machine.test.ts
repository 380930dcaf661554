/**
 * Every kernel against its formula in plain TypeScript, over random shapes. All blocks are as small as the machine lets
 * them be, and lie between poisoned words that must be whole after every case.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { nodeKernels } from '../../../src/cli/node-kernels.ts';
import { dequantise } from '../../../src/formats/ggml.ts';
import type { WritableType } from '../../../src/formats/ggml-quantise.ts';
import { readGguf, type Gguf, type GgufTensor } from '../../../src/formats/gguf.ts';
import { writeGguf } from '../../../src/formats/gguf-writer.ts';
import type { LlamaShape } from '../../../src/formats/llama.ts';
import { random } from '../../../tools/tiny/random.ts';
import { packExperts } from './experts.ts';
import { createHeap, type Block, type Heap } from './heap.ts';
import { createMemory, instantiate, type Kernels } from './kernels.ts';
import { layoutOf, padded, PAGE } from './layout.ts';
import { createMachine, type Machine, type Place, type Rows } from './machine.ts';
import { createPacker, formatOf } from './matrix.ts';
import { createRouter } from './routes.ts';
import { CONTROL_BYTES, teamOf } from './team.ts';
import { rankTable, wholeExperts } from '../units.ts';

let memory: WebAssembly.Memory;
let kernels: Kernels;
let heap: Heap;
let control: Block;

beforeAll(async () => {
  memory = createMemory(false);
  kernels = await instantiate(await nodeKernels({ relaxed: false, shared: false }), memory);
  heap = createHeap(memory, kernels.heapBase(), true);
  control = heap.allocate(CONTROL_BYTES);
  heap.bytes(control).fill(0);
});

const shapeOf = (given: Partial<LlamaShape>): LlamaShape => ({
  layers: 1,
  width: 32,
  heads: 1,
  kvHeads: 1,
  headDim: 32,
  ffn: 32,
  vocabulary: 8,
  context: 4096,
  ropeBase: 10_000,
  rmsEpsilon: 1e-5,
  tiedHead: true,
  ...given,
});

/** A machine whose own scratch memory is as small as this shape allows. */
const machineFor = (shape: LlamaShape, widest = 32): Machine =>
  createMachine({
    kernels,
    heap,
    memory,
    control,
    team: teamOf(kernels, control.at, () => heap.ints(control), []),
    layout: layoutOf(shape),
    shape,
    widest,
  });

/** Blocks that go when the case is over. */
function withBlocks(body: (floats: (count: number, data?: ArrayLike<number>) => Block) => void): void {
  const made: Block[] = [];
  try {
    body((count, data) => {
      const block = heap.allocate(4 * count);
      made.push(block);
      // What lies there before must not matter: NaN would show in every sum.
      const view = heap.floats(block);
      view.fill(NaN);
      if (data !== undefined) view.set(data);
      return block;
    });
    expect(heap.damaged()).toEqual([]);
  } finally {
    for (const block of made) heap.free(block);
  }
}

const place = (block: Block): Place => ({ block, from: 0 });
const tiledRows = (tokens: number): number => (tokens >= 4 ? 4 * Math.ceil(tokens / 4) : tokens);

function rowsFor(
  floats: (count: number, data?: ArrayLike<number>) => Block,
  tokens: number,
  stride: number,
  columns: number,
  data: ArrayLike<number>,
): Rows {
  const blocks = Math.floor(columns / 32);
  const rows = tiledRows(tokens);
  return {
    floats: place(floats(tokens * stride, data)),
    stride,
    quantised: {
      values: floats(16 * blocks * rows),
      scales: floats(blocks * rows),
      sums: floats(blocks * rows),
      biases: floats(tokens >= 4 ? 0 : blocks * rows),
    },
  };
}

function tensorOf(
  type: WritableType,
  columns: number,
  rows: number,
  data: Float32Array,
): { gguf: Gguf; tensor: GgufTensor } {
  const bytes = writeGguf({}, [{ name: 'w', dims: [columns, rows], type, data }]);
  const gguf = readGguf(bytes, 'w.gguf');
  const tensor = gguf.tensors.get('w');
  if (tensor === undefined) throw new Error('no tensor');
  return { gguf, tensor };
}

const types: readonly WritableType[] = ['Q4_0', 'Q4_1', 'Q8_0', 'F16', 'BF16', 'F32'];
const seed = fc.integer({ min: 1, max: 2 ** 30 });
const at = (list: ArrayLike<number>, i: number): number => list[i] ?? NaN;

/** Several rows of values whose sizes differ by far, as activations do; some blocks are zero. */
function activations(numbers: ReturnType<typeof random>, rows: number, columns: number): Float32Array {
  const data = numbers.normals(rows * columns, 1);
  const gains = numbers.normals(Math.ceil((rows * columns) / 32), 2);
  return data.map((value, i) => {
    const gain = at(gains, i >> 5);
    return gain > 3 ? 0 : value * Math.exp(gain);
  });
}

describe('a matrix', () => {
  const cases = fc.record({
    seed,
    type: fc.constantFrom(...types),
    blocks: fc.integer({ min: 1, max: 5 }),
    odd: fc.integer({ min: 0, max: 31 }),
    rows: fc.integer({ min: 1, max: 130 }),
    tokens: fc.integer({ min: 1, max: 21 }),
    add: fc.boolean(),
    outside: fc.integer({ min: 0, max: 3 }),
  });

  test('times tokens is within the rounding of its activations, and a token’s bits depend on it alone', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { type, rows, tokens, add } = given;
        const numbers = random(given.seed);
        const float = !type.startsWith('Q');
        const columns = float ? 32 * given.blocks - given.odd : 32 * given.blocks;
        const { gguf, tensor } = tensorOf(type, columns, rows, numbers.normals(rows * columns, 0.3, 0.05));
        const weights = dequantise(gguf, tensor);
        const machine = machineFor(shapeOf({}), columns);
        const packer = createPacker(gguf, kernels, heap);
        const [part] = packer.pack([{ tensor }]);
        packer.release();
        if (part === undefined) throw new Error('no part');
        const { matrix } = part;
        expect(matrix.format).toBe(formatOf(tensor));
        const stride = padded(columns) + 8 * given.outside;
        const outputs = matrix.rows + given.outside;
        const x = activations(numbers, tokens, columns);
        const before = numbers.normals(tokens * outputs, 1);

        const compute = (first: number, count: number): Float32Array[] => {
          const result: Float32Array[] = [];
          withBlocks((floats) => {
            const data = new Float32Array(count * stride);
            for (let t = 0; t < count; t++) {
              data.set(x.subarray((first + t) * columns, (first + t + 1) * columns), t * stride);
            }
            const input = rowsFor(floats, count, stride, columns, data);
            const y = floats(
              (count - 1) * outputs + matrix.rows,
              before.subarray(first * outputs, (first + count - 1) * outputs + matrix.rows),
            );
            if (!float) machine.quantise(input, columns, count);
            machine.multiply(matrix, input, count, place(y), outputs, add);
            for (let t = 0; t < count; t++) result.push(heap.floats(y, t * outputs, matrix.rows).slice());
          });
          return result;
        };
        const together = compute(0, tokens);
        together.forEach((row, t) => {
          expect(compute(t, 1)).toEqual([row]);
          for (let n = 0; n < matrix.rows; n++) {
            let exact = add ? at(before, t * outputs + n) : 0;
            let bound = 1e-6 + 1e-6 * Math.abs(exact);
            if (n < rows) {
              for (let block = 0; block < columns; block += 32) {
                const end = Math.min(columns, block + 32);
                let most = 0;
                for (let k = block; k < end; k++) most = Math.max(most, Math.abs(at(x, t * columns + k)));
                for (let k = block; k < end; k++) {
                  const w = at(weights, n * columns + k);
                  exact += w * at(x, t * columns + k);
                  bound +=
                    Math.abs(w) * ((float ? 0 : (0.505 * most) / 32767) + 3e-6 * Math.abs(at(x, t * columns + k)));
                  // The minimum and the quantised part of a Q4 weight are summed apart.
                  bound += 3e-6 * most * Math.abs(w);
                }
              }
            }
            expect(Math.abs(at(row, n) - exact)).toBeLessThanOrEqual(bound);
          }
        });
        withBlocks((floats) => {
          const to = floats(columns);
          for (let row = 0; row < rows; row++) {
            machine.row(matrix, row, place(to));
            // Q4_0's zeros may have either sign.
            const positive = (values: Float32Array): Float32Array => values.map((value) => value + 0);
            expect(positive(heap.floats(to))).toEqual(positive(weights.subarray(row * columns, (row + 1) * columns)));
          }
        });
        heap.free(matrix.block);
      }),
      { numRuns: 60 },
    );
  });

  test('of several tensors side by side is what each gives, rows placed where they are told', () => {
    const numbers = random(7);
    const sizes = [12, 5, 8];
    const bytes = writeGguf(
      {},
      sizes.map((rows, i) => ({
        name: `w${String(i)}`,
        dims: [64, rows],
        type: i === 2 ? ('Q8_0' as const) : ('Q4_1' as const),
        data: numbers.normals(64 * rows, 1),
      })),
    );
    const gguf = readGguf(bytes, 'w.gguf');
    const tensors = sizes.map((_, i) => gguf.tensors.get(`w${String(i)}`)).filter((tensor) => tensor !== undefined);
    const packer = createPacker(gguf, kernels, heap);
    const place = (row: number): number => (row + 3) % 12;
    const parts = packer.pack(tensors.map((tensor, i) => (i === 0 ? { tensor, place } : { tensor })));
    packer.release();
    expect(parts.map(({ offset, matrix }) => [offset, matrix.rows, matrix.format])).toEqual([
      [0, 24, 'q4'],
      [24, 8, 'q8'],
    ]);
    const machine = machineFor(shapeOf({}), 64);
    withBlocks((floats) => {
      const to = floats(64);
      const read = (part: number, row: number): Float32Array => {
        const matrix = parts[part]?.matrix;
        if (matrix !== undefined) machine.row(matrix, row, { block: to, from: 0 });
        return heap.floats(to).slice();
      };
      tensors.forEach((tensor, i) => {
        const all = dequantise(gguf, tensor);
        for (let row = 0; row < (sizes[i] ?? 0); row++) {
          const expected = all.slice(64 * row, 64 * (row + 1));
          expect(read(i === 2 ? 1 : 0, i === 0 ? place(row) : i === 1 ? 16 + row : row)).toEqual(expected);
        }
      });
      // What fills up the first tensor's last tile.
      for (let row = 12; row < 16; row++) expect(read(0, row)).toEqual(new Float32Array(64));
    });
  });

  test.each([NaN, Infinity, -Infinity])('lets %d through, so that the host sees it', (bad) => {
    const { gguf, tensor } = tensorOf('Q8_0', 64, 8, random(3).normals(512, 1));
    const packer = createPacker(gguf, kernels, heap);
    const [part] = packer.pack([{ tensor }]);
    packer.release();
    const machine = machineFor(shapeOf({}), 64);
    for (const tokens of [1, 5]) {
      withBlocks((floats) => {
        const data = random(4).normals(64 * tokens, 1);
        data[40] = bad;
        const input = rowsFor(floats, tokens, 64, 64, data);
        const y = floats(8 * tokens);
        machine.quantise(input, 64, tokens);
        if (part !== undefined) machine.multiply(part.matrix, input, tokens, place(y), 8, false);
        const [first, second] = [heap.floats(y, 0, 8), heap.floats(y, 8, tokens > 1 ? 8 : 0)];
        expect(first.some((value) => Number.isFinite(value))).toBe(false);
        expect(second.every((value) => Number.isFinite(value))).toBe(true);
      });
    }
  });
});

test('norm and SwiGLU', () => {
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 19 }), (start, width, tokens) => {
      const numbers = random(start);
      const machine = machineFor(shapeOf({}));
      const stride = padded(width);
      withBlocks((floats) => {
        const x = new Float32Array(tokens * stride);
        const gates = new Float32Array(2 * tokens * stride);
        for (let t = 0; t < tokens; t++) {
          x.set(numbers.normals(width, 3), t * stride);
          gates.set(numbers.normals(width, 20), 2 * t * stride);
          gates.set(numbers.normals(width, 2), (2 * t + 1) * stride);
        }
        const weight = numbers.normals(stride, 1).fill(0, width);
        const to = rowsFor(floats, tokens, stride, 0, []);
        machine.norm(place(floats(x.length, x)), floats(stride, weight), to, tokens, width, 1e-5, false);
        const u = heap.floats(to.floats.block).slice();
        const hidden = rowsFor(floats, tokens, stride, 0, []);
        machine.swiglu(place(floats(gates.length, gates)), hidden, width, tokens, false);
        const h = heap.floats(hidden.floats.block);
        for (let t = 0; t < tokens; t++) {
          const row = x.subarray(t * stride, (t + 1) * stride);
          const mean = row.reduce((sum, value) => sum + value * value, 0) / width;
          row.forEach((value, i) => {
            const expected = (value / Math.sqrt(mean + 1e-5)) * at(weight, i);
            expect(Math.abs(at(u, t * stride + i) - expected)).toBeLessThanOrEqual(2e-6 * Math.abs(expected) + 1e-9);
            const gate = at(gates, 2 * t * stride + i);
            const wanted = (gate / (1 + Math.exp(-gate))) * at(gates, (2 * t + 1) * stride + i);
            expect(Math.abs(at(h, t * stride + i) - wanted)).toBeLessThanOrEqual(2e-6 * Math.abs(wanted) + 1e-9);
          });
        }
      });
    }),
    { numRuns: 60 },
  );
});

test('rotary embedding, pages and attention, whichever way the tokens are grouped', () => {
  const cases = fc.record({
    seed,
    kvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 5 }),
    half: fc.integer({ min: 1, max: 20 }),
    context: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 200 })),
    parts: fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(cases, ({ seed: start, kvHeads, group, half, context, parts }) => {
      const numbers = random(start);
      const headDim = 2 * half;
      const heads = kvHeads * group;
      const shape = shapeOf({ heads, kvHeads, headDim, layers: 2 });
      const layout = layoutOf(shape);
      const machine = machineFor(shape);
      const { stride, k, v } = layout.qkv;
      const raw = numbers.normals(context * stride, 1);
      const cos = numbers.normals(context * half, 1);
      const sin = numbers.normals(context * half, 1);

      /** Outputs of attention of all tokens, fed in blocks of these lengths. */
      const run = (lengths: readonly number[]): Float32Array => {
        const out = new Float32Array(context * heads * headDim);
        const pages = Array.from({ length: Math.ceil(context / PAGE) }, () => heap.allocate(layout.page.whole));
        for (const page of pages) heap.floats(page).fill(NaN);
        withBlocks((floats) => {
          const table = floats(pages.length);
          heap.ints(table).set(pages.map((page) => page.at));
          let first = 0;
          for (let i = 0; first < context; i++) {
            const tokens = Math.min(context - first, lengths[i % lengths.length] ?? 1);
            const slice = (data: Float32Array, row: number): Block =>
              floats(tokens * row, data.subarray(first * row, (first + tokens) * row));
            const qkv = slice(raw, stride);
            const positions = { first, tokens, pages: place(table), layer: 1 };
            const mixed = floats(tokens * layout.attention);
            machine.rope(place(qkv), place(slice(cos, half)), place(slice(sin, half)), positions);
            machine.attend(place(qkv), place(mixed), positions);
            for (let t = 0; t < tokens; t++) {
              out.set(heap.floats(mixed, t * layout.attention, heads * headDim), (first + t) * heads * headDim);
            }
            first += tokens;
          }
        });
        for (const page of pages) heap.free(page);
        return out;
      };
      const whole = run([Math.min(context, 128)]);
      expect(run(parts)).toEqual(whole);

      const rotate = (from: number, t: number): number[] =>
        Array.from({ length: headDim }, (_, i) => {
          const a = at(raw, from + (i % half));
          const b = at(raw, from + half + (i % half));
          const c = at(cos, t * half + (i % half));
          const s = at(sin, t * half + (i % half));
          return i < half ? a * c - b * s : b * c + a * s;
        });
      for (const t of new Set([0, context >> 1, context - 1])) {
        for (let h = 0; h < heads; h++) {
          const shared = Math.floor(h / group);
          const q = rotate(t * stride + h * headDim, t);
          const scores = Array.from({ length: t + 1 }, (_, s) => {
            const key = rotate(s * stride + k + shared * headDim, s);
            return q.reduce((sum, value, i) => sum + value * at(key, i), 0) / Math.sqrt(headDim);
          });
          const largest = Math.max(...scores);
          const weights = scores.map((score) => Math.exp(score - largest));
          const total = weights.reduce((sum, w) => sum + w, 0);
          for (let i = 0; i < headDim; i++) {
            const expected =
              weights.reduce((sum, w, s) => sum + w * at(raw, s * stride + v + shared * headDim + i), 0) / total;
            expect(Math.abs(at(whole, (t * heads + h) * headDim + i) - expected)).toBeLessThan(5e-5);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('LoRA of experts of mixed ranks, some of whose modules are missing', async () => {
  const cases = fc.record({
    seed,
    ranks: fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 6 }),
    columns: fc.integer({ min: 1, max: 70 }),
    headDim: fc.integer({ min: 1, max: 9 }).map((half) => 2 * half),
    ffn: fc.integer({ min: 1, max: 45 }),
    tokens: fc.integer({ min: 1, max: 70 }),
    slots: fc.integer({ min: 1, max: 4 }),
    bfloat16: fc.boolean(),
    site: fc.integer({ min: 0, max: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed: start, ranks, columns, headDim, ffn, tokens, slots, bfloat16, site }) => {
      const numbers = random(start);
      const draw = numbers.normals(1000, 1);
      let drawn = 0;
      const pick = (n: number): number => Math.floor(Math.abs(at(draw, drawn++ % 1000)) * 1e4) % n;
      const shape = shapeOf({ width: columns, heads: 2, kvHeads: 1, headDim, ffn });
      const rounded = (data: Float32Array): Float32Array<ArrayBuffer> => {
        const own = Float32Array.from(data);
        const bits = new Uint32Array(own.buffer);
        if (bfloat16) for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) & 0xffff0000;
        return own;
      };
      const names = site === 0 ? (['q_proj', 'k_proj', 'v_proj'] as const) : (['gate_proj', 'up_proj'] as const);
      const outputs = site === 0 ? [2 * headDim, headDim, headDim] : [ffn, ffn];
      const adapters = ranks.map((rank, e) => ({
        id: `e${String(e)}`,
        rank,
        alpha: rank,
        scale: 0.5 + e,
        modules: names.flatMap((name, m) =>
          pick(4) === 0
            ? []
            : [
                {
                  layer: 0,
                  name,
                  A: rounded(numbers.normals(rank * columns, 1)),
                  B: rounded(numbers.normals((outputs[m] ?? 0) * rank, 1)),
                },
              ],
        ),
      }));
      const used = heap.used();
      const experts = await packExperts(adapters, shape, kernels, heap, () => Promise.resolve());
      const table = rankTable(adapters);
      const router = createRouter(experts, table, () => wholeExperts(table), columns, heap);
      const routes = {
        slots,
        mix: 'outputs' as const,
        units: Int16Array.from({ length: tokens * slots }, () => pick(ranks.length + 1) - 1),
        weights: numbers.normals(tokens * slots, 1),
      };
      const machine = machineFor(shape);
      const stride = padded(columns);
      const width = outputs.reduce((sum, out) => sum + padded(out), 0);
      const u = new Float32Array(tokens * stride);
      for (let t = 0; t < tokens; t++) u.set(numbers.normals(columns, 1), t * stride);
      const before = numbers.normals(tokens * width, 1);
      withBlocks((floats) => {
        const input = floats(u.length, u);
        const y = floats(before.length, before);
        const routing = router.route(site, routes, tokens, 0, tokens);
        if (routing !== undefined) {
          machine.loraDown(routing.table, place(input), stride, tokens);
          machine.loraUp(routing.table, place(y), width, tokens);
        }
        const expected = Float64Array.from(before);
        const size = Float64Array.from(before, Math.abs);
        for (let i = 0; i < tokens * slots; i++) {
          const t = Math.floor(i / slots);
          const adapter = adapters[at(routes.units, i)];
          for (const { name, A, B } of adapter?.modules ?? []) {
            const m = (names as readonly string[]).indexOf(name);
            const offset = outputs.slice(0, m).reduce((sum, out) => sum + padded(out), 0);
            const { rank = 0, scale = 0 } = adapter ?? {};
            for (let r = 0; r < rank; r++) {
              let inner = 0;
              for (let c = 0; c < columns; c++) inner += at(A, r * columns + c) * at(u, t * stride + c);
              for (let o = 0; o < (outputs[m] ?? 0); o++) {
                const add = at(routes.weights, i) * scale * inner * at(B, o * rank + r);
                expected[t * width + offset + o] = at(expected, t * width + offset + o) + add;
                size[t * width + offset + o] = at(size, t * width + offset + o) + Math.abs(add);
              }
            }
          }
        }
        heap.floats(y).forEach((value, i) => {
          expect(Math.abs(value - at(expected, i))).toBeLessThanOrEqual(1e-5 * at(size, i) + 1e-5);
        });
      });
      expect(heap.used()).toBeGreaterThanOrEqual(used);
    }),
    { numRuns: 60 },
  );
});

describe('refuses what would reach beyond its blocks', () => {
  test('too short blocks, odd shapes and pages that are not there', () => {
    const machine = machineFor(shapeOf({}), 32);
    const { gguf, tensor } = tensorOf('Q4_0', 32, 8, random(1).normals(256, 1));
    const packer = createPacker(gguf, kernels, heap);
    const [part] = packer.pack([{ tensor }]);
    packer.release();
    withBlocks((floats) => {
      const rows = rowsFor(floats, 2, 32, 32, random(2).normals(64, 1));
      const y = floats(16);
      const matrix = part?.matrix;
      if (matrix === undefined) throw new Error('no matrix');
      machine.quantise(rows, 32, 2);
      machine.multiply(matrix, rows, 2, place(y), 8, false);
      const refused: readonly (() => void)[] = [
        () => {
          machine.quantise(rows, 32, 3);
        },
        () => {
          machine.quantise(rows, 24, 2);
        },
        () => {
          machine.quantise(rows, 64, 1);
        },
        () => {
          machine.multiply(matrix, rows, 3, place(y), 4, false);
        },
        () => {
          machine.multiply(matrix, rows, 2, place(y), 9, false);
        },
        () => {
          machine.multiply(matrix, rows, 1, { block: y, from: 9 }, 8, false);
        },
        () => {
          machine.multiply({ ...matrix, columns: 64 }, rows, 1, place(y), 8, false);
        },
        () => {
          machine.multiply({ ...matrix, rows: 9 }, rows, 1, place(y), 16, false);
        },
        () => {
          machine.multiply(matrix, rows, 0, place(y), 8, false);
        },
        () => {
          machine.norm(rows.floats, y, rows, 2, 32, 1e-5, false);
        },
        () => {
          machine.swiglu(rows.floats, rows, 32, 2, false);
        },
        () => {
          machine.row(matrix, 8, place(y));
        },
        () => {
          machine.row(matrix, 0, place(y));
        },
        () => {
          machine.attend(place(y), place(y), { first: 0, tokens: 1, pages: place(y), layer: 1 });
        },
        () => {
          machine.attend(rows.floats, rows.floats, { first: 64 * 16, tokens: 1, pages: place(y), layer: 0 });
        },
      ];
      for (const call of refused) expect(call).toThrow(RangeError);
    });
  });
});
