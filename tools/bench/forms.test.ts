/** The forms of the base that peers read: the same model as the product's own. */
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { referenceForward } from '../../workers/backends/reference.ts';
import { dequantise } from '../../src/formats/ggml.ts';
import { readGguf, type Gguf } from '../../src/formats/gguf.ts';
import { readLlama, type Llama } from '../../src/formats/llama.ts';
import { readTokenizer } from '../../src/formats/tokenizer.ts';
import { readBase } from '../model-files.ts';
import { blocksOf, writeOnnxLlama, type OnnxWeights } from '../peers/onnx.ts';
import { requantise } from '../peers/requantise.ts';

/** Of the shipped base two layers and the first words: the grouped attention operator wants heads of its width. */
function part({ bytes, file, version, alignment, metadata, tensors }: Gguf, layers: number, words: number): Gguf {
  const kept = [...tensors.values()].filter(({ name }) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0) < layers);
  const cut = kept.map((tensor) =>
    tensor.name === 'token_embd.weight' ? { ...tensor, dims: [tensor.dims[0] ?? 0, words] } : tensor,
  );
  const changed = new Map([...metadata, ['llama.block_count', layers], ['llama.vocab_size', words]] as const);
  return { bytes, file, version, alignment, metadata: changed, tensors: new Map(cut.map((t) => [t.name, t])) };
}
const llama = readLlama(part(readGguf(readBase(), 'base'), 2, 1024));
const ids = [504, 357, 282, 649, 314, 742, 30];

/** Logits behind the last id: all but that one read first, then it alone on their cache. */
async function withCache(kind: OnnxWeights): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(writeOnnxLlama(llama, kind));
  const { layers, kvHeads, headDim } = llama.shape;
  let past = Object.fromEntries(
    Array.from({ length: layers }, (_, layer) =>
      ['key', 'value'].map((part) => [
        `past_key_values.${String(layer)}.${part}`,
        new ort.Tensor('float32', new Float32Array(), [1, kvHeads, 0, headDim]),
      ]),
    ).flat(),
  ) as Record<string, ort.Tensor>;
  let logits = new Float32Array();
  const int64 = (values: readonly number[]) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  let read = 0;
  for (const step of [ids.slice(0, -1), ids.slice(-1)]) {
    read += step.length;
    const mask = int64(Array.from({ length: read }, () => 1));
    const outputs = await session.run({ input_ids: int64(step), attention_mask: mask, ...past });
    past = Object.fromEntries(
      Object.entries(outputs)
        .filter(([name]) => name.startsWith('present'))
        .map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
    );
    logits = outputs.logits?.data as Float32Array<ArrayBuffer>;
  }
  await session.release();
  return logits;
}

/** A plain loop: an embedding has millions of values. */
function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return most;
}
const lastLogits = (model: Llama): ArrayLike<number> => referenceForward(model, [], ids).logits.at(-1) ?? [];

test('the float32 export computes the base, also behind a cache', async () => {
  const logits = await withCache('fp32');
  expect(logits).toHaveLength(llama.shape.vocabulary);
  expect(largest(logits, lastLogits(llama))).toBeLessThan(1e-3);
});

test('the 4-bit export computes the base with its weights rounded, as a base of Q4_0 does', async () => {
  // Every matrix as Q4_0, which rounds to the same levels; embedding and norms stay.
  const rounded = readLlama(
    readGguf(
      requantise(llama.gguf, 'Q4_0', (name) => /blk.*(attn|ffn)_(?!norm)/.test(name)),
      'rounded',
    ),
  );
  const logits = await withCache('q4');
  const exact = lastLogits(llama);
  const spread = largest(exact, new Float32Array(exact.length));
  expect(largest(logits, lastLogits(rounded))).toBeLessThan(0.1 * spread);
});

test('a block of 4 bits keeps its weight of largest magnitude, and the others to half a step', () => {
  const weights = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.7) * (i < 32 ? 1 : -3));
  const { nibbles, scales } = blocksOf(weights);
  weights.forEach((weight, i) => {
    const scale = scales[i >> 5] ?? NaN;
    const level = ((nibbles[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
    const step = Math.abs(scale);
    // The one side ends at 7 steps where the other has 8.
    expect(Math.abs((level - 8) * scale - weight)).toBeLessThanOrEqual(
      Math.abs(weight) > 7 * step ? step : step / 2 + 1e-6,
    );
  });
  expect(() => blocksOf(new Float32Array(33))).toThrow(RangeError);
});

test('a requantised base is read again: same shape, same vocabulary, weights to the new type’s step', () => {
  const gguf = readGguf(requantise(llama.gguf, 'Q8_0'), 'again');
  const again = readLlama(gguf);
  expect(again.shape).toEqual(llama.shape);
  const text = 'the rain and the sea';
  expect(readTokenizer(gguf).encode(text)).toEqual(readTokenizer(llama.gguf).encode(text));
  for (const [name, tensor] of llama.gguf.tensors) {
    const other = gguf.tensors.get(name);
    expect(other?.type.name).toBe(tensor.type.name === 'Q4_1' ? 'Q8_0' : tensor.type.name);
    const before = dequantise(llama.gguf, tensor);
    const most = before.reduce((m, w) => Math.max(m, Math.abs(w)), 0);
    if (other !== undefined) expect(largest(dequantise(gguf, other), before)).toBeLessThanOrEqual(most / 127);
  }
});
