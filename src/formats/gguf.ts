/**
 * GGUF, versions 2 and 3, little-endian (ggml's docs/gguf.md): header, metadata, tensor list, aligned data.
 * Nothing is copied: tensors are offsets into the file's bytes, and string arrays are decoded when asked for.
 */
import { byteReader, type ByteReader } from './byte-reader.ts';
import { FormatError } from './errors.ts';
import { ggmlTypes, type GgmlType } from './ggml-types.ts';
import { decodeUtf8 } from './utf8.ts';

export interface GgufTensor {
  readonly name: string;
  /** ggml's order: `dims[0]` is the length of a row (K), `dims[1]` the number of rows (N). */
  readonly dims: readonly number[];
  readonly type: GgmlType;
  /** From the beginning of the file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

export interface GgufStrings {
  readonly kind: 'strings';
  readonly length: number;
  /** Decoded on first call, then kept. Bytes that are no UTF-8 become U+FFFD. */
  readonly values: () => readonly string[];
}

export interface GgufNumbers {
  readonly kind: 'numbers';
  readonly length: number;
  readonly values: () => readonly number[];
}

/** An array whose elements this product has no use for (arrays of arrays): only its length is known. */
export interface GgufOther {
  readonly kind: 'other';
  readonly length: number;
}

/** 64-bit integers beyond 2^53 stay bigint. */
export type GgufValue = number | bigint | boolean | string | GgufStrings | GgufNumbers | GgufOther;

export interface Gguf {
  /** Its name in messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly version: number;
  readonly alignment: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

const MAGIC = 0x46554747;
const MOST_DIMENSIONS = 4;
const DEEPEST_ARRAY = 4;
const DAMAGED = 'the file is damaged or no GGUF of version 2 or 3: fetch it again';

const STRING = 8;
const ARRAY = 9;
/** Bytes of each fixed-size metadata type, by its number. */
const scalarBytes: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);

/**
 * Reads header, metadata and tensor list of a whole file.
 * @throws FormatError for a wrong magic or version, lengths past the end, unknown types, tensors out of place.
 */
export function readGguf(bytes: Uint8Array, file: string): Gguf {
  const reader = byteReader(bytes, file);
  const magic = reader.u32('magic');
  if (magic !== MAGIC) {
    throw new FormatError(file, 'magic', `0x${magic.toString(16).padStart(8, '0')}`, 'a GGUF file begins with "GGUF"');
  }
  const version = reader.u32('version');
  if (version !== 2 && version !== 3) {
    const swapped = version === 0x02000000 || version === 0x03000000;
    throw new FormatError(
      file,
      'version',
      version,
      swapped ? 'big-endian files are not read: convert it' : 'versions 2 and 3 are read: convert it',
    );
  }
  // A tensor takes at least 25 bytes of header and a metadata entry 13, so that counts are bounded by the file itself.
  const tensorCount = reader.size('tensor count', Math.floor(reader.left() / 25));
  const metadataCount = reader.size('metadata count', Math.floor(reader.left() / 13));
  const metadata = readMetadata(reader, bytes, file, metadataCount);
  const alignment = readAlignment(metadata, file);
  const tensors = readTensors(reader, bytes, file, tensorCount, alignment);
  return { file, bytes, version, alignment, metadata, tensors };
}

function readString(reader: ByteReader, bytes: Uint8Array, what: string): string {
  const length = reader.size(`${what} length`, bytes.length);
  const from = reader.skip(what, length);
  return decodeUtf8(bytes, from, from + length);
}

function readMetadata(
  reader: ByteReader,
  bytes: Uint8Array,
  file: string,
  count: number,
): ReadonlyMap<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = readString(reader, bytes, `metadata key ${String(i)}`);
    if (metadata.has(key)) throw new FormatError(file, 'metadata key', key, `it stands there twice; ${DAMAGED}`);
    const type = reader.u32(`type of ${key}`);
    metadata.set(key, readValue(reader, bytes, file, key, type));
  }
  return metadata;
}

function readValue(reader: ByteReader, bytes: Uint8Array, file: string, key: string, type: number): GgufValue {
  if (type === STRING) return readString(reader, bytes, key);
  if (type === ARRAY) return readArray(reader, bytes, file, key, 0);
  return readScalar(reader, file, key, type);
}

function readScalar(reader: ByteReader, file: string, key: string, type: number): number | bigint | boolean {
  switch (type) {
    case 0:
      return reader.u8(key);
    case 1:
      return reader.i8(key);
    case 2:
      return reader.u16(key);
    case 3:
      return reader.i16(key);
    case 4:
      return reader.u32(key);
    case 5:
      return reader.i32(key);
    case 6:
      return reader.f32(key);
    case 7:
      return reader.u8(key) !== 0;
    case 10:
      return plain(reader.u64(key));
    case 11:
      return plain(reader.i64(key));
    case 12:
      return reader.f64(key);
    default:
      throw new FormatError(file, `type of ${key}`, type, `types 0 to 12 are known; ${DAMAGED}`);
  }
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readArray(reader: ByteReader, bytes: Uint8Array, file: string, key: string, depth: number): GgufValue {
  const type = reader.u32(`element type of ${key}`);
  if (type === STRING) return readStrings(reader, bytes, key);
  if (type === ARRAY) {
    if (depth === DEEPEST_ARRAY) throw new FormatError(file, key, `arrays nested ${String(depth)} deep`, DAMAGED);
    const length = reader.size(`length of ${key}`, Math.floor(reader.left() / 12));
    for (let i = 0; i < length; i++) readArray(reader, bytes, file, key, depth + 1);
    return { kind: 'other', length };
  }
  const size = scalarBytes.get(type);
  if (size === undefined) {
    throw new FormatError(file, `element type of ${key}`, type, `types 0 to 12 are known; ${DAMAGED}`);
  }
  const length = reader.size(`length of ${key}`, Math.floor(reader.left() / size));
  const from = reader.skip(key, length * size);
  return {
    kind: 'numbers',
    length,
    values: () => {
      const elements = byteReader(bytes.subarray(from, from + length * size), file);
      return Array.from({ length }, () => Number(readScalar(elements, file, key, type)));
    },
  };
}

function readStrings(reader: ByteReader, bytes: Uint8Array, key: string): GgufStrings {
  const length = reader.size(`length of ${key}`, Math.floor(reader.left() / 8));
  const bounds = new Float64Array(2 * length);
  for (let i = 0; i < length; i++) {
    const size = reader.size(`length of ${key}[${String(i)}]`, bytes.length);
    const from = reader.skip(key, size);
    bounds[2 * i] = from;
    bounds[2 * i + 1] = from + size;
  }
  let decoded: readonly string[] | undefined;
  return {
    kind: 'strings',
    length,
    values: () =>
      (decoded ??= Array.from({ length }, (_, i) => decodeUtf8(bytes, bounds[2 * i] ?? 0, bounds[2 * i + 1] ?? 0))),
  };
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>, file: string): number {
  const value = metadata.get('general.alignment') ?? 32;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 8 || value > 65536 || value % 8 !== 0) {
    throw new FormatError(file, 'general.alignment', value, 'a multiple of 8 up to 65536 is meant: convert it again');
  }
  return value;
}

function readTensors(
  reader: ByteReader,
  bytes: Uint8Array,
  file: string,
  count: number,
  alignment: number,
): ReadonlyMap<string, GgufTensor> {
  const listed: GgufTensor[] = [];
  for (let i = 0; i < count; i++) listed.push(readTensorInfo(reader, bytes, file, i, alignment));
  const start = Math.ceil(reader.position() / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const relative of listed) {
    const tensor = { ...relative, offset: start + relative.offset };
    if (tensors.has(tensor.name))
      throw new FormatError(file, 'tensor name', tensor.name, `it stands there twice; ${DAMAGED}`);
    if (tensor.offset + tensor.bytes > bytes.length) {
      throw new FormatError(
        file,
        `tensor ${tensor.name}`,
        `bytes ${String(tensor.offset)} to ${String(tensor.offset + tensor.bytes)}`,
        `the file ends at ${String(bytes.length)}: it is cut off, fetch it again`,
      );
    }
    tensors.set(tensor.name, tensor);
  }
  const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  inOrder.forEach((tensor, i) => {
    const next = inOrder[i + 1];
    if (next !== undefined && tensor.offset + tensor.bytes > next.offset) {
      throw new FormatError(
        file,
        `tensor ${next.name}`,
        `offset ${String(next.offset)}`,
        `it overlaps ${tensor.name}; ${DAMAGED}`,
      );
    }
  });
  return tensors;
}

/** The offset is still relative to the beginning of the data. */
function readTensorInfo(
  reader: ByteReader,
  bytes: Uint8Array,
  file: string,
  index: number,
  alignment: number,
): GgufTensor {
  const name = readString(reader, bytes, `name of tensor ${String(index)}`);
  const field = `tensor ${name}`;
  const dimensions = reader.u32(`dimensions of ${field}`);
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
    throw new FormatError(
      file,
      `dimensions of ${field}`,
      dimensions,
      `1 to ${String(MOST_DIMENSIONS)} are meant; ${DAMAGED}`,
    );
  }
  const dims: number[] = [];
  let elements = 1;
  for (let d = 0; d < dimensions; d++) {
    // Even the smallest type (TQ1_0) takes 54 bytes for 256 weights, so that a tensor has fewer than 8 weights a byte.
    const size = reader.size(`size ${String(d)} of ${field}`, 8 * bytes.length);
    elements *= size;
    if (size === 0 || elements > 8 * bytes.length) {
      throw new FormatError(
        file,
        `size ${String(d)} of ${field}`,
        size,
        `the file cannot hold such a tensor; ${DAMAGED}`,
      );
    }
    dims.push(size);
  }
  const number = reader.u32(`type of ${field}`);
  const type = ggmlTypes.get(number);
  if (type === undefined) {
    throw new FormatError(
      file,
      `type of ${field}`,
      number,
      'this storage type is not known: convert it to Q8_0, Q4_1 or F16',
    );
  }
  if ((dims[0] ?? 0) % type.block !== 0) {
    throw new FormatError(
      file,
      `row length of ${field}`,
      dims[0],
      `${type.name} needs a multiple of ${String(type.block)}; ${DAMAGED}`,
    );
  }
  const offset = reader.size(`offset of ${field}`, bytes.length);
  if (offset % alignment !== 0) {
    throw new FormatError(
      file,
      `offset of ${field}`,
      offset,
      `a multiple of ${String(alignment)} is meant; ${DAMAGED}`,
    );
  }
  return { name, dims, type, offset, bytes: (elements / type.block) * type.bytes };
}

// ---- metadata with a known type -------------------------------------------------------------------------------------

/** @throws FormatError when the key is missing or no whole number from `min` to `max`. */
export function metadataInteger(gguf: Gguf, key: string, min: number, max: number): number {
  const value = gguf.metadata.get(key);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new FormatError(
      gguf.file,
      key,
      describe(value),
      `a whole number from ${String(min)} to ${String(max)} is needed`,
    );
  }
  return value;
}

/** @throws FormatError when the key is missing or not a finite positive number. */
export function metadataPositive(gguf: Gguf, key: string): number {
  const value = gguf.metadata.get(key);
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new FormatError(gguf.file, key, describe(value), 'a positive number is needed');
  }
  return value;
}

/** @throws FormatError when the key is missing or not a string. */
export function metadataString(gguf: Gguf, key: string): string {
  const value = gguf.metadata.get(key);
  if (typeof value !== 'string') throw new FormatError(gguf.file, key, describe(value), 'a string is needed');
  return value;
}

/** @throws FormatError when the key is missing or not an array of strings. */
export function metadataStrings(gguf: Gguf, key: string): readonly string[] {
  const value = gguf.metadata.get(key);
  if (typeof value !== 'object' || value.kind !== 'strings') {
    throw new FormatError(gguf.file, key, describe(value), 'an array of strings is needed');
  }
  return value.values();
}

/** @throws FormatError when the key is missing or not an array of numbers. */
export function metadataNumbers(gguf: Gguf, key: string): readonly number[] {
  const value = gguf.metadata.get(key);
  if (typeof value !== 'object' || value.kind !== 'numbers') {
    throw new FormatError(gguf.file, key, describe(value), 'an array of numbers is needed');
  }
  return value.values();
}

const describe = (value: GgufValue | undefined): unknown =>
  typeof value === 'object' ? `an array of ${String(value.length)} ${value.kind}` : value;
