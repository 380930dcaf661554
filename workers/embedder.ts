/**
 * The sentence embedder: a text to a vector of unit length, for scores that compare a prompt's meaning with the experts'.
 * Reads the package's GGUF and runs it on an injected ONNX Runtime, so that page, worker and Node use the one they have.
 */
import { dequantise } from '../src/formats/ggml.ts';
import { FormatError } from '../src/formats/errors.ts';
import { readGguf } from '../src/formats/gguf.ts';
import { fileName, type EmbedderManifest } from '../src/formats/manifest.ts';
import { readWordPiece } from '../src/formats/wordpiece.ts';
import { bertGraph } from './embedder/bert-graph.ts';
import { readBert, type Bert } from './embedder/bert.ts';

/** As much of ONNX Runtime as is used here. */
export interface OrtForEmbedder {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: {
        readonly executionProviders: readonly ['wasm'];
        readonly graphOptimizationLevel: 'basic';
        readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
      },
    ): Promise<OrtSession>;
  };
}
interface OrtTensor {
  readonly data: unknown;
  dispose(): void;
}
interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

export interface Embedder {
  readonly dimension: number;
  /** Unit length; texts longer than the package's `max_tokens` are cut there. One text at a time: calls queue up. */
  embed(text: string): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * @param source.bytes the whole GGUF, its hash already checked; it is kept, as token rows are read from it
 * @throws FormatError for a damaged or foreign file
 */
export async function loadEmbedder(source: {
  readonly bytes: Uint8Array;
  readonly manifest: EmbedderManifest;
  readonly ort: OrtForEmbedder;
}): Promise<Embedder> {
  const { bytes, manifest, ort } = source;
  const file = fileName(manifest.file);
  const gguf = readGguf(bytes, file);
  const bert = readBert(gguf);
  const { width, context } = bert.shape;
  if (width !== manifest.dimension) {
    throw new FormatError(file, 'bert.embedding_length', width, `the manifest says ${String(manifest.dimension)}`);
  }
  const wordpiece = readWordPiece(gguf);
  const longest = Math.min(manifest.max_tokens, context);
  const { model, path, blob } = bertGraph(bert);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'basic',
    externalData: [{ path, data: blob }],
  });
  const embedOne = async (text: string): Promise<Float32Array> => {
    const ids = wordpiece.encode(text, longest);
    const x = new ort.Tensor('float32', inputRows(bert, ids), [ids.length, width]);
    const { y } = await session.run({ x });
    const rows = y?.data;
    if (!(rows instanceof Float32Array)) throw new Error('The embedder gave no float32 rows; load it again.');
    const pooled = meanRow(rows, width, manifest.normalise);
    y?.dispose();
    x.dispose();
    return pooled;
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    dimension: width,
    embed: (text) => {
      const mine = last.then(() => embedOne(text));
      last = mine.catch(() => undefined);
      return mine;
    },
    dispose: async () => {
      await last;
      await session.release();
    },
  };
}

/** Sum of each token's row, its position's row and the row of type 0: `[token][width]`. */
function inputRows(bert: Bert, ids: readonly number[]): Float32Array<ArrayBuffer> {
  const { gguf, shape } = bert;
  const { width } = shape;
  const sum = dequantise(gguf, bert.positions, { from: 0, to: ids.length });
  const type = dequantise(gguf, bert.types, { from: 0, to: 1 });
  const row = new Float32Array(width);
  ids.forEach((id, t) => {
    dequantise(gguf, bert.tokens, { from: id, to: id + 1 }, row);
    for (let i = 0; i < width; i++) sum[t * width + i] = (sum[t * width + i] ?? 0) + (row[i] ?? 0) + (type[i] ?? 0);
  });
  return sum;
}

function meanRow(rows: Float32Array, width: number, unitLength: boolean): Float32Array<ArrayBuffer> {
  const sum = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) sum[i % width] = (sum[i % width] ?? 0) + (rows[i] ?? 0);
  const divisor = unitLength ? Math.hypot(...sum) : rows.length / width;
  return Float32Array.from(sum, (value) => (divisor > 0 ? value / divisor : 0));
}
