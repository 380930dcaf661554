/** The BERT architecture in a GGUF, under llama.cpp's names: hyperparameters and the tensors it must have. */
import { FormatError } from '../../src/formats/errors.ts';
import {
  metadataInteger,
  metadataPositive,
  metadataString,
  type Gguf,
  type GgufTensor,
} from '../../src/formats/gguf.ts';
import { findTensor } from '../../src/formats/llama.ts';

export interface BertShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocabulary: number;
  /** Longest text it has positions for, in tokens. */
  readonly context: number;
  /** Added to the variance in LayerNorm. */
  readonly epsilon: number;
}

/** A linear module or a LayerNorm. */
export interface Affine {
  readonly weight: GgufTensor;
  readonly bias: GgufTensor;
}

export interface BertLayer {
  readonly q: Affine;
  readonly k: Affine;
  readonly v: Affine;
  readonly output: Affine;
  readonly outputNorm: Affine;
  readonly up: Affine;
  readonly down: Affine;
  readonly downNorm: Affine;
}

export interface Bert {
  readonly gguf: Gguf;
  readonly shape: BertShape;
  /** `[vocabulary][width]` */
  readonly tokens: GgufTensor;
  /** `[context][width]` */
  readonly positions: GgufTensor;
  /** `[types][width]`; a text alone is of type 0. */
  readonly types: GgufTensor;
  readonly norm: Affine;
  readonly layers: readonly BertLayer[];
}

const MOST = 1 << 20;

/** @throws FormatError for another architecture or pooling, a missing tensor, a wrong shape. */
export function readBert(gguf: Gguf): Bert {
  const { file } = gguf;
  const architecture = metadataString(gguf, 'general.architecture');
  if (architecture !== 'bert') {
    throw new FormatError(file, 'general.architecture', architecture, 'only "bert" is computed as an embedder');
  }
  const integer = (key: string): number => metadataInteger(gguf, `bert.${key}`, 1, MOST);
  const width = integer('embedding_length');
  const heads = integer('attention.head_count');
  if (width % heads !== 0) {
    throw new FormatError(file, 'bert.attention.head_count', heads, `it must divide the width ${String(width)}`);
  }
  const ffn = integer('feed_forward_length');
  const context = integer('context_length');
  const vocabulary = gguf.tensors.get('token_embd.weight')?.dims[1] ?? 0;
  const epsilon = metadataPositive(gguf, 'bert.attention.layer_norm_epsilon');
  const affine = (name: string, out: number, inputs?: number): Affine => ({
    weight: findTensor(gguf, `${name}.weight`, inputs === undefined ? [out] : [inputs, out]),
    bias: findTensor(gguf, `${name}.bias`, [out]),
  });
  const layers = Array.from({ length: integer('block_count') }, (_, layer): BertLayer => {
    const name = (part: string) => `blk.${String(layer)}.${part}`;
    return {
      q: affine(name('attn_q'), width, width),
      k: affine(name('attn_k'), width, width),
      v: affine(name('attn_v'), width, width),
      output: affine(name('attn_output'), width, width),
      outputNorm: affine(name('attn_output_norm'), width),
      up: affine(name('ffn_up'), ffn, width),
      down: affine(name('ffn_down'), width, ffn),
      downNorm: affine(name('layer_output_norm'), width),
    };
  });
  // Only the first is read, and some files hold no other.
  const types = gguf.tensors.get('token_types.weight')?.dims[1] ?? 1;
  return {
    gguf,
    shape: { layers: layers.length, width, heads, ffn, vocabulary, context, epsilon },
    tokens: findTensor(gguf, 'token_embd.weight', [width, vocabulary]),
    positions: findTensor(gguf, 'position_embd.weight', [width, context]),
    types: findTensor(gguf, 'token_types.weight', [width, types]),
    norm: affine('token_embd_norm', width),
    layers,
  };
}
