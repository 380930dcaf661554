import { gguf as readByLibrary } from '@huggingface/gguf';
import { describe, expect, test } from 'vitest';
import { readBase, readReference, readText } from '../../tools/model-files.ts';
import { FormatError } from './errors.ts';
import { metadataInteger, metadataNumbers, metadataString, metadataStrings, readGguf } from './gguf.ts';
import { writeGguf } from './gguf-writer.ts';
import { parsePackageManifest } from './manifest.ts';

const manifest = parsePackageManifest(readText('tiny/manifest.json'));
const tinyBytes = readReference('tiny', manifest.base.file);

/** A small file with one of each: 64 weights of F32 and a Q4_1 matrix of 2 rows. */
const small = (): Uint8Array<ArrayBuffer> =>
  writeGguf(
    {
      'general.architecture': { type: 'string', value: 'llama' },
      flag: { type: 'bool', value: true },
      big: { type: 'u64', value: 12 },
      words: { type: 'strings', value: ['a', 'Ġé', '漢字', 'a string that is longer than what is decoded by hand'] },
      numbers: { type: 'i32s', value: [1, -2, 3] },
    },
    [
      { name: 'vector', dims: [64], type: 'F32', data: new Float32Array(64).fill(1) },
      { name: 'matrix', dims: [32, 2], type: 'Q4_1', data: new Float32Array(64).fill(2) },
    ],
  );

const error = (bytes: Uint8Array): FormatError => {
  try {
    readGguf(bytes, 'x.gguf');
  } catch (thrown) {
    if (thrown instanceof FormatError) return thrown;
    throw thrown;
  }
  throw new Error('it was read');
};

/** The file with little-endian `value` written over the four bytes behind the n-th occurrence of `after`. */
function patched(after: string, skip: number, value: number): Uint8Array {
  const bytes = small();
  const at = new TextDecoder('latin1').decode(bytes).indexOf(after);
  new DataView(bytes.buffer).setUint32(at + after.length + skip, value, true);
  return bytes;
}

describe('a small file', () => {
  const file = readGguf(small(), 'x.gguf');

  test('metadata of each kind', () => {
    expect(metadataString(file, 'general.architecture')).toBe('llama');
    expect(file.metadata.get('flag')).toBe(true);
    expect(metadataInteger(file, 'big', 0, 100)).toBe(12);
    expect(metadataStrings(file, 'words')).toEqual([
      'a',
      'Ġé',
      '漢字',
      'a string that is longer than what is decoded by hand',
    ]);
    expect(metadataNumbers(file, 'numbers')).toEqual([1, -2, 3]);
  });

  test('tensors lie at aligned offsets, one behind the other', () => {
    const v = file.tensors.get('vector');
    const m = file.tensors.get('matrix');
    expect(v).toMatchObject({ dims: [64], bytes: 256, type: { name: 'F32' } });
    expect(m).toMatchObject({ dims: [32, 2], bytes: 40, type: { name: 'Q4_1' } });
    expect((v?.offset ?? 1) % 32).toBe(0);
    expect(m?.offset).toBe((v?.offset ?? 0) + 256);
    expect(file.bytes.length).toBe((m?.offset ?? 0) + 40);
  });

  test('bytes that begin inside a larger buffer', () => {
    const bytes = small();
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 7);
    expect(readGguf(larger.subarray(7), 'x.gguf').tensors).toEqual(file.tensors);
  });
});

describe('what is wrong is named', () => {
  test('magic', () => {
    expect(error(Uint8Array.of(1, 2, 3, 4, 5))).toMatchObject({
      file: 'x.gguf',
      field: 'magic',
      value: '"0x04030201"',
    });
  });
  test('version, and the other byte order', () => {
    const bytes = small();
    bytes[4] = 9;
    expect(error(bytes)).toMatchObject({ field: 'version', value: '9' });
    bytes.set([0, 0, 0, 3], 4);
    expect(error(bytes).hint).toContain('big-endian');
  });
  test('a count that the file cannot hold', () => {
    const bytes = small();
    bytes.fill(0xff, 8, 16);
    expect(error(bytes)).toMatchObject({ field: 'tensor count', value: '18446744073709551615' });
  });
  test('an array longer than the file', () => {
    expect(error(patched('numbers', 8, 1e9))).toMatchObject({ field: 'length of numbers' });
  });
  test('an unknown metadata type', () => {
    expect(error(patched('flag', 0, 77))).toMatchObject({ field: 'type of flag', value: '77' });
  });
  test('an unknown storage type', () => {
    expect(error(patched('matrix', 20, 99)).field).toBe('type of tensor matrix');
  });
  test('a size that the file cannot hold', () => {
    expect(error(patched('matrix', 12, 1e9))).toMatchObject({ field: 'size 1 of tensor matrix', value: '1000000000' });
  });
  test('a row that is no whole number of blocks', () => {
    expect(error(patched('matrix', 4, 31))).toMatchObject({ field: 'row length of tensor matrix', value: '31' });
  });
  test('an offset out of line', () => {
    expect(error(patched('matrix', 24, 8))).toMatchObject({ field: 'offset of tensor matrix', value: '8' });
  });
  test('tensors over each other', () => {
    expect(error(patched('matrix', 24, 32)).hint).toContain('overlaps vector');
  });
  test('a tensor past the end', () => {
    expect(error(small().subarray(0, -1)).hint).toContain('cut off');
  });
  test('every beginning of the file is refused', () => {
    const bytes = small();
    for (let length = 0; length < bytes.length; length++)
      expect(error(bytes.subarray(0, length))).toBeInstanceOf(FormatError);
  });
  test('metadata of the wrong kind', () => {
    const file = readGguf(small(), 'x.gguf');
    expect(() => metadataInteger(file, 'flag', 0, 1)).toThrow(
      'x.gguf: flag is true; a whole number from 0 to 1 is needed',
    );
    expect(() => metadataInteger(file, 'none', 0, 1)).toThrow('x.gguf: none is missing;');
    expect(() => metadataStrings(file, 'numbers')).toThrow('an array of 3 numbers');
  });
});

/** Serves ranges of the bytes, as the library asks for them. */
const serve =
  (bytes: Uint8Array<ArrayBuffer>): typeof fetch =>
  (_, init) => {
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(new Headers(init?.headers).get('Range') ?? '') ?? [];
    return Promise.resolve(
      new Response(bytes.slice(Number(from), to === '' ? undefined : Number(to) + 1), { status: 206 }),
    );
  };

describe.each([
  ['tiny', tinyBytes],
  ['the published base', readBase()],
] as const)('%s against @huggingface/gguf', (_, bytes) => {
  const ours = readGguf(bytes, 'base.gguf');

  test('tensors and metadata', async () => {
    const theirs = await readByLibrary('https://localhost/base.gguf', { fetch: serve(bytes) });
    const start = Number(theirs.tensorDataOffset);
    expect([...ours.tensors.values()].map((t) => ({ ...t, type: t.type.id, bytes: 0 }))).toEqual(
      theirs.tensorInfos.map((t) => ({
        name: t.name,
        dims: t.shape.map(Number),
        type: t.dtype,
        offset: start + Number(t.offset),
        bytes: 0,
      })),
    );
    const metadata = Object.fromEntries(
      [...ours.metadata].map(([key, value]) => [
        key,
        typeof value === 'object' && value.kind !== 'other' ? value.values() : value,
      ]),
    );
    const { version, tensor_count: tensors, kv_count: count, ...rest } = theirs.metadata;
    expect(metadata).toEqual(rest);
    expect([ours.version, ours.tensors.size, ours.metadata.size]).toEqual([version, Number(tensors), Number(count)]);
  });
});
