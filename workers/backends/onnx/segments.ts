/**
 * The static segments of a llama: for each layer the part from the attention's routing site to the FFN's and from there
 * to the next layer's, and the head. Every segment begins with the norm of the residual stream; the host computes the
 * same norm for itself when it wants to route, so that only the residual stream crosses between segments.
 *
 * Weights stay in the file's `[outputs][inputs]` order and are multiplied transposed.
 */
import { dequantise, unpermute } from '../../../src/formats/ggml.ts';
import type { GgufTensor } from '../../../src/formats/gguf.ts';
import type { Llama } from '../../../src/formats/llama.ts';
import type { LoraAdapter } from '../../../src/formats/peft.ts';
import { siteModules } from '../sites.ts';
import { buildGraph, float, int, ints, MICROSOFT, type FinishedGraph, type Graph } from './graph.ts';
import { addLora, gemm } from './lora.ts';

/**
 * From the residual stream `x` `[T, width]` before a layer's attention to that after it. Further inputs: `cos`, `sin`
 * `[T, headDim / 2]` of the block's positions; `past_k`, `past_v` `[P, kvHeads · headDim]`, one row a token, k already
 * rotated; `mask` `[T, P + T]`, or `[1, 1]` when it is zero. Outputs: `y` `[T, width]`, and the block's own rows `new_k`, `new_v`.
 */
export function attentionSegment(
  llama: Llama,
  layer: number,
  adapters: readonly LoraAdapter[],
  scratch?: ArrayBuffer,
): FinishedGraph {
  const { shape } = llama;
  const { width, heads, kvHeads, headDim } = shape;
  const q = heads * headDim;
  const kv = kvHeads * headDim;
  const tensors = layerOf(llama, layer);
  return buildGraph(
    `attention.${String(layer)}`,
    (g) => {
      const x = g.input('x', 'float32', ['T', width]);
      const u = norm(g, llama, x, tensors.attnNorm);
      const unpermuted = { source: unpermute(headDim) };
      const projection = g.weight([q + 2 * kv, width], (out, offset) => {
        dequantise(llama.gguf, tensors.q, { ...unpermuted, offset }, out);
        dequantise(llama.gguf, tensors.k, { ...unpermuted, offset: offset + q * width }, out);
        dequantise(llama.gguf, tensors.v, { offset: offset + (q + kv) * width }, out);
      });
      const base = g.ops('Split', [gemm(g, u, projection, { transposed: true }), g.int64(q, kv, kv)], 3, {
        attributes: { axis: int(1) },
      });
      const site = { layer, modules: siteModules.attn, adapters, shape };
      const [queries = '', keys = '', values = ''] = addLora(g, u, base, site);
      const cos = g.input('cos', 'float32', ['T', headDim / 2]);
      const sin = g.input('sin', 'float32', ['T', headDim / 2]);
      const rotate = (value: string, columns: number): string => {
        const batch = g.op('Reshape', [value, g.int64(1, -1, columns)]);
        return g.op('RotaryEmbedding', [batch, g.int64(0), cos, sin], { domain: MICROSOFT });
      };
      const newK = g.op('Reshape', [rotate(keys, kv), g.int64(-1, kv)]);
      g.output(newK, 'new_k', 'float32', ['T', kv]);
      g.output(values, 'new_v', 'float32', ['T', kv]);
      const all = (past: string, rows: string): string => {
        const joined = g.op('Concat', [g.input(past, 'float32', ['P', kv]), rows], { attributes: { axis: int(0) } });
        return g.op('Reshape', [joined, g.int64(-1, kvHeads, headDim)]);
      };
      const mask = g.input('mask', 'float32', ['M', 'S']);
      // Heads that share keys lie one after the other, so that one product serves them all: [kvHeads, heads/kvHeads · T, headDim].
      const q3 = g.op('Transpose', [g.op('Reshape', [rotate(queries, q), g.int64(-1, heads, headDim)])], {
        attributes: { perm: ints(1, 0, 2) },
      });
      const grouped = g.op('Reshape', [
        g.op('Mul', [q3, g.float(1 / Math.sqrt(headDim))]),
        g.int64(kvHeads, -1, headDim),
      ]);
      const k3 = g.op('Transpose', [all('past_k', newK)], { attributes: { perm: ints(1, 2, 0) } });
      const v3 = g.op('Transpose', [all('past_v', values)], { attributes: { perm: ints(1, 0, 2) } });
      const scores = g.op('Reshape', [g.op('MatMul', [grouped, k3]), g.int64(heads, -1, 0)]);
      const attention = g.op('Softmax', [g.op('Add', [scores, mask])], { attributes: { axis: int(-1) } });
      const mixed = g.op('MatMul', [g.op('Reshape', [attention, g.int64(kvHeads, -1, 0)]), v3]);
      const rows = g.op('Transpose', [g.op('Reshape', [mixed, g.int64(heads, -1, headDim)])], {
        attributes: { perm: ints(1, 0, 2) },
      });
      const y = gemm(g, g.op('Reshape', [rows, g.int64(-1, q)]), matrix(g, llama, tensors.o, [width, q]), {
        transposed: true,
        add: x,
      });
      g.output(y, 'y', 'float32', ['T', width]);
    },
    scratch,
  );
}

/** From the residual stream `x` `[T, width]` after a layer's attention to `y` `[T, width]` after its FFN. */
export function ffnSegment(
  llama: Llama,
  layer: number,
  adapters: readonly LoraAdapter[],
  scratch?: ArrayBuffer,
): FinishedGraph {
  const { shape } = llama;
  const { width, ffn } = shape;
  const tensors = layerOf(llama, layer);
  return buildGraph(
    `ffn.${String(layer)}`,
    (g) => {
      const x = g.input('x', 'float32', ['T', width]);
      const u = norm(g, llama, x, tensors.ffnNorm);
      const projection = g.weight([2 * ffn, width], (out, offset) => {
        dequantise(llama.gguf, tensors.gate, { offset }, out);
        dequantise(llama.gguf, tensors.up, { offset: offset + ffn * width }, out);
      });
      const base = g.ops('Split', [gemm(g, u, projection, { transposed: true })], 2, { attributes: { axis: int(1) } });
      const [gate = '', up = ''] = addLora(g, u, base, { layer, modules: siteModules.ffn, adapters, shape });
      const activated = g.op('Mul', [g.op('Mul', [gate, g.op('Sigmoid', [gate])]), up]);
      const y = gemm(g, activated, matrix(g, llama, tensors.down, [width, ffn]), { transposed: true, add: x });
      g.output(y, 'y', 'float32', ['T', width]);
    },
    scratch,
  );
}

/** Final norm and output matrix: `x` `[T, width]` to `logits` `[T, vocabulary]`. */
export function headSegment(llama: Llama): FinishedGraph {
  const { width, vocabulary } = llama.shape;
  return buildGraph('head', (g) => {
    const u = norm(g, llama, g.input('x', 'float32', ['T', width]), llama.outputNorm);
    const logits = gemm(g, u, matrix(g, llama, llama.head, [vocabulary, width]), { transposed: true });
    g.output(logits, 'logits', 'float32', ['T', vocabulary]);
  });
}

function norm(g: Graph, llama: Llama, x: string, tensor: GgufTensor): string {
  const weight = matrix(g, llama, tensor, [llama.shape.width]);
  return g.op('SimplifiedLayerNormalization', [x, weight], {
    attributes: { axis: int(-1), epsilon: float(llama.shape.rmsEpsilon), stash_type: int(1) },
  });
}

const matrix = (g: Graph, llama: Llama, tensor: GgufTensor, dims: readonly number[]): string =>
  g.weight(dims, (out, offset) => {
    dequantise(llama.gguf, tensor, { offset }, out);
  });

function layerOf(llama: Llama, layer: number): Llama['layers'][number] {
  const tensors = llama.layers[layer];
  if (tensors === undefined) throw new RangeError(`layer ${String(layer)} of ${String(llama.layers.length)}`);
  return tensors;
}
