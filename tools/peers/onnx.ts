/**
 * The base as one ONNX model for transformers.js, laid out as the exports published for it are: grouped attention as one
 * operator, keys and values as `past_key_values.N.key` in and `present.N.key` out, weights as float32 or in blocks of
 * 4 bits (`q4`). Only the last token's logits are computed, which is all that generation reads.
 */
import { dequantise, unpermute, type DequantOptions } from '../../src/formats/ggml.ts';
import type { GgufTensor } from '../../src/formats/gguf.ts';
import type { Llama } from '../../src/formats/llama.ts';
import {
  writeOnnx,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxType,
  type OnnxValue,
} from '../../src/formats/onnx-writer.ts';

export type OnnxWeights = 'fp32' | 'q4';

const MICROSOFT = 'com.microsoft';
/** transformers.js knows the size by this name when it makes an empty cache. */
const BATCH = 'batch_size';
/** Weights of a block that share a scale. */
const BLOCK = 32;

const int = (value: number): OnnxAttribute => ({ kind: 'int', value });
const bytesOf = (data: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Nodes and constants as they are added; each value is known by its name. */
function builder() {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  let next = 0;
  const fresh = (kind: string): string => `${kind}_${String(next++)}`;
  const constant = (type: OnnxType, dims: readonly number[], data: Uint8Array): string => {
    const name = fresh('constant');
    initializers.push({ name, type, dims, data });
    return name;
  };
  return {
    nodes,
    initializers,
    constant,
    floats: (dims: readonly number[], data: Float32Array): string => constant('float32', dims, bytesOf(data)),
    int64: (...values: readonly number[]): string =>
      constant('int64', [values.length], bytesOf(BigInt64Array.from(values, BigInt))),
    /** @returns the first output; further ones are named by the caller */
    op(
      kind: string,
      inputs: readonly string[],
      attributes: Record<string, OnnxAttribute> = {},
      domain = '',
      more: readonly string[] = [],
    ): string {
      const made = fresh(kind);
      nodes.push({ op: kind, inputs, outputs: [made, ...more], attributes, ...(domain === '' ? {} : { domain }) });
      return made;
    },
  };
}
type Builder = ReturnType<typeof builder>;

/** @param weights `[outputs][inputs]`; @returns blocks for MatMulNBits: value = (nibble − 8) · scale, the earlier of two in the low half */
export function blocksOf(weights: Float32Array): { readonly nibbles: Uint8Array; readonly scales: Float32Array } {
  if (weights.length % BLOCK !== 0) throw new RangeError(`${String(weights.length)} weights are no whole blocks`);
  const nibbles = new Uint8Array(weights.length / 2);
  const scales = new Float32Array(weights.length / BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const from = block * BLOCK;
    let largest = 0;
    for (let i = from; i < from + BLOCK; i++) {
      const w = weights[i] ?? 0;
      if (Math.abs(w) > Math.abs(largest)) largest = w;
    }
    const scale = largest / -8;
    scales[block] = scale;
    for (let i = from; i < from + BLOCK; i++) {
      const level = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round((weights[i] ?? 0) / scale) + 8));
      nibbles[i >> 1] = (nibbles[i >> 1] ?? 0) | (level << (4 * (i & 1)));
    }
  }
  return { nibbles, scales };
}

/** Rows of the product's own outputs become columns, as MatMul wants them. */
function transposed(weights: Float32Array, outputs: number, inputs: number): Float32Array {
  const out = new Float32Array(weights.length);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++) out[i * outputs + o] = weights[o * inputs + i] ?? 0;
  return out;
}

/** Tables of cosines and sines, `[context][headDim / 2]`. */
function rotary({ context, headDim, ropeBase }: Llama['shape']): { cos: Float32Array; sin: Float32Array } {
  const half = headDim / 2;
  const cos = new Float32Array(context * half);
  const sin = new Float32Array(context * half);
  for (let position = 0; position < context; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * ropeBase ** (-i / half);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** The bytes of a ModelProto with everything in it. */
export function writeOnnxLlama(llama: Llama, kind: OnnxWeights): Uint8Array {
  const { width, heads, kvHeads, headDim, ffn, vocabulary, context, rmsEpsilon } = llama.shape;
  const b = builder();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const read = (tensor: GgufTensor, options?: DequantOptions): Float32Array => dequantise(llama.gguf, tensor, options);
  const linear = (x: string, weights: Float32Array, outs: number, ins: number): string => {
    if (kind === 'fp32') return b.op('MatMul', [x, b.floats([ins, outs], transposed(weights, outs, ins))]);
    return matMulNBits(b, x, weights, outs, ins);
  };
  const normAttributes: Record<string, OnnxAttribute> = { epsilon: { kind: 'float', value: rmsEpsilon } };
  const input = (name: string, type: OnnxType, shape: readonly OnnxDimension[]): string => {
    inputs.push({ name, type, shape });
    return name;
  };

  const ids = input('input_ids', 'int64', [BATCH, 'sequence_length']);
  const mask = input('attention_mask', 'int64', [BATCH, 'total_sequence_length']);
  const { cos, sin } = rotary(llama.shape);
  const tables = [b.floats([context, headDim / 2], cos), b.floats([context, headDim / 2], sin)];
  const count = b.op('ReduceSum', [mask, b.int64(1)], { keepdims: int(0) });
  const behind = b.op('Cast', [b.op('Sub', [count, b.int64(1)])], { to: int(6) });
  const total = b.op('Gather', [b.op('Shape', [mask]), b.constant('int64', [], bytesOf(BigInt64Array.of(1n)))]);
  const lengths = [behind, b.op('Cast', [total], { to: int(6) })];

  const embedding = b.floats([vocabulary, width], read(llama.embedding));
  let x = b.op('Gather', [embedding, ids]);
  let delta: string | undefined;
  /** Adds what the block before made to the residual stream, and norms the sum. */
  const norm = (tensor: GgufTensor): string => {
    const gamma = b.floats([width], read(tensor));
    if (delta === undefined) {
      return b.op('SimplifiedLayerNormalization', [x, gamma], { ...normAttributes, axis: int(-1), stash_type: int(1) });
    }
    const sum = `residual_${String(b.nodes.length)}`;
    const u = b.op('SkipSimplifiedLayerNormalization', [x, delta, gamma], normAttributes, MICROSOFT, ['', '', sum]);
    x = sum;
    return u;
  };
  llama.layers.forEach((layer, index) => {
    const u = norm(layer.attnNorm);
    const halves = { source: unpermute(headDim) };
    const q = linear(u, read(layer.q, halves), heads * headDim, width);
    const k = linear(u, read(layer.k, halves), kvHeads * headDim, width);
    const v = linear(u, read(layer.v), kvHeads * headDim, width);
    const cache = (['key', 'value'] as const).map((part) => {
      const present = `present.${String(index)}.${part}`;
      outputs.push({ name: present, type: 'float32', shape: [BATCH, kvHeads, 'total_sequence_length', headDim] });
      const shape = [BATCH, kvHeads, 'past_sequence_length', headDim];
      return { past: input(`past_key_values.${String(index)}.${part}`, 'float32', shape), present };
    });
    const mixed = b.op(
      'GroupQueryAttention',
      [q, k, v, ...cache.map(({ past }) => past), ...lengths, ...tables],
      { num_heads: int(heads), kv_num_heads: int(kvHeads), do_rotary: int(1), rotary_interleaved: int(0) },
      MICROSOFT,
      cache.map(({ present }) => present),
    );
    delta = linear(mixed, read(layer.o), width, heads * headDim);
    const n = norm(layer.ffnNorm);
    const gate = linear(n, read(layer.gate), ffn, width);
    const up = linear(n, read(layer.up), ffn, width);
    const activated = b.op('Mul', [b.op('Mul', [gate, b.op('Sigmoid', [gate])]), up]);
    delta = linear(activated, read(layer.down), width, ffn);
  });
  const last = b.op('Gather', [norm(llama.outputNorm), b.int64(-1)], { axis: int(1) });
  // A tied head would stand in the file twice; the runtime folds the transposition into the product.
  const head =
    kind === 'fp32' && llama.shape.tiedHead
      ? b.op('MatMul', [last, b.op('Transpose', [embedding], { perm: { kind: 'ints', value: [1, 0] } })])
      : linear(last, read(llama.head), vocabulary, width);
  b.nodes.push({ op: 'Identity', inputs: [head], outputs: ['logits'] });
  outputs.unshift({ name: 'logits', type: 'float32', shape: [BATCH, 1, vocabulary] });
  return writeOnnx({
    producer: 'switchyard bench',
    opsets: { '': 17, [MICROSOFT]: 1 },
    graph: { name: `llama ${kind}`, nodes: b.nodes, initializers: b.initializers, inputs, outputs },
  });
}

function matMulNBits(b: Builder, x: string, weights: Float32Array, outs: number, ins: number): string {
  const { nibbles, scales } = blocksOf(weights);
  const perRow = ins / BLOCK;
  return b.op(
    'MatMulNBits',
    [x, b.constant('uint8', [outs, perRow, BLOCK / 2], nibbles), b.floats([outs * perRow], scales)],
    { K: int(ins), N: int(outs), bits: int(4), block_size: int(BLOCK) },
    MICROSOFT,
  );
}

/** What transformers.js reads beside the graph. */
export const onnxConfig = ({ shape }: Llama): Record<string, unknown> => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: shape.width,
  intermediate_size: shape.ffn,
  num_hidden_layers: shape.layers,
  num_attention_heads: shape.heads,
  num_key_value_heads: shape.kvHeads,
  head_dim: shape.headDim,
  vocab_size: shape.vocabulary,
  max_position_embeddings: shape.context,
  rope_theta: shape.ropeBase,
  rms_norm_eps: shape.rmsEpsilon,
  tie_word_embeddings: shape.tiedHead,
});
