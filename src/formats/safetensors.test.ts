import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from './errors.ts';
import { readSafetensors, safetensorsF32, writeSafetensors } from './safetensors.ts';

/** Written by the Python package safetensors 0.8 from torch tensors: f32 [2, 2], f16 [3], bf16 [2, 1], a scalar, an empty one. */
const PYTHON =
  'SAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJhIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlswLDE2XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDRdLCJkYXRhX29mZnNldHMiOlsxNiwxNl19LCJzY2FsYXIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzE2LDIwXX0sImMiOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOlsyLDFdLCJkYXRhX29mZnNldHMiOlsyMCwyNF19LCJiIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjQsMzBdfX0gICAgICAgAACAPwAAIMBZ2QAzAOB/RwAA4ECBP3//ADj/+wEA';

function file(header: unknown, data = new Uint8Array(0), length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  out.set(json, 8);
  out.set(data, 8 + json.length);
  return out;
}

function error(bytes: Uint8Array): FormatError {
  try {
    readSafetensors(bytes, 'x.safetensors');
  } catch (thrown) {
    if (thrown instanceof FormatError) return thrown;
    throw thrown;
  }
  throw new Error('it was read');
}

test('a file written by Python', () => {
  const source = readSafetensors(
    Uint8Array.from(atob(PYTHON), (c) => c.charCodeAt(0)),
    'python',
  );
  expect(source.metadata).toEqual(new Map([['format', 'pt']]));
  expect(safetensorsF32(source, 'a', [2, 2])).toEqual(Float32Array.of(1, -2.5, 3e-8, 65504));
  expect(safetensorsF32(source, 'b', [3])).toEqual(Float32Array.of(0.5, -65504, 2 ** -24));
  expect(safetensorsF32(source, 'c', [2, 1])).toEqual(Float32Array.of(1.0078125, -3.3895313892515355e38));
  expect(safetensorsF32(source, 'scalar', [])).toEqual(Float32Array.of(7));
  expect(safetensorsF32(source, 'empty', [0, 4])).toEqual(new Float32Array(0));
});

test('what is written is read, from a Buffer too', () => {
  const entry = fc.record({
    dtype: fc.constantFrom('F32' as const, 'F16' as const, 'BF16' as const),
    shape: fc.array(fc.nat(5), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      const written = entries.map(({ dtype, shape }, i) => {
        const length = shape.reduce((n, d) => n * d, 1);
        // Small whole numbers are exact in every type.
        return { name: `t${String(i)}`, dtype, shape, data: Float32Array.from({ length }, (_, k) => k - 7) };
      });
      const bytes = Buffer.from(writeSafetensors(written, { a: 'b' }));
      const source = readSafetensors(bytes, 'x');
      for (const { name, shape, data } of written) expect(safetensorsF32(source, name, shape)).toEqual(data);
      expect(source.tensors.size).toBe(written.length);
    }),
    { numRuns: 50 },
  );
});

describe('what is wrong is named', () => {
  const t = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') => ({
    w: { dtype, shape, data_offsets: offsets },
  });

  test.each([
    ['a header past the end', file({}, undefined, 3000), 'header length'],
    ['a header length beyond 2^53', file({}, undefined, Number.MAX_SAFE_INTEGER), 'header length'],
    ['no length', Uint8Array.of(1, 2), 'header length'],
    ['no JSON', file('{"a":'), 'header'],
    ['no UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), 'header'],
    ['a header that is no object', file('[1]'), 'header'],
    ['an entry that is no object', file({ w: 3 }), 'w'],
    ['an unknown type', file(t([1], [0, 8], 'F64'), new Uint8Array(8)), 'dtype of w'],
    ['a negative size', file(t([-1], [0, 4]), new Uint8Array(4)), 'shape of w'],
    ['a size that is no number', file(t(['1'], [0, 4]), new Uint8Array(4)), 'shape of w'],
    ['a huge shape', file(t([1e9, 1e9], [0, 4]), new Uint8Array(4)), 'shape of w'],
    ['sizes that overflow to zero', file(t([2 ** 32, 2 ** 32, 0], [0, 0])), 'shape of w'],
    ['offsets that do not fit the shape', file(t([2], [0, 4]), new Uint8Array(4)), 'data_offsets of w'],
    ['offsets past the end', file(t([2], [0, 8]), new Uint8Array(4)), 'data_offsets of w'],
    ['offsets that are missing', file(t([2], null), new Uint8Array(8)), 'data_offsets of w'],
    ['a hole', file(t([1], [4, 8]), new Uint8Array(8)), 'data_offsets of w'],
    ['bytes left over', file(t([1], [0, 4]), new Uint8Array(8)), 'length'],
    [
      'overlap',
      file({ ...t([2], [0, 8]), v: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, new Uint8Array(8)),
      'data_offsets of v',
    ],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), '__metadata__.a'],
  ])('%s', (_, bytes, field) => {
    expect(error(bytes)).toMatchObject({ file: 'x.safetensors', field });
  });

  test('a missing tensor and a wrong shape', () => {
    const source = readSafetensors(file(t([2], [0, 8]), new Uint8Array(8)), 'x');
    expect(() => safetensorsF32(source, 'v')).toThrow('x: tensor v is missing; it has w');
    expect(() => safetensorsF32(source, 'w', [2, 1])).toThrow('x: shape of w is "[2]"; [2, 1] is needed');
  });
});
