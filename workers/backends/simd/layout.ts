/** Sizes in memory that follow from a model's shape. Rows are filled up with zeros to multiples of 8 floats. */
import type { LlamaShape } from '../../../src/formats/llama.ts';

/** Positions in a page of keys and values. */
export const PAGE = 64;

/** Most tokens that one step computes; longer blocks go through a layer slice by slice. */
export const SLICE = 128;

export interface Layout {
  /** Floats in a row of the residual stream. */
  readonly width: number;
  /** Floats in a row of the heads' outputs. */
  readonly attention: number;
  /** Where queries, keys and values begin in a row, and its length, in floats. */
  readonly qkv: { readonly q: number; readonly k: number; readonly v: number; readonly stride: number };
  /** Floats of a row of the FFN's hidden layer; gate and up lie side by side in twice as many. */
  readonly ffn: number;
  /** Floats in a row of logits. */
  readonly vocabulary: number;
  /** Bytes of keys and values of 64 positions: of one head, one layer, all layers. */
  readonly page: { readonly head: number; readonly layer: number; readonly whole: number };
}

export const padded = (n: number, to = 8): number => Math.ceil(n / to) * to;

export function layoutOf(shape: LlamaShape): Layout {
  const { layers, width, heads, kvHeads, headDim, ffn, vocabulary } = shape;
  const k = padded(heads * headDim);
  const v = k + padded(kvHeads * headDim);
  const head = 4 * PAGE * (headDim + padded(headDim));
  const layer = kvHeads * head;
  return {
    width: padded(width),
    attention: padded(heads * headDim),
    qkv: { q: 0, k, v, stride: v + padded(kvHeads * headDim) },
    ffn: padded(ffn),
    vocabulary: padded(vocabulary),
    page: { head, layer, whole: layers * layer },
  };
}
