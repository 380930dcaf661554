/** The llama architecture in a GGUF: hyperparameters, and the tensors it must have with their shapes. */
import { FormatError } from './errors.ts';
import { metadataInteger, metadataPositive, metadataString, type Gguf, type GgufTensor } from './gguf.ts';

export interface LlamaShape {
  readonly layers: number;
  /** d, width of the residual stream. */
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values; `heads` is a multiple of it. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the feed-forward layer. */
  readonly ffn: number;
  readonly vocabulary: number;
  /** Longest sequence it was trained for, in tokens. */
  readonly context: number;
  /** Base of the rotary embedding, over all of `headDim`. */
  readonly ropeBase: number;
  /** Added to the mean square in RMSNorm. */
  readonly rmsEpsilon: number;
  /** The embedding is also the output head. */
  readonly tiedHead: boolean;
}

export interface LlamaLayer {
  readonly attnNorm: GgufTensor;
  /** Rows permuted for interleaved rotary embedding: read with `unpermute(headDim)`. The same holds for `k`. */
  readonly q: GgufTensor;
  readonly k: GgufTensor;
  readonly v: GgufTensor;
  readonly o: GgufTensor;
  readonly ffnNorm: GgufTensor;
  readonly gate: GgufTensor;
  readonly up: GgufTensor;
  readonly down: GgufTensor;
}

export interface Llama {
  readonly gguf: Gguf;
  readonly shape: LlamaShape;
  /** `[vocabulary][width]` */
  readonly embedding: GgufTensor;
  readonly outputNorm: GgufTensor;
  /** `[vocabulary][width]`; the embedding itself when tied. */
  readonly head: GgufTensor;
  readonly layers: readonly LlamaLayer[];
}

/** Linear modules that read a routing site and may carry LoRA, by their PEFT names. */
export const modules = ['q_proj', 'k_proj', 'v_proj', 'gate_proj', 'up_proj'] as const;
export type ModuleName = (typeof modules)[number];

/** `[outputs, inputs]` of a module. */
export function moduleShape(shape: LlamaShape, module: ModuleName): readonly [out: number, input: number] {
  switch (module) {
    case 'q_proj':
      return [shape.heads * shape.headDim, shape.width];
    case 'k_proj':
    case 'v_proj':
      return [shape.kvHeads * shape.headDim, shape.width];
    case 'gate_proj':
    case 'up_proj':
      return [shape.ffn, shape.width];
  }
}

// Far above any model a browser can hold; they keep products of sizes exact and loops short.
const MOST_LAYERS = 1024;
const MOST_WIDTH = 1 << 20;
const MOST_VOCABULARY = 1 << 24;

/**
 * Reads the hyperparameters and finds every tensor.
 * @throws FormatError for another architecture, a feature that would be computed wrongly, a missing or unknown tensor, a wrong shape.
 */
export function readLlama(gguf: Gguf): Llama {
  const { file } = gguf;
  const architecture = metadataString(gguf, 'general.architecture');
  if (architecture !== 'llama') {
    throw new FormatError(
      file,
      'general.architecture',
      architecture,
      'only "llama" is computed: take a llama-type model',
    );
  }
  refuseUnsupported(gguf);
  const shape = readShape(gguf);
  const { layers, width, heads, kvHeads, headDim, ffn, vocabulary } = shape;
  const wanted = new Set<string>();
  const find = (name: string, dims: readonly number[]): GgufTensor => {
    wanted.add(name);
    return findTensor(gguf, name, dims);
  };
  const embedding = find('token_embd.weight', [width, vocabulary]);
  const outputNorm = find('output_norm.weight', [width]);
  const head = shape.tiedHead ? embedding : find('output.weight', [width, vocabulary]);
  const found = Array.from({ length: layers }, (_, layer): LlamaLayer => {
    const at = (part: string, dims: readonly number[]) => find(`blk.${String(layer)}.${part}.weight`, dims);
    return {
      attnNorm: at('attn_norm', [width]),
      q: at('attn_q', [width, heads * headDim]),
      k: at('attn_k', [width, kvHeads * headDim]),
      v: at('attn_v', [width, kvHeads * headDim]),
      o: at('attn_output', [heads * headDim, width]),
      ffnNorm: at('ffn_norm', [width]),
      gate: at('ffn_gate', [width, ffn]),
      up: at('ffn_up', [width, ffn]),
      down: at('ffn_down', [ffn, width]),
    };
  });
  for (const name of gguf.tensors.keys()) {
    if (!wanted.has(name)) {
      throw new FormatError(
        file,
        'tensor',
        name,
        'the llama computation here has no place for it, and leaving it out would give wrong answers',
      );
    }
  }
  return { gguf, shape, embedding, outputNorm, head, layers: found };
}

function refuseUnsupported(gguf: Gguf): void {
  const { file, metadata } = gguf;
  const scaling = metadata.get('llama.rope.scaling.type') ?? 'none';
  if (scaling !== 'none') {
    throw new FormatError(file, 'llama.rope.scaling.type', scaling, 'scaled rotary embeddings are not computed');
  }
  if (gguf.tensors.has('rope_freqs.weight')) {
    throw new FormatError(file, 'tensor', 'rope_freqs.weight', 'scaled rotary embeddings are not computed');
  }
  const experts = metadata.get('llama.expert_count') ?? 0;
  if (experts !== 0) {
    throw new FormatError(file, 'llama.expert_count', experts, 'a base without experts of its own is needed');
  }
}

function readShape(gguf: Gguf): LlamaShape {
  const { file, metadata } = gguf;
  const integer = (key: string, min: number, max: number) => metadataInteger(gguf, `llama.${key}`, min, max);
  const optional = (key: string, otherwise: number) =>
    metadata.has(`llama.${key}`) ? integer(key, 1, MOST_WIDTH) : otherwise;
  const layers = integer('block_count', 1, MOST_LAYERS);
  const width = integer('embedding_length', 1, MOST_WIDTH);
  const heads = integer('attention.head_count', 1, MOST_WIDTH);
  const kvHeads = optional('attention.head_count_kv', heads);
  if (heads % kvHeads !== 0) {
    throw new FormatError(file, 'llama.attention.head_count_kv', kvHeads, `it must divide the ${String(heads)} heads`);
  }
  const headDim = optional('attention.key_length', width / heads);
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new FormatError(file, 'width of a head', headDim, 'embedding_length / head_count must be even and whole');
  }
  for (const [key, what] of [
    ['attention.value_length', 'values as wide as keys'],
    ['rope.dimension_count', 'rotary embedding over the whole head'],
  ] as const) {
    const value = optional(key, headDim);
    if (value !== headDim)
      throw new FormatError(file, `llama.${key}`, value, `${what} (${String(headDim)}) are computed`);
  }
  const ffn = integer('feed_forward_length', 1, MOST_WIDTH);
  const context = integer('context_length', 1, MOST_VOCABULARY);
  const ropeBase = metadata.has('llama.rope.freq_base') ? metadataPositive(gguf, 'llama.rope.freq_base') : 10000;
  const rmsEpsilon = metadataPositive(gguf, 'llama.attention.layer_norm_rms_epsilon');
  const embedding = gguf.tensors.get('token_embd.weight');
  const vocabulary = metadata.has('llama.vocab_size')
    ? integer('vocab_size', 1, MOST_VOCABULARY)
    : (embedding?.dims[1] ?? 0);
  const tiedHead = !gguf.tensors.has('output.weight');
  return { layers, width, heads, kvHeads, headDim, ffn, vocabulary, context, ropeBase, rmsEpsilon, tiedHead };
}

/** @throws FormatError when it is missing or has another shape (ggml's order: row length first). */
export function findTensor(gguf: Gguf, name: string, dims: readonly number[]): GgufTensor {
  const tensor = gguf.tensors.get(name);
  const needed = `[${dims.join(', ')}]`;
  if (tensor === undefined) {
    throw new FormatError(
      gguf.file,
      `tensor ${name}`,
      undefined,
      `a tensor of shape ${needed} is needed: the file is incomplete`,
    );
  }
  const has = [...tensor.dims];
  while (has.length > dims.length && has.at(-1) === 1) has.pop();
  if (has.length !== dims.length || has.some((size, i) => size !== dims[i])) {
    throw new FormatError(
      gguf.file,
      `shape of tensor ${name}`,
      `[${tensor.dims.join(', ')}]`,
      `${needed} is needed by the metadata`,
    );
  }
  return tensor;
}
