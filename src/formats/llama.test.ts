import { describe, expect, test } from 'vitest';
import { readReference, readText } from '../../tools/model-files.ts';
import { readGguf, type Gguf, type GgufTensor, type GgufValue } from './gguf.ts';
import { modules, moduleShape, readLlama } from './llama.ts';
import { parsePackageManifest } from './manifest.ts';

const tiny = readGguf(
  readReference('tiny', parsePackageManifest(readText('tiny/manifest.json')).base.file),
  'tiny.gguf',
);

const withMetadata = (key: string, value: GgufValue | undefined): Gguf => {
  const metadata = new Map(tiny.metadata);
  if (value === undefined) metadata.delete(key);
  else metadata.set(key, value);
  return { ...tiny, metadata };
};
const withTensor = (name: string, change: Partial<GgufTensor> | undefined): Gguf => {
  const tensors = new Map(tiny.tensors);
  const like = tensors.get(name) ?? [...tensors.values()][0];
  if (change === undefined) tensors.delete(name);
  else if (like !== undefined) tensors.set(name, { ...like, name, ...change });
  return { ...tiny, tensors };
};

test('shape and tensors', () => {
  const { shape, layers, head, embedding } = readLlama(tiny);
  expect(shape).toEqual({
    layers: 2,
    width: 32,
    heads: 4,
    kvHeads: 2,
    headDim: 8,
    ffn: 64,
    vocabulary: 297,
    context: 128,
    ropeBase: 10000,
    rmsEpsilon: Math.fround(1e-5),
    tiedHead: true,
  });
  expect(layers.map((layer) => Object.values(layer).map((t: GgufTensor) => t.name.replace(/\d+/, '#')))).toEqual(
    [0, 1].map(() =>
      ['attn_norm', 'attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_norm', 'ffn_gate', 'ffn_up', 'ffn_down'].map(
        (part) => `blk.#.${part}.weight`,
      ),
    ),
  );
  expect(head).toBe(embedding);
  expect(modules.map((m) => moduleShape(shape, m))).toEqual([
    [32, 32],
    [16, 32],
    [16, 32],
    [64, 32],
    [64, 32],
  ]);
});

test('a head of its own', () => {
  const { shape, head } = readLlama(withTensor('output.weight', { dims: [32, 297] }));
  expect(shape.tiedHead).toBe(false);
  expect(head.name).toBe('output.weight');
});

test('without the optional metadata', () => {
  expect(readLlama(withMetadata('llama.vocab_size', undefined)).shape.vocabulary).toBe(297);
  expect(readLlama(withMetadata('llama.rope.freq_base', undefined)).shape.ropeBase).toBe(10000);
});

describe('what is wrong is named', () => {
  test.each<[string, Gguf, string]>([
    ['another architecture', withMetadata('general.architecture', 'qwen2'), 'general.architecture is "qwen2"'],
    ['no width', withMetadata('llama.embedding_length', undefined), 'llama.embedding_length is missing'],
    ['a width of text', withMetadata('llama.embedding_length', '32'), 'llama.embedding_length is "32"'],
    ['layers without end', withMetadata('llama.block_count', 1e9), 'llama.block_count is 1000000000'],
    ['an epsilon of nothing', withMetadata('llama.attention.layer_norm_rms_epsilon', 0), 'rms_epsilon is 0'],
    ['heads that do not divide', withMetadata('llama.attention.head_count_kv', 3), 'head_count_kv is 3'],
    ['an odd head', withMetadata('llama.attention.key_length', 7), 'width of a head is 7'],
    ['partial rotary embedding', withMetadata('llama.rope.dimension_count', 4), 'llama.rope.dimension_count is 4'],
    ['scaled rotary embedding', withMetadata('llama.rope.scaling.type', 'yarn'), 'llama.rope.scaling.type is "yarn"'],
    ['frequencies of its own', withTensor('rope_freqs.weight', {}), 'tensor is "rope_freqs.weight"'],
    ['experts of its own', withMetadata('llama.expert_count', 8), 'llama.expert_count is 8'],
    [
      'a missing tensor',
      withTensor('blk.1.ffn_up.weight', undefined),
      'tensor blk.1.ffn_up.weight is missing; a tensor of shape [32, 64]',
    ],
    [
      'a wrong shape',
      withTensor('blk.1.ffn_up.weight', { dims: [32, 63] }),
      'shape of tensor blk.1.ffn_up.weight is "[32, 63]"; [32, 64] is needed',
    ],
    ['a tensor without a place', withTensor('blk.0.attn_q.bias', {}), 'tensor is "blk.0.attn_q.bias"'],
    [
      'another vocabulary',
      withMetadata('llama.vocab_size', 300),
      'shape of tensor token_embd.weight is "[32, 297]"; [32, 300]',
    ],
  ])('%s', (_, gguf, message) => {
    expect(() => readLlama(gguf)).toThrow(message);
  });
});
