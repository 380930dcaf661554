/** Dequantisation of ggml's storage types to float32, by rows, in either order of memory. */
import { FormatError } from './errors.ts';
import type { Gguf, GgufTensor } from './gguf.ts';
import { halfTable } from './half.ts';

export interface DequantOptions {
  /** Output rows `from` (inclusive) to `to` (exclusive); all of them by default. */
  readonly from?: number;
  readonly to?: number;
  /** For an output row, the row of the file it is read from; the same one by default. See `unpermute`. */
  readonly source?: (row: number) => number;
  /**
   * `rows`: element k of row n goes to `offset + (n − from) · stride + k`, stride K by default.
   * `columns` (transposed): to `offset + k · stride + (n − from)`, stride = number of rows by default.
   */
  readonly layout?: 'rows' | 'columns';
  readonly stride?: number;
  readonly offset?: number;
}

/** Row length K of a tensor. */
export const rowLength = (tensor: GgufTensor): number => tensor.dims[0] ?? 0;

/** Number of rows N of a tensor; dimensions beyond the second are flattened into rows. */
export const rowCount = (tensor: GgufTensor): number => tensor.dims.slice(1).reduce((n, d) => n * d, 1);

/**
 * llama GGUFs hold the rows of q and k permuted for interleaved rotary embedding; Hugging Face (and LoRA's B) have the
 * halves of a head one after the other. Output row h·D + j·D/2 + i is read from file row h·D + 2i + j.
 */
export const unpermute = (headDim: number) => (row: number) => {
  const within = row % headDim;
  const half = headDim / 2;
  return row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
};

type ReadRow = (bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number) => void;

/** Storage types that can be computed with. */
const readers: ReadonlyMap<string, ReadRow> = new Map<string, ReadRow>([
  ['F32', readF32],
  ['F16', readF16],
  ['BF16', readBf16],
  ['Q4_0', readQ4_0],
  ['Q4_1', readQ4_1],
  ['Q8_0', readQ8_0],
]);

// Sixteen floats are one cache line: a transposed write touches each line of the output once.
const ROWS_AT_A_TIME = 16;

/**
 * Weights of a matrix as float32; a new array, or `out` when given.
 * @throws FormatError for a storage type that is not computed with.
 */
export function dequantise(
  gguf: Gguf,
  tensor: GgufTensor,
  options: DequantOptions = {},
  out?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const read = readers.get(tensor.type.name);
  if (read === undefined) {
    throw new FormatError(
      gguf.file,
      `type of tensor ${tensor.name}`,
      tensor.type.name,
      `${[...readers.keys()].join(', ')} can be computed with: convert it to one of them`,
    );
  }
  const length = rowLength(tensor);
  const total = rowCount(tensor);
  const { from = 0, to = total, source = (row: number) => row, layout = 'rows', offset = 0 } = options;
  if (!(from >= 0 && from <= to && to <= total)) {
    throw new RangeError(`rows ${String(from)} to ${String(to)} of ${tensor.name}, which has ${String(total)}`);
  }
  const stride = options.stride ?? (layout === 'rows' ? length : to - from);
  const rows = to - from;
  const last = layout === 'rows' ? offset + (rows - 1) * stride + length : offset + (length - 1) * stride + rows;
  const target = out ?? new Float32Array(rows === 0 ? 0 : last);
  if (rows > 0 && last > target.length) {
    throw new RangeError(`${tensor.name}: ${String(last)} floats do not fit into ${String(target.length)}`);
  }
  const rowBytes = (length / tensor.type.block) * tensor.type.bytes;
  const at = (row: number): number => {
    const taken = source(row);
    if (!(taken >= 0 && taken < total)) throw new RangeError(`row ${String(taken)} of ${tensor.name}`);
    return tensor.offset + taken * rowBytes;
  };
  if (layout === 'rows') {
    for (let r = 0; r < rows; r++) read(gguf.bytes, at(from + r), length, target, offset + r * stride);
    return target;
  }
  const block = new Float32Array(ROWS_AT_A_TIME * length);
  for (let first = 0; first < rows; first += ROWS_AT_A_TIME) {
    const count = Math.min(ROWS_AT_A_TIME, rows - first);
    for (let r = 0; r < count; r++) read(gguf.bytes, at(from + first + r), length, block, r * length);
    writeColumns(block, length, count, target, offset + first, stride);
  }
  return target;
}

function writeColumns(
  block: Float32Array,
  length: number,
  count: number,
  out: Float32Array,
  offset: number,
  stride: number,
): void {
  for (let k = 0, o = offset; k < length; k++, o += stride) {
    for (let r = 0, b = k; r < count; r++, b += length) out[o + r] = block[b] ?? 0;
  }
}

function readF32(bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number): void {
  const start = bytes.byteOffset + at;
  if (start % 4 === 0) {
    out.set(new Float32Array(bytes.buffer, start, length), to);
    return;
  }
  const view = new DataView(bytes.buffer, start, 4 * length);
  for (let i = 0; i < length; i++) out[to + i] = view.getFloat32(4 * i, true);
}

function readF16(bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number): void {
  const half = halfTable();
  for (let i = 0, p = at; i < length; i++, p += 2)
    out[to + i] = half[(bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)] ?? 0;
}

function readBf16(bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0, p = at; i < length; i++, p += 2) bits[to + i] = ((bytes[p] ?? 0) << 16) | ((bytes[p + 1] ?? 0) << 24);
}

/** Blocks of 32: half d, then 16 bytes; low nibbles are weights 0 to 15, high ones 16 to 31; w = (q − 8)·d. */
function readQ4_0(bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number): void {
  const half = halfTable();
  for (let p = at, o = to, end = to + length; o < end; o += 32) {
    const d = half[(bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)] ?? 0;
    p += 2;
    for (let j = 0; j < 16; j++, p++) {
      const q = bytes[p] ?? 0;
      out[o + j] = ((q & 15) - 8) * d;
      out[o + 16 + j] = ((q >> 4) - 8) * d;
    }
  }
}

/** As Q4_0 with half d and half m in front; w = q·d + m. */
function readQ4_1(bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number): void {
  const half = halfTable();
  for (let p = at, o = to, end = to + length; o < end; o += 32) {
    const d = half[(bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)] ?? 0;
    const m = half[(bytes[p + 2] ?? 0) | ((bytes[p + 3] ?? 0) << 8)] ?? 0;
    p += 4;
    for (let j = 0; j < 16; j++, p++) {
      const q = bytes[p] ?? 0;
      out[o + j] = (q & 15) * d + m;
      out[o + 16 + j] = (q >> 4) * d + m;
    }
  }
}

/** Blocks of 32: half d, then 32 signed bytes; w = q·d. */
function readQ8_0(bytes: Uint8Array, at: number, length: number, out: Float32Array, to: number): void {
  const half = halfTable();
  for (let p = at, o = to, end = to + length; o < end; o += 32) {
    const d = half[(bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)] ?? 0;
    p += 2;
    for (let j = 0; j < 32; j++, p++) out[o + j] = (((bytes[p] ?? 0) << 24) >> 24) * d;
  }
}
