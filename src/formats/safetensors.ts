/** safetensors: 8 bytes of header length, a JSON header, tensors one after the other (huggingface/safetensors README). */
import { byteReader } from './byte-reader.ts';
import { FormatError } from './errors.ts';
import { halfTable, toBfloat16, toHalf } from './half.ts';

export type SafetensorsDtype = 'F32' | 'F16' | 'BF16' | 'U8';

export interface SafeTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** Row-major. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly length: number;
  /** From the beginning of the file, in bytes. */
  readonly offset: number;
}

export interface Safetensors {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

const bytesPer: Readonly<Record<SafetensorsDtype, number>> = { F32: 4, F16: 2, BF16: 2, U8: 1 };
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000;
const MOST_DIMENSIONS = 8;
const DAMAGED = 'the file is damaged: fetch it again';

/**
 * Reads the header of a whole file; tensors stay in place.
 * @throws FormatError for a header past the end, bad JSON, unknown types, sizes that do not fit, tensors that overlap or leave holes.
 */
export function readSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const reader = byteReader(bytes, file);
  const headerLength = reader.size('header length', Math.min(LONGEST_HEADER, Math.max(0, bytes.length - 8)));
  const from = reader.skip('header', headerLength);
  const start = from + headerLength;
  const header = parseHeader(bytes.slice(from, start), file);
  const tensors = new Map<string, SafeTensor>();
  const metadata = new Map<string, string>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(record(entry, file, name))) {
        if (typeof value !== 'string')
          throw new FormatError(file, `__metadata__.${key}`, value, `a string is meant; ${DAMAGED}`);
        metadata.set(key, value);
      }
    } else tensors.set(name, readEntry(name, record(entry, file, name), file, start, bytes.length));
  }
  const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset || a.length - b.length);
  let end = start;
  for (const tensor of inOrder) {
    if (tensor.offset !== end) {
      throw new FormatError(
        file,
        `data_offsets of ${tensor.name}`,
        tensor.offset - start,
        `tensors must follow each other without overlap or hole; ${DAMAGED}`,
      );
    }
    end += tensor.length * bytesPer[tensor.dtype];
  }
  if (end !== bytes.length) {
    throw new FormatError(
      file,
      'length',
      `${String(bytes.length)} bytes`,
      `its header describes ${String(end)}; ${DAMAGED}`,
    );
  }
  return { file, bytes, tensors, metadata };
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new FormatError(file, 'header', `${String(bytes.length)} bytes`, `it is no JSON in UTF-8; ${DAMAGED}`);
  }
  return record(parsed, file, 'header');
}

function record(value: unknown, file: string, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError(file, field, value, `a JSON object is meant; ${DAMAGED}`);
  }
  return value as Record<string, unknown>;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEntry(name: string, entry: Record<string, unknown>, file: string, start: number, end: number): SafeTensor {
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16' && dtype !== 'U8') {
    const hint = 'F32, F16, BF16 and U8 are read: save it again in one of them';
    throw new FormatError(file, `dtype of ${name}`, dtype, hint);
  }
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS || !shape.every(isCount)) {
    throw new FormatError(file, `shape of ${name}`, shape, `a list of sizes is meant; ${DAMAGED}`);
  }
  let length = 1;
  for (const size of shape) {
    length *= size;
    if (length > end)
      throw new FormatError(file, `shape of ${name}`, shape, `the file cannot hold such a tensor; ${DAMAGED}`);
  }
  const [first, last] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as readonly unknown[]) : [];
  if (!isCount(first) || !isCount(last) || last - first !== length * bytesPer[dtype] || start + last > end) {
    throw new FormatError(
      file,
      `data_offsets of ${name}`,
      offsets,
      `${String(length * bytesPer[dtype])} bytes for shape [${shape.join(', ')}] are meant, within the file's ${String(end - start)} of data; ${DAMAGED}`,
    );
  }
  return { name, dtype, shape, length, offset: start + first };
}

/**
 * The tensor's elements as float32, a copy.
 * @throws FormatError when it is missing or its shape is not `shape` (when given).
 */
export function safetensorsF32(
  source: Safetensors,
  name: string,
  shape?: readonly number[],
): Float32Array<ArrayBuffer> {
  const tensor = find(source, name, shape);
  const out = new Float32Array(tensor.length);
  writeSafetensor(source, name, out);
  return out;
}

/** The tensor's elements as float32 into an array of as many, without another between. @throws FormatError when it is missing */
export function writeSafetensor(source: Safetensors, name: string, to: Float32Array): void {
  const tensor = find(source, name, undefined);
  if (to.length !== tensor.length) throw new RangeError(`${String(tensor.length)} elements into ${String(to.length)}`);
  const raw = elements(source, tensor);
  // As whole numbers, so that a NaN keeps its bits.
  const bits = new Uint32Array(to.buffer, to.byteOffset, to.length);
  switch (tensor.dtype) {
    case 'F32':
      bits.set(raw);
      return;
    case 'F16': {
      const half = halfTable();
      for (let i = 0; i < raw.length; i++) to[i] = half[raw[i] ?? 0] ?? 0;
      return;
    }
    case 'BF16':
      for (let i = 0; i < raw.length; i++) bits[i] = (raw[i] ?? 0) << 16;
      return;
    case 'U8':
      to.set(raw);
  }
}

/** Whether every tensor is BF16. */
export const isBfloat16 = ({ tensors }: Safetensors): boolean =>
  [...tensors.values()].every(({ dtype }) => dtype === 'BF16');

/** Bits of the exponent: all of them are set in infinity and NaN, and in them alone. */
const exponents: Readonly<Record<SafetensorsDtype, number>> = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80, U8: 0 };

/**
 * Index of the first element that is not finite, or −1; nothing is converted.
 * @throws FormatError when the tensor is missing or its shape is not `shape`.
 */
export function checkSafetensor(source: Safetensors, name: string, shape: readonly number[]): number {
  const tensor = find(source, name, shape);
  const raw = elements(source, tensor);
  const exponent = exponents[tensor.dtype];
  if (exponent === 0) return -1;
  // A plain loop: an expert has millions of weights.
  for (let i = 0; i < raw.length; i++) if (((raw[i] ?? 0) & exponent) === exponent) return i;
  return -1;
}

function find(source: Safetensors, name: string, shape: readonly number[] | undefined): SafeTensor {
  const tensor = source.tensors.get(name);
  if (tensor === undefined) {
    throw new FormatError(
      source.file,
      `tensor ${name}`,
      undefined,
      `it has ${[...source.tensors.keys()].slice(0, 8).join(', ')}`,
    );
  }
  if (shape !== undefined && (shape.length !== tensor.shape.length || shape.some((n, i) => n !== tensor.shape[i]))) {
    throw new FormatError(
      source.file,
      `shape of ${name}`,
      `[${tensor.shape.join(', ')}]`,
      `[${shape.join(', ')}] is needed`,
    );
  }
  return tensor;
}

/** The tensor's bits, one number an element: a view where the file's bytes are aligned, else a copy. */
function elements(
  { bytes }: Safetensors,
  { dtype, offset, length }: SafeTensor,
): Uint8Array | Uint16Array | Uint32Array {
  const size = bytesPer[dtype];
  const at = bytes.byteOffset + offset;
  // Not slice(): a Node Buffer's is a view, and its `buffer` a pool.
  const aligned = at % size === 0 ? bytes : new Uint8Array(bytes.subarray(offset, offset + length * size));
  const from = aligned === bytes ? at : 0;
  if (size === 1) return new Uint8Array(aligned.buffer, from, length);
  return size === 2 ? new Uint16Array(aligned.buffer, from, length) : new Uint32Array(aligned.buffer, from, length);
}

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Writes a file; rounding to F16 and BF16 is to nearest, ties to even. Data begins at a multiple of 8. */
export function writeSafetensors(
  entries: readonly SafetensorsEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let size = 0;
  for (const { name, dtype, shape, data } of entries) {
    const bytes = data.length * bytesPer[dtype];
    header[name] = { dtype, shape, data_offsets: [size, size + bytes] };
    size += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + size);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let at = 8 + headerLength;
  for (const { dtype, data } of entries) {
    for (const value of data) {
      if (dtype === 'F32') view.setFloat32(at, value, true);
      else if (dtype === 'U8') view.setUint8(at, value);
      else view.setUint16(at, dtype === 'F16' ? toHalf(value) : toBfloat16(value), true);
      at += bytesPer[dtype];
    }
  }
  return out;
}
