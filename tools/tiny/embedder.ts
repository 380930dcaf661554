/** A BERT of random weights with a WordPiece vocabulary of letters and a few words, under llama.cpp's names. */
import { writeGguf, type WritableTensor, type WritableValue } from '../../src/formats/gguf-writer.ts';
import { emptyFolder } from './folder.ts';
import { random } from './random.ts';

const LAYERS = 2;
const HEADS = 2;
const FFN = 16;
const POSITIONS = 32;

const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789');
const marks = Array.from('.,:;!?\'"()[]{}<>|/-_+*=%&#@~');
const words = ['the', 'what', 'is', 'of', 'past', 'tense', 'add', 'and'];

/** Word starts carry U+2581, continuations are bare. */
const tokens = [
  ...specials,
  ...[...letters, ...marks, ...words].map((text) => `\u2581${text}`),
  ...letters,
  ...['ing', 'ed', 'er'],
];

/** @param width of the embedding: a multiple of the number of heads */
export function writeTinyEmbedder(width: number): void {
  const { normals } = random(7);
  const tensors: WritableTensor[] = [];
  const add = (name: string, dims: readonly number[], deviation: number, mean = 0) =>
    tensors.push({
      name,
      dims,
      type: 'F32',
      data: normals(
        dims.reduce((n, d) => n * d, 1),
        deviation,
        mean,
      ),
    });
  const linear = (name: string, input: number, out: number) => {
    tensors.push({
      name: `${name}.weight`,
      dims: [input, out],
      type: 'F16',
      data: normals(input * out, 1 / Math.sqrt(input)),
    });
    add(`${name}.bias`, [out], 0.1);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, [width], 0.1, 1);
    add(`${name}.bias`, [width], 0.1);
  };
  add('token_embd.weight', [width, tokens.length], 1);
  add('position_embd.weight', [width, POSITIONS], 0.3);
  add('token_types.weight', [width, 2], 0.3);
  norm('token_embd_norm');
  for (let layer = 0; layer < LAYERS; layer++) {
    const at = (part: string) => `blk.${String(layer)}.${part}`;
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) linear(at(part), width, width);
    norm(at('attn_output_norm'));
    linear(at('ffn_up'), width, FFN);
    linear(at('ffn_down'), FFN, width);
    norm(at('layer_output_norm'));
  }
  const u32 = (value: number): WritableValue => ({ type: 'u32', value });
  const id = (token: string): WritableValue => u32(tokens.indexOf(token));
  const gguf = writeGguf(
    {
      'general.architecture': { type: 'string', value: 'bert' },
      'general.name': { type: 'string', value: 'random weights for tests' },
      'bert.block_count': u32(LAYERS),
      'bert.context_length': u32(POSITIONS),
      'bert.embedding_length': u32(width),
      'bert.feed_forward_length': u32(FFN),
      'bert.attention.head_count': u32(HEADS),
      'bert.attention.layer_norm_epsilon': { type: 'f32', value: 1e-12 },
      'bert.attention.causal': { type: 'bool', value: false },
      'bert.pooling_type': u32(1),
      'tokenizer.ggml.model': { type: 'string', value: 'bert' },
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
      'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map((_, i) => (i < specials.length ? 3 : 1)) },
      'tokenizer.ggml.bos_token_id': id('[CLS]'),
      'tokenizer.ggml.eos_token_id': id('[SEP]'),
      'tokenizer.ggml.seperator_token_id': id('[SEP]'),
      'tokenizer.ggml.unknown_token_id': id('[UNK]'),
      'tokenizer.ggml.padding_token_id': id('[PAD]'),
      'tokenizer.ggml.mask_token_id': id('[MASK]'),
    },
    tensors,
  );
  const folder = emptyFolder('tiny-embedder');
  folder.writeJson('manifest.json', {
    $schema: '../manifest.schema.json',
    format: 'switchyard-embedder',
    version: '1.0',
    id: 'tiny-embedder',
    label: 'Random weights for tests',
    licence: 'CC0-1.0',
    source: 'Made by tools/tiny-package.ts from a fixed seed; it knows nothing.',
    architecture: 'bert',
    file: folder.write('tiny-embedder.gguf', gguf),
    pooling: 'mean',
    normalise: true,
    max_tokens: POSITIONS,
    dimension: width,
  });
}
