/** A llama's weights in WebAssembly memory. */
import { unpermute } from '../../../src/formats/ggml.ts';
import type { GgufTensor } from '../../../src/formats/gguf.ts';
import type { Llama } from '../../../src/formats/llama.ts';
import type { Block } from './heap.ts';
import type { Layout } from './layout.ts';
import { isConverted, type Matrix, type Packer, type Part } from './matrix.ts';

export interface LayerWeights {
  readonly attnNorm: Block;
  readonly qkv: readonly Part[];
  readonly o: readonly Part[];
  readonly ffnNorm: Block;
  /** gate, then up. */
  readonly gates: readonly Part[];
  readonly down: readonly Part[];
}

export interface Weights {
  readonly layers: readonly LayerWeights[];
  readonly outputNorm: Block;
  readonly embedding: Matrix;
  /** The embedding itself when tied. */
  readonly head: Matrix;
}

/** Files hold the rows of a head's q and k interleaved; here its halves lie one after the other. */
function deinterleave(headDim: number): (row: number) => number {
  const source = unpermute(headDim);
  const place = new Int32Array(headDim);
  for (let row = 0; row < headDim; row++) place[source(row)] = row;
  return (row) => row - (row % headDim) + (place[row % headDim] ?? 0);
}

/** @param step called after each layer */
export async function packWeights(
  { shape, layers, embedding, head, outputNorm }: Llama,
  { width }: Layout,
  packer: Packer,
  step: () => Promise<void>,
): Promise<Weights> {
  const table = single(packer.pack([{ tensor: embedding }]));
  const own = shape.tiedHead ? table : single(packer.pack([{ tensor: head }]));
  await step();
  const place = deinterleave(shape.headDim);
  const packed: LayerWeights[] = [];
  for (const { attnNorm, q, k, v, o, ffnNorm, gate, up, down } of layers) {
    packed.push({
      attnNorm: packer.vector(attnNorm, width),
      qkv: packer.pack([{ tensor: q, place }, { tensor: k, place }, { tensor: v }]),
      o: packer.pack([{ tensor: o }]),
      ffnNorm: packer.vector(ffnNorm, width),
      gates: packer.pack([{ tensor: gate }, { tensor: up }]),
      down: packer.pack([{ tensor: down }]),
    });
    await step();
  }
  return { layers: packed, outputNorm: packer.vector(outputNorm, width), embedding: table, head: own };
}

function single([part]: readonly Part[]): Matrix {
  if (part === undefined) throw new Error('a tensor gave no matrix');
  return part.matrix;
}

/** What to tell about tensors that are not computed in their own storage type. */
export function conversionNotices({ gguf }: Llama): readonly string[] {
  const tensors: readonly GgufTensor[] = [...gguf.tensors.values()].filter(isConverted);
  const types = [...new Set(tensors.map(({ type }) => type.name))];
  if (types.length === 0) return [];
  return [
    `${String(tensors.length)} tensors of type ${types.join(', ')} are computed as float32: right, but slower and larger than they could be.`,
  ];
}
