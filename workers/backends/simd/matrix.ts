/** Weight matrices in the kernels' tiles, see kernels/tiles.ts. */
import { dequantise, rowCount, rowLength } from '../../../src/formats/ggml.ts';
import type { Gguf, GgufTensor } from '../../../src/formats/gguf.ts';
import type { Block, Heap } from './heap.ts';
import type { Kernels } from './kernels.ts';
import { padded } from './layout.ts';

/** Numbers of the kernels. */
export const formats = { q4: 0, q8: 1, float: 2 } as const;
export type Format = keyof typeof formats;

export interface Matrix {
  readonly format: Format;
  readonly block: Block;
  /** Row length; a multiple of 32 unless the format is float. */
  readonly columns: number;
  /** With those that fill up the last tile: a multiple of 8. */
  readonly rows: number;
}

/** One matrix beside others whose outputs share a row. */
export interface Part {
  readonly matrix: Matrix;
  /** Floats from the beginning of the output row. */
  readonly offset: number;
}

const ROWS = 8;
const BLOCK = 32;
const tileBytes: Readonly<Record<Exclude<Format, 'float'>, number>> = { q4: 192, q8: 288 };

export function formatOf(tensor: GgufTensor): Format {
  switch (tensor.type.name) {
    case 'Q4_0':
    case 'Q4_1':
      return 'q4';
    case 'Q8_0':
      return 'q8';
    default:
      return 'float';
  }
}

/** Storage types that the kernels compute as they are, or that become float32 without a loss or a surprise. */
const expected: ReadonlySet<string> = new Set(['Q4_0', 'Q4_1', 'Q8_0', 'F16', 'BF16', 'F32']);
export const isConverted = ({ type }: GgufTensor): boolean => !expected.has(type.name);

export const matrixBytes = (format: Format, rows: number, columns: number): number =>
  format === 'float' ? 4 * rows * columns : (rows / ROWS) * (columns / BLOCK) * tileBytes[format];

/** Blocks of 32 columns, or columns of a float matrix: what the kernels count. */
export const blocksOf = ({ format, columns }: Pick<Matrix, 'format' | 'columns'>): number =>
  format === 'float' ? columns : columns / BLOCK;

export interface Source {
  readonly tensor: GgufTensor;
  /** For a row of the file, the row it becomes; the same one by default. */
  readonly place?: (row: number) => number;
}

export interface Packer {
  /**
   * Tensors whose outputs lie side by side, each from a multiple of 8 floats on. Neighbours of one format become one
   * matrix, which takes one job instead of several.
   * @throws EngineError `memory`, FormatError for a storage type that is not computed with
   */
  readonly pack: (sources: readonly Source[]) => readonly Part[];
  /** A vector as f32, filled up with zeros to `floats`. */
  readonly vector: (tensor: GgufTensor, floats: number) => Block;
  /** Frees what packing needed. */
  readonly release: () => void;
}

/** Eight rows, the tile in which row `row` lies, as a matrix of its own. */
export function tileOf({ format, block, columns }: Matrix, row: number): Matrix {
  const bytes = matrixBytes(format, ROWS, columns);
  return { format, columns, rows: ROWS, block: { at: block.at + Math.floor(row / ROWS) * bytes, bytes } };
}

/** Rows of floats, `[rows][columns]`, as a matrix; what fills up the last tile is zero. */
export function packFloats(kernels: Kernels, heap: Heap, values: Float32Array, columns: number): Matrix {
  const count = values.length / columns;
  const rows = padded(count);
  const stage = heap.allocate(4 * (values.length + count));
  try {
    const block = heap.allocate(matrixBytes('float', rows, columns));
    heap.floats(block).fill(0);
    heap.floats(stage, 0, values.length).set(values);
    heap.ints(stage, values.length, count).set(Array.from({ length: count }, (_, row) => row));
    kernels.packFloat(stage.at, columns, count, stage.at + 4 * values.length, block.at);
    return { format: 'float', block, columns, rows };
  } finally {
    heap.free(stage);
  }
}

/** Bytes of file that are converted at a time. */
const STAGE = 1 << 20;

export function createPacker(gguf: Gguf, kernels: Kernels, heap: Heap): Packer {
  let stage = heap.allocate(STAGE);
  let order = heap.allocate(4);
  const stageOf = (bytes: number): Block => {
    if (stage.bytes >= bytes) return stage;
    heap.free(stage);
    return (stage = heap.allocate(bytes));
  };
  /** Writes the places of `count` file rows from `from` on. */
  const orderOf = (from: number, count: number, place: (row: number) => number): number => {
    if (order.bytes < 4 * count) {
      heap.free(order);
      order = heap.allocate(4 * count);
    }
    const list = heap.ints(order, 0, count);
    for (let i = 0; i < count; i++) list[i] = place(from + i);
    return order.at;
  };

  function packInto(matrix: Matrix, { tensor, place = (row) => row }: Source, firstRow: number): void {
    const { format, block, columns } = matrix;
    const rows = rowCount(tensor);
    const fileRow = tensor.bytes / rows;
    const stagedRow = format === 'float' ? 4 * columns : fileRow;
    const atATime = Math.max(1, Math.floor(STAGE / stagedRow));
    for (let from = 0; from < rows; from += atATime) {
      const count = Math.min(atATime, rows - from);
      const { at } = stageOf(count * stagedRow);
      const list = orderOf(from, count, (row) => firstRow + place(row));
      if (format === 'float') {
        dequantise(gguf, tensor, { from, to: from + count }, floatsOf(stage, count * columns));
        kernels.packFloat(at, columns, count, list, block.at);
        continue;
      }
      const start = tensor.offset + from * fileRow;
      heap.bytes(stage, 0, count * fileRow).set(gguf.bytes.subarray(start, start + count * fileRow));
      const blocks = columns / BLOCK;
      if (format === 'q8') kernels.packQ8(at, blocks, count, list, block.at);
      else kernels.packQ4(at, blocks, count, tensor.type.name === 'Q4_1' ? 1 : 0, list, block.at);
    }
  }
  // The readers of storage types write into arrays of their own memory or of WebAssembly's alike.
  const floatsOf = (block: Block, count: number): Float32Array<ArrayBuffer> =>
    heap.floats(block, 0, count) as Float32Array<ArrayBuffer>;

  return {
    pack: (sources) => {
      const parts: Part[] = [];
      let offset = 0;
      for (let i = 0; i < sources.length;) {
        const first = sources[i];
        if (first === undefined) break;
        const format = formatOf(first.tensor);
        let end = i + 1;
        while (end < sources.length && formatOf(sources[end]?.tensor ?? first.tensor) === format) end++;
        const group = sources.slice(i, end);
        const columns = rowLength(first.tensor);
        const rows = group.reduce((sum, { tensor }) => sum + padded(rowCount(tensor)), 0);
        const block = heap.allocate(matrixBytes(format, rows, columns));
        const matrix = { format, block, columns, rows };
        if (group.some(({ tensor }) => rowCount(tensor) % ROWS !== 0)) heap.bytes(block).fill(0);
        let row = 0;
        for (const source of group) {
          packInto(matrix, source, row);
          row += padded(rowCount(source.tensor));
        }
        parts.push({ matrix, offset });
        offset += rows;
        i = end;
      }
      return parts;
    },
    vector: (tensor, floats) => {
      const block = heap.allocate(4 * floats);
      const view = heap.floats(block).fill(0);
      view.set(dequantise(gguf, tensor));
      return block;
    },
    release: () => {
      heap.free(stage);
      heap.free(order);
    },
  };
}
