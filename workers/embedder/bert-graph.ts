/** BERT for one text as an ONNX graph: `x` `[T, width]`, the sum of token, position and type rows, to `y` `[T, width]`. */
import { dequantise } from '../../src/formats/ggml.ts';
import type { GgufTensor } from '../../src/formats/gguf.ts';
import { buildGraph, float, int, ints, MICROSOFT, type FinishedGraph, type Graph } from '../backends/onnx/graph.ts';
import type { Affine, Bert, BertLayer } from './bert.ts';

export function bertGraph(bert: Bert): FinishedGraph {
  const { width } = bert.shape;
  return buildGraph('embedder', (g) => {
    let x = norm(g, bert, g.input('x', 'float32', ['T', width]), bert.norm);
    for (const layer of bert.layers) {
      const mixed = attention(g, bert, layer, x);
      x = norm(g, bert, g.op('Add', [x, linear(g, bert, mixed, layer.output)]), layer.outputNorm);
      const inner = g.op('Gelu', [linear(g, bert, x, layer.up)], { domain: MICROSOFT });
      x = norm(g, bert, g.op('Add', [x, linear(g, bert, inner, layer.down)]), layer.downNorm);
    }
    g.output(x, 'y', 'float32', ['T', width]);
  });
}

/** Before the output projection. */
function attention(g: Graph, bert: Bert, layer: BertLayer, x: string): string {
  const { width, heads } = bert.shape;
  const size = width / heads;
  const split = (part: Affine, perm: readonly number[]): string =>
    g.op('Transpose', [g.op('Reshape', [linear(g, bert, x, part), g.int64(-1, heads, size)])], {
      attributes: { perm: ints(...perm) },
    });
  const queries = split(layer.q, [1, 0, 2]);
  const keys = split(layer.k, [1, 2, 0]);
  const scores = g.op('Mul', [g.op('MatMul', [queries, keys]), g.float(1 / Math.sqrt(size))]);
  const weights = g.op('Softmax', [scores], { attributes: { axis: int(-1) } });
  const mixed = g.op('MatMul', [weights, split(layer.v, [1, 0, 2])]);
  const tokensFirst = g.op('Transpose', [mixed], { attributes: { perm: ints(1, 0, 2) } });
  return g.op('Reshape', [tokensFirst, g.int64(-1, width)]);
}

function linear(g: Graph, bert: Bert, x: string, { weight, bias }: Affine): string {
  const [inputs = 0, outputs = 0] = weight.dims;
  return g.op('Gemm', [x, values(g, bert, weight, [outputs, inputs]), values(g, bert, bias, [outputs])], {
    attributes: { transB: int(1), alpha: float(1), beta: float(1) },
  });
}

function norm(g: Graph, bert: Bert, x: string, { weight, bias }: Affine): string {
  const { width, epsilon } = bert.shape;
  return g.op('LayerNormalization', [x, values(g, bert, weight, [width]), values(g, bert, bias, [width])], {
    attributes: { axis: int(-1), epsilon: float(epsilon) },
  });
}

const values = (g: Graph, bert: Bert, tensor: GgufTensor, dims: readonly number[]): string =>
  g.weight(dims, (out, offset) => {
    dequantise(bert.gguf, tensor, { offset }, out);
  });
