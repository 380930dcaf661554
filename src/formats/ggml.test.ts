import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBase, readReference, readText } from '../../tools/model-files.ts';
import { dequantise, rowCount, unpermute } from './ggml.ts';
import type { WritableType } from './ggml-quantise.ts';
import { readGguf, type Gguf, type GgufTensor } from './gguf.ts';
import { writeGguf } from './gguf-writer.ts';
import { toBfloat16, toHalf, halfTable } from './half.ts';
import { parsePackageManifest } from './manifest.ts';

const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../tools/dequantised.json'), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, string>>>>;

const tiny = readReference('tiny', parsePackageManifest(readText('tiny/manifest.json')).base.file);

function tensorOf(file: Gguf, name: string): GgufTensor {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw new Error(`no tensor ${name}`);
  return tensor;
}

function matrix(type: WritableType, rows: number, width: number, data: Float32Array): [Gguf, GgufTensor] {
  const file = readGguf(writeGguf({}, [{ name: 'm', dims: [width, rows], type, data }]), 'm.gguf');
  return [file, tensorOf(file, 'm')];
}

describe.each([
  ['tiny', () => tiny],
  ['smollm2-135m', readBase],
] as const)('%s: equal to the gguf package, bit for bit', (name, load) => {
  const file = readGguf(load(), `${name}.gguf`);
  test.each(Object.entries(reference[name] ?? {}))('%s', (tensor, hash) => {
    const values = dequantise(file, tensorOf(file, tensor));
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(hash);
  });
});

test('the reference has tensors of every type that is computed with', () => {
  const file = readGguf(tiny, 'tiny.gguf');
  const types = new Set(Object.keys(reference.tiny ?? {}).map((name) => tensorOf(file, name).type.name));
  expect([...types].sort()).toEqual(['BF16', 'F16', 'F32', 'Q4_0', 'Q4_1', 'Q8_0']);
});

describe('layout', () => {
  const rows = 37;
  const width = 64;
  const data = Float32Array.from({ length: rows * width }, (_, i) => Math.fround(Math.sin(i)));

  test('columns are rows transposed, for any range, stride and offset', () => {
    const [file, tensor] = matrix('Q8_0', rows, width, data);
    const whole = dequantise(file, tensor);
    fc.assert(
      fc.property(fc.nat(rows), fc.nat(rows), fc.nat(5), fc.nat(9), (a, b, extra, offset) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const stride = to - from + extra;
        const out = dequantise(file, tensor, { from, to, layout: 'columns', stride, offset });
        for (let n = from; n < to; n++) {
          for (let k = 0; k < width; k++) {
            if (out[offset + k * stride + n - from] !== whole[n * width + k]) return false;
          }
        }
        return true;
      }),
      { numRuns: 50 },
    );
  });

  test('rows go to their stride, and nothing else is written', () => {
    const [file, tensor] = matrix('F32', rows, width, data);
    const out = new Float32Array(3 * 70 + 4).fill(-9);
    dequantise(file, tensor, { from: 5, to: 8, stride: 70, offset: 2 }, out);
    expect([...out.subarray(0, 2)]).toEqual([-9, -9]);
    expect(out.subarray(2 + 70, 2 + 70 + width)).toEqual(data.subarray(6 * width, 7 * width));
    expect([...out.subarray(2 + width, 2 + 70)]).toEqual([-9, -9, -9, -9, -9, -9]);
  });

  test('rows are un-permuted as llama.cpp permutes them', () => {
    // convert_hf_to_gguf: w.reshape(heads, 2, D/2, …).swapaxes(1, 2).reshape(w.shape)
    const [heads, headDim] = [3, 8];
    const hf = Array.from({ length: heads * headDim }, (_, row) => row);
    const stored: number[] = [];
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < headDim / 2; i++) {
        for (let j = 0; j < 2; j++) stored.push(hf[h * headDim + j * (headDim / 2) + i] ?? -1);
      }
    }
    const source = unpermute(headDim);
    expect(hf.map((row) => stored[source(row)])).toEqual(hf);
    const [file, tensor] = matrix('F32', heads * headDim, 1, Float32Array.from(stored));
    expect([...dequantise(file, tensor, { source })]).toEqual(hf);
    expect([...dequantise(file, tensor, { source, layout: 'columns', from: 4, to: 20 })]).toEqual(hf.slice(4, 20));
  });

  test('F32 that is not aligned in memory', () => {
    const bytes = writeGguf({}, [{ name: 'm', dims: [width, rows], type: 'F32', data }]);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const file = readGguf(shifted.subarray(1), 'm.gguf');
    expect(dequantise(file, tensorOf(file, 'm'))).toEqual(data);
  });

  test('misuse is refused', () => {
    const [file, tensor] = matrix('F32', rows, width, data);
    expect(() => dequantise(file, tensor, { to: rows + 1 })).toThrow(RangeError);
    expect(() => dequantise(file, tensor, {}, new Float32Array(rows * width - 1))).toThrow(RangeError);
    expect(() => dequantise(file, tensor, { source: (row) => row + 1 })).toThrow(RangeError);
    expect(rowCount(tensor)).toBe(rows);
  });

  test('a type that is stored but not computed with is named', () => {
    const [file, tensor] = matrix('Q8_0', 1, 32, data.subarray(0, 32));
    const odd = { ...tensor, type: { id: 12, name: 'Q4_K', block: 256, bytes: 144 } };
    expect(() => dequantise(file, odd)).toThrow('type of tensor m is "Q4_K"');
  });
});

describe('rounding', () => {
  test.each([
    ['Q8_0', 0.5 / 127],
    ['Q4_0', 0.55 / 8],
    ['Q4_1', 0.55 / 15],
    // Half of the last place of a significand of 11 and of 8 bits, against the power of two below it.
    ['F16', 2 ** -11],
    ['BF16', 2 ** -8],
  ] as const)('%s loses at most its step', (type, step) => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 32, maxLength: 32 }), (list) => {
        const data = Float32Array.from(list);
        const [file, tensor] = matrix(type, 1, 32, data);
        const back = dequantise(file, tensor);
        const range = Math.max(...list.map(Math.abs)) * (type === 'Q4_1' ? 2 : 1);
        // Q4_0's largest level is +7 of 8: a value opposite to the extreme loses up to a whole step.
        // Scales are halves: below 2 ** -14 they lie 2 ** -24 apart, and up to 128 steps are counted in them.
        const subnormal = 128 * 2 ** -25;
        const bound = range * step * (type === 'Q4_0' ? 2 : 1) * 1.02 + range * 2 ** -10 + subnormal;
        return data.every((value, i) => Math.abs(value - (back[i] ?? NaN)) <= bound);
      }),
    );
  });

  test('every half survives', () => {
    const half = halfTable();
    for (let bits = 0; bits < 65536; bits++) {
      const value = half[bits] ?? NaN;
      if (Number.isNaN(value)) expect(toHalf(value) & 0x7c00).toBe(0x7c00);
      else if (toHalf(value) !== bits) expect([bits, toHalf(value)]).toEqual([0x8000, 0x8000]);
    }
  });

  test('to nearest, ties to even', () => {
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519.99, 65520, 2 ** -25, 2 ** -24 * 1.5, -0].map(toHalf)).toEqual([
      0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 2, 0x8000,
    ]);
    expect([1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, Infinity, -2.5].map(toBfloat16)).toEqual([
      0x3f80, 0x3f80, 0x3f82, 0x7f80, 0xc020,
    ]);
    expect(Number.isNaN(new Float32Array(Uint32Array.of(toBfloat16(NaN) << 16).buffer)[0])).toBe(true);
  });
});
