/** A llama of random weights with all storage types that are computed with, and a byte-level vocabulary of 297 tokens. */
import type { WritableType } from '../../src/formats/ggml-quantise.ts';
import { writeGguf, type WritableTensor, type WritableValue } from '../../src/formats/gguf-writer.ts';
import { byteLetters } from '../../src/formats/tokenizer.ts';
import type { Random } from './random.ts';

export const tiny = { layers: 2, width: 32, heads: 4, kvHeads: 2, headDim: 8, ffn: 64, context: 128 } as const;

const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const merges =
  'Ġ t | Ġ a | h e | i n | r e | o n | Ġt he | e r | Ġ s | a t | Ġ w | Ġ o | e n | Ġ c | i t | i s | a n | o r | e s | Ġ b | e d | Ġ f | in g | Ġ p | o u | Ġa n | a l | a r | Ġt o | Ġ m | Ġo f | Ġ in | Ġ d | Ġ h | Ġan d | u s | s er | an t'.split(
    ' | ',
  );

/** Specials, the 256 bytes, the merges; llama.cpp's types: 1 normal, 3 control. */
function vocabulary(): { readonly tokens: readonly string[]; readonly types: readonly number[] } {
  const tokens = [...specials, ...byteLetters, ...merges.map((merge) => merge.replace(' ', ''))];
  return { tokens, types: tokens.map((_, i) => (i < specials.length ? 3 : 1)) };
}

export function tinyBase({ normals }: Random): Uint8Array {
  const words = vocabulary();
  const tensors: WritableTensor[] = [];
  const matrix = (name: string, type: WritableType, input: number, out: number, gain = 1) =>
    tensors.push({ name, dims: [input, out], type, data: normals(input * out, gain / Math.sqrt(input)) });
  const norm = (name: string) =>
    tensors.push({ name, dims: [tiny.width], type: 'F32', data: normals(tiny.width, 0.2, 1) });
  tensors.push({
    name: 'token_embd.weight',
    dims: [tiny.width, words.tokens.length],
    type: 'Q8_0',
    data: normals(tiny.width * words.tokens.length, 0.5),
  });
  norm('output_norm.weight');
  for (let layer = 0; layer < tiny.layers; layer++) {
    const at = (part: string) => `blk.${String(layer)}.${part}.weight`;
    const first = layer === 0;
    norm(at('attn_norm'));
    matrix(at('attn_q'), 'Q4_1', tiny.width, tiny.heads * tiny.headDim, 2);
    matrix(at('attn_k'), first ? 'F16' : 'Q4_1', tiny.width, tiny.kvHeads * tiny.headDim, 2);
    matrix(at('attn_v'), first ? 'Q8_0' : 'Q4_1', tiny.width, tiny.kvHeads * tiny.headDim);
    matrix(at('attn_output'), first ? 'Q4_1' : 'F32', tiny.heads * tiny.headDim, tiny.width);
    norm(at('ffn_norm'));
    matrix(at('ffn_gate'), first ? 'Q4_0' : 'BF16', tiny.width, tiny.ffn, 2);
    matrix(at('ffn_up'), 'Q4_1', tiny.width, tiny.ffn);
    matrix(at('ffn_down'), first ? 'Q8_0' : 'Q4_1', tiny.ffn, tiny.width);
  }
  const u32 = (value: number): WritableValue => ({ type: 'u32', value });
  return writeGguf(
    {
      'general.architecture': { type: 'string', value: 'llama' },
      'general.name': { type: 'string', value: 'random weights for tests' },
      'llama.block_count': u32(tiny.layers),
      'llama.context_length': u32(tiny.context),
      'llama.embedding_length': u32(tiny.width),
      'llama.feed_forward_length': u32(tiny.ffn),
      'llama.attention.head_count': u32(tiny.heads),
      'llama.attention.head_count_kv': u32(tiny.kvHeads),
      'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
      'llama.rope.freq_base': { type: 'f32', value: 10000 },
      'llama.rope.dimension_count': u32(tiny.headDim),
      'llama.vocab_size': u32(words.tokens.length),
      'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
      'tokenizer.ggml.pre': { type: 'string', value: 'smollm' },
      'tokenizer.ggml.tokens': { type: 'strings', value: words.tokens },
      'tokenizer.ggml.token_type': { type: 'i32s', value: words.types },
      'tokenizer.ggml.merges': { type: 'strings', value: merges },
      'tokenizer.ggml.bos_token_id': u32(1),
      'tokenizer.ggml.eos_token_id': u32(2),
      'tokenizer.ggml.unknown_token_id': u32(0),
      'tokenizer.ggml.padding_token_id': u32(2),
      'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
      'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
      'tokenizer.chat_template': {
        type: 'string',
        value:
          "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
          "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
      },
    },
    tensors,
  );
}
