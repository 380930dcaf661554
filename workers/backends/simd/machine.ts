/**
 * The kernels as functions over blocks of memory. Everything that a job will read and write is checked here, since
 * nothing is checked behind it. Sizes are in floats unless they are named bytes.
 */
import type { LinearScores } from '../backend.ts';
import type { Block, Heap } from './heap.ts';
import type { Kernels } from './kernels.ts';
import type { Layout } from './layout.ts';
import { PAGE } from './layout.ts';
import { blocksOf, formats, matrixBytes, type Matrix } from './matrix.ts';
import { CONTROL_BYTES, RECORD_WORD, type Team } from './team.ts';

/** A place in a block. */
export interface Place {
  readonly block: Block;
  /** Floats from the block's beginning. */
  readonly from: number;
}

/** int16 values of rows, their scales, sums and biases, with room for `tokens` rows of `blocks` · 32 values. */
export interface Quantised {
  readonly values: Block;
  readonly scales: Block;
  readonly sums: Block;
  readonly biases: Block;
}

/** Rows as float and, where a quantised matrix reads them, quantised as well. */
export interface Rows {
  readonly floats: Place;
  readonly stride: number;
  readonly quantised: Quantised;
}

const kinds = {
  single: 1,
  tiled: 2,
  norm: 3,
  quantise: 4,
  swiglu: 5,
  rope: 6,
  attention: 7,
  down: 8,
  up: 9,
  scores: 10,
  sum: 11,
} as const;

/** Fewer tokens go one by one through the GEMV, more in tiles of four through the GEMM. */
const TILED_FROM = 4;
const isTiled = (tokens: number): boolean => tokens >= TILED_FROM;
const TILE = 4;

/** Tokens in a chunk of a job that goes row by row; as in kernels/jobs.ts. */
const ROWS_A_CHUNK = 16;
/** Rows of weights in a chunk of the GEMM. */
const GEMM_ROWS = 48;
/** Chunks of a GEMV: a few for each thread, so that one that is late costs little. */
const GEMV_CHUNKS = 8;
/** Tokens in a chunk of attention. */
const ATTENTION_TOKENS = 16;
/** Tokens of one expert in a chunk of LoRA's first half. */
const LORA_TOKENS = 32;

export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Which pages a block of tokens reads and writes. */
export interface Positions {
  /** Of the first token. */
  readonly first: number;
  readonly tokens: number;
  /** u32 addresses of the pages, one for every 64 positions from 0 on. */
  readonly pages: Place;
  readonly layer: number;
}

/** Chosen blocks of ranks, written by routes.ts in the layout of `Entry` in kernels/lora.ts. */
export interface LoraTable {
  readonly modules: number;
  /** i32, outputs of each module. */
  readonly widths: Block;
  readonly outputs: number;
  readonly columns: number;
  readonly entries: Block;
  readonly count: number;
  /** Most tokens of an entry, and (entry, token) pairs in all. */
  readonly largest: number;
  readonly pairs: number;
  readonly tokens: Block;
  readonly gates: Block;
  readonly h: Block;
}

export type ScoreForm = Pick<LinearScores, 'input' | 'fold'>;
const inputs: Readonly<Record<ScoreForm['input'], number>> = { plain: 0, unit: 1, standard: 2 };
/** Of LayerNorm, as in the routing core's scores. */
const SCORE_EPSILON = 1e-5;

export interface Machine {
  /** u = norm of rows of x; quantised as well if asked. */
  readonly norm: (
    x: Place,
    weight: Block,
    to: Rows,
    tokens: number,
    width: number,
    epsilon: number,
    quantise: boolean,
  ) => void;
  readonly quantise: (rows: Rows, columns: number, tokens: number) => void;
  /** h = silu(gate) · up; `gates` has rows of twice the stride of `to`. */
  readonly swiglu: (gates: Place, to: Rows, columns: number, tokens: number, quantise: boolean) => void;
  /** y (+)= W x. */
  readonly multiply: (matrix: Matrix, x: Rows, tokens: number, y: Place, stride: number, add: boolean) => void;
  /** Rotates queries and keys in place, writes keys and values to their pages. */
  readonly rope: (qkv: Place, cos: Place, sin: Place, at: Positions) => void;
  readonly attend: (qkv: Place, to: Place, at: Positions) => void;
  /** h = g ⊙ A u. */
  readonly loraDown: (table: LoraTable, u: Place, stride: number, tokens: number) => void;
  /** y += B h. */
  readonly loraUp: (table: LoraTable, y: Place, stride: number, tokens: number) => void;
  /** Scores that were computed from rows of u as they are: as if from u / ‖u‖ or from LayerNorm(u), folded. */
  readonly finishScores: (u: Rows, width: number, scores: Place, units: number, tokens: number, how: ScoreForm) => void;
  /** For each row of logits its largest and the sum of e^(logit − largest), `[row][2]`. */
  readonly exponentialSums: (logits: Place, stride: number, count: number, rows: number, to: Place) => void;
  /** One row of a matrix as floats. */
  readonly row: (matrix: Matrix, row: number, to: Place) => void;
}

export interface MachineParts {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly memory: WebAssembly.Memory;
  readonly control: Block;
  readonly team: Team;
  readonly layout: Layout;
  readonly shape: AttentionShape;
  /** Widest row of weights, in columns. */
  readonly widest: number;
}

export function createMachine({ kernels, heap, memory, control, team, layout, shape, widest }: MachineParts): Machine {
  const { heads, kvHeads, headDim } = shape;
  const { threads } = team;
  const group = heads / kvHeads;
  const expandedBytes = Math.ceil(widest / 32) * 576;
  const expanded = heap.allocate(expandedBytes * threads);
  const attentionBytes = kernels.attentionScratch(ATTENTION_TOKENS * group, headDim);
  const attentionScratch = heap.allocate(attentionBytes * threads);

  let buffer: ArrayBufferLike | undefined;
  let words = new Int32Array(0);
  let floats = new Float32Array(0);
  /** A job's record, as wide as the widest of them; integers and addresses, floats at the places named. */
  const post = (
    kind: number,
    chunks: number,
    list: readonly number[],
    real?: readonly [index: number, value: number],
  ): void => {
    if (memory.buffer !== buffer) {
      buffer = memory.buffer;
      words = new Int32Array(buffer, control.at, CONTROL_BYTES / 4);
      floats = new Float32Array(buffer, control.at, CONTROL_BYTES / 4);
    }
    words[RECORD_WORD] = chunks;
    words[RECORD_WORD + 1] = kind;
    for (let i = 0; i < list.length; i++) words[RECORD_WORD + 2 + i] = list[i] ?? 0;
    if (real !== undefined) floats[RECORD_WORD + 2 + real[0]] = real[1];
    team.run(chunks);
  };

  const reach = ({ block, from }: Place, count: number, what: string): number => {
    if (from < 0 || 4 * (from + count) > block.bytes) {
      throw new RangeError(
        `${what}: floats ${String(from)} to ${String(from + count)} of a block of ${String(block.bytes)} bytes`,
      );
    }
    return block.at + 4 * from;
  };
  const room = (block: Block, bytes: number, what: string): number => {
    if (bytes > block.bytes)
      throw new RangeError(`${what}: ${String(bytes)} bytes, the block has ${String(block.bytes)}`);
    return block.at;
  };
  const rowsOf = (tokens: number): number => {
    if (!(Number.isInteger(tokens) && tokens > 0)) throw new RangeError(`${String(tokens)} tokens`);
    return isTiled(tokens) ? Math.ceil(tokens / TILE) * TILE : tokens;
  };
  /** Layout, blocks and addresses of the quantised values, after the words that say what is quantised. */
  const quantisedWords = ({ quantised: q }: Rows, columns: number, tokens: number): readonly number[] => {
    if (columns % 32 !== 0) throw new RangeError(`${String(columns)} columns cannot be quantised: 32 make a block`);
    const blocks = columns / 32;
    const rows = rowsOf(tokens);
    return [
      isTiled(tokens) ? 2 : 1,
      blocks,
      room(q.values, 64 * blocks * rows, 'quantised values'),
      room(q.scales, 4 * blocks * rows, 'scales'),
      room(q.sums, 4 * blocks * rows, 'sums'),
      room(q.biases, isTiled(tokens) ? 0 : 4 * blocks * rows, 'biases'),
    ];
  };
  const notQuantised = [0, 0, 0, 0, 0, 0] as const;
  const rowChunks = (tokens: number): number => Math.ceil(tokens / ROWS_A_CHUNK);

  const pagesOf = ({ first, tokens, pages, layer }: Positions): { readonly pages: number; readonly layer: number } => {
    rowsOf(tokens);
    const at = reach(pages, Math.ceil((first + tokens) / PAGE), 'page table');
    const bytes = layer * layout.page.layer;
    if (first < 0 || layer < 0 || bytes >= layout.page.whole)
      throw new RangeError(`layer ${String(layer)} at ${String(first)}`);
    return { pages: at, layer: bytes };
  };

  return {
    norm: (x, weight, to, tokens, width, epsilon, quantise) => {
      const { stride } = to;
      if (stride % 8 !== 0 || width > stride)
        throw new RangeError(`rows of ${String(width)} in ${String(stride)} floats`);
      const floatsOfRows = tokens * stride;
      const list = [
        reach(x, floatsOfRows, 'input of a norm'),
        stride,
        width,
        tokens,
        ...(quantise ? quantisedWords(to, width, tokens) : notQuantised),
        reach(to.floats, floatsOfRows, 'output of a norm'),
        room(weight, 4 * stride, 'weight of a norm'),
        0,
      ];
      post(kinds.norm, rowChunks(tokens), list, [12, epsilon]);
    },
    quantise: (rows, columns, tokens) => {
      if (columns > rows.stride) throw new RangeError(`${String(columns)} columns in rows of ${String(rows.stride)}`);
      const at = reach(rows.floats, (tokens - 1) * rows.stride + columns, 'input of quantisation');
      post(kinds.quantise, rowChunks(tokens), [
        at,
        rows.stride,
        columns,
        tokens,
        ...quantisedWords(rows, columns, tokens),
        0,
        0,
        0,
      ]);
    },
    swiglu: (gates, to, columns, tokens, quantise) => {
      const { stride } = to;
      if (stride % 4 !== 0 || columns > stride)
        throw new RangeError(`${String(columns)} columns in rows of ${String(stride)}`);
      post(kinds.swiglu, rowChunks(tokens), [
        reach(gates, 2 * tokens * stride, 'gates'),
        stride,
        columns,
        tokens,
        ...(quantise ? quantisedWords(to, columns, tokens) : notQuantised),
        reach(to.floats, tokens * stride, 'hidden layer'),
        0,
        0,
      ]);
    },
    multiply: (matrix, x, tokens, y, stride, add) => {
      const { format, block, columns, rows } = matrix;
      const float = format === 'float';
      rowsOf(tokens);
      room(block, matrixBytes(format, rows, columns), 'weights');
      if (rows % 8 !== 0) throw new RangeError(`a matrix of ${String(rows)} rows: 8 make a tile`);
      if (columns > (float ? x.stride : widest)) throw new RangeError(`a matrix of ${String(columns)} columns`);
      const tiled = isTiled(tokens);
      const chunk = tiled ? GEMM_ROWS : Math.ceil(rows / (threads > 1 ? GEMV_CHUNKS * 8 : 8)) * 8;
      const input = float
        ? [reach(x.floats, (tokens - 1) * x.stride + columns, 'input of a matrix'), 0, 0, 0]
        : quantisedWords(x, columns, tokens).slice(2);
      post(tiled ? kinds.tiled : kinds.single, Math.ceil(rows / chunk), [
        formats[format],
        block.at,
        blocksOf(matrix),
        rows,
        chunk,
        tokens,
        ...input,
        x.stride,
        reach(y, (tokens - 1) * stride + rows, 'output of a matrix'),
        stride,
        add ? 1 : 0,
        expanded.at,
        expandedBytes,
      ]);
    },
    rope: (qkv, cos, sin, at) => {
      const { tokens, first } = at;
      const { stride, k, v } = layout.qkv;
      const { pages, layer } = pagesOf(at);
      const half = headDim / 2;
      post(kinds.rope, rowChunks(tokens), [
        reach(qkv, tokens * stride, 'queries, keys and values'),
        stride,
        tokens,
        first,
        reach(cos, tokens * half, 'cosines'),
        reach(sin, tokens * half, 'sines'),
        heads,
        kvHeads,
        headDim,
        k,
        v,
        pages,
        layer,
      ]);
    },
    attend: (qkv, to, at) => {
      const { tokens, first } = at;
      const { stride } = layout.qkv;
      const { pages, layer } = pagesOf(at);
      const tile = Math.min(ATTENTION_TOKENS, tokens);
      const list = [
        reach(qkv, tokens * stride, 'queries'),
        stride,
        tokens,
        first,
        kvHeads,
        group,
        headDim,
        0,
        pages,
        layer,
        layout.page.head,
        reach(to, tokens * layout.attention, 'output of attention'),
        layout.attention,
        attentionScratch.at,
        tile,
      ];
      post(kinds.attention, kvHeads * Math.ceil(tokens / tile), list, [7, 1 / Math.sqrt(headDim)]);
    },
    loraDown: (table, u, stride, tokens) => {
      const slices = Math.ceil(table.largest / LORA_TOKENS);
      post(kinds.down, table.count * slices, loraWords(table, u, stride, tokens, LORA_TOKENS));
    },
    loraUp: (table, y, stride, tokens) => {
      const { outputs } = table;
      const pieces = threads > 1 ? 2 * threads : 1;
      const chunk = Math.ceil(outputs / (4 * (isTiled(tokens) ? 2 * pieces : pieces))) * 4;
      if (outputs > stride) throw new RangeError(`${String(outputs)} outputs in rows of ${String(stride)}`);
      const list = loraWords(table, undefined, 0, tokens, chunk);
      list[10] = reach(y, tokens * stride, 'output of LoRA');
      list[11] = stride;
      post(kinds.up, Math.ceil(outputs / chunk), list);
    },
    finishScores: (u, width, scores, units, tokens, { input, fold }) => {
      if (units % 4 !== 0 || width > u.stride)
        throw new RangeError(`${String(units)} scores of ${String(width)} floats`);
      const list = [
        reach(u.floats, tokens * u.stride, 'input of scores'),
        u.stride,
        width,
        tokens,
        reach(scores, tokens * units, 'scores'),
        units,
        inputs[input],
        fold === 'absolute' ? 1 : 0,
        0,
      ];
      post(kinds.scores, rowChunks(tokens), list, [8, SCORE_EPSILON]);
    },
    exponentialSums: (logits, stride, count, rows, to) => {
      if (count > stride) throw new RangeError(`${String(count)} logits in rows of ${String(stride)}`);
      post(kinds.sum, rows, [reach(logits, rows * stride, 'logits'), stride, count, reach(to, 2 * rows, 'sums')]);
    },
    row: (matrix, row, to) => {
      if (!(row >= 0 && row < matrix.rows)) throw new RangeError(`row ${String(row)} of ${String(matrix.rows)}`);
      const at = reach(to, matrix.columns, 'a row of a matrix');
      kernels.unpackRow(formats[matrix.format], matrix.block.at, blocksOf(matrix), row, at);
    },
  };

  function loraWords(table: LoraTable, u: Place | undefined, stride: number, tokens: number, chunk: number): number[] {
    const { modules, widths, entries, count, pairs, columns } = table;
    if (modules !== 2 && modules !== 3) throw new RangeError(`LoRA of ${String(modules)} modules at a site`);
    if (u !== undefined && columns > stride)
      throw new RangeError(`${String(columns)} columns in rows of ${String(stride)}`);
    return [
      modules,
      room(widths, 4 * modules, 'widths of modules'),
      room(entries, 20 * count, 'table of experts'),
      count,
      room(table.tokens, 4 * pairs, 'tokens of experts'),
      room(table.gates, 32 * pairs, 'gates'),
      room(table.h, 32 * modules * pairs, 'inner values of LoRA'),
      u === undefined ? 0 : reach(u, tokens * stride, 'input of LoRA'),
      stride,
      columns,
      0,
      0,
      chunk,
    ];
  }
}
