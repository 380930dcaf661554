/**
 * A small builder for weightless graphs: nodes, constants, and one blob of external weights that is filled only when
 * the graph is finished, straight from the quantised file, so that no weight exists twice outside the runtime.
 */
import type { OnnxAttribute, OnnxDimension, OnnxGraph, OnnxNode, OnnxType } from '../../../src/formats/onnx-writer.ts';
import { writeOnnx, type OnnxInitializer, type OnnxValue } from '../../../src/formats/onnx-writer.ts';

/** Writes a weight of the announced size into `out` from `offset` on. */
export type Fill = (out: Float32Array<ArrayBuffer>, offset: number) => void;

export interface OpOptions {
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** Values are named by strings; every method that makes one returns its name. */
export interface Graph {
  readonly input: (name: string, type: OnnxType, shape: readonly OnnxDimension[]) => string;
  /** Gives `value` a name and a place among the graph's outputs. */
  readonly output: (value: string, name: string, type: OnnxType, shape: readonly OnnxDimension[]) => void;
  readonly op: (op: string, inputs: readonly string[], options?: OpOptions) => string;
  readonly ops: (op: string, inputs: readonly string[], outputs: number, options?: OpOptions) => readonly string[];
  readonly int64: (...values: readonly number[]) => string;
  readonly float: (value: number) => string;
  /** A weight kept outside the graph; it belongs to the outermost graph, since a branch cannot have external data. */
  readonly weight: (dims: readonly number[], fill: Fill) => string;
  /** `condition ? then : otherwise`, each a float32 value of this shape; a branch may read values made before it. */
  readonly branch: (
    condition: string,
    shape: readonly OnnxDimension[],
    then: (g: Graph) => string,
    otherwise: (g: Graph) => string,
  ) => string;
}

export interface FinishedGraph {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly path: string;
  /** Contents of the external file. */
  readonly blob: Uint8Array<ArrayBuffer>;
}

export const int = (value: number): OnnxAttribute => ({ kind: 'int', value });
export const float = (value: number): OnnxAttribute => ({ kind: 'float', value });
export const ints = (...value: readonly number[]): OnnxAttribute => ({ kind: 'ints', value });
export const MICROSOFT = 'com.microsoft';

const ALIGNMENT = 64;
const OPSETS = { '': 17, [MICROSOFT]: 1 };

interface Weights {
  readonly fills: { readonly fill: Fill; readonly offset: number }[];
  readonly initializers: OnnxInitializer[];
  bytes: number;
}

/**
 * Builds a graph. `path` names the external file to the runtime and must be unique among sessions alive.
 * `scratch` is taken for the blob when it is large enough: the runtime has copied the weights when its session exists,
 * so that one buffer can serve all segments of a kind.
 */
export function buildGraph(path: string, build: (g: Graph) => void, scratch?: ArrayBuffer): FinishedGraph {
  const weights: Weights = { fills: [], initializers: [], bytes: 0 };
  const outer = scope(path, path, weights, { next: 0 }, build);
  const graph = { ...outer, initializers: [...outer.initializers, ...weights.initializers] };
  const model = writeOnnx({ producer: 'switchyard', opsets: OPSETS, graph });
  const buffer =
    scratch !== undefined && scratch.byteLength >= weights.bytes ? scratch : new ArrayBuffer(weights.bytes);
  const floats = new Float32Array(buffer, 0, weights.bytes / 4);
  for (const { fill, offset } of weights.fills) fill(floats, offset);
  return { model, path, blob: new Uint8Array(buffer, 0, weights.bytes) };
}

/** Names are counted through all scopes: ONNX forbids a branch to shadow a name of the graph around it. */
function scope(
  name: string,
  path: string,
  weights: Weights,
  counter: { next: number },
  build: (g: Graph) => void,
): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxInitializer[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const fresh = (kind: string): string => `${kind}_${String(counter.next++)}`;
  const constant = (kind: string, type: OnnxType, dims: readonly number[], data: Uint8Array): string => {
    const made = fresh(kind);
    initializers.push({ name: made, type, dims, data });
    return made;
  };
  const ops: Graph['ops'] = (op, read, count, options = {}) => {
    const made = Array.from({ length: count }, () => fresh(op));
    nodes.push({ op, inputs: read, outputs: made, ...options });
    return made;
  };
  const op: Graph['op'] = (kind, read, options) => ops(kind, read, 1, options)[0] ?? '';
  build({
    input: (input, type, shape) => {
      inputs.push({ name: input, type, shape });
      return input;
    },
    output: (value, output, type, shape) => {
      nodes.push({ op: 'Identity', inputs: [value], outputs: [output] });
      outputs.push({ name: output, type, shape });
    },
    op,
    ops,
    int64: (...values) =>
      constant('shape', 'int64', [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer)),
    float: (value) => constant('constant', 'float32', [1], new Uint8Array(Float32Array.of(value).buffer)),
    weight: (dims, fill) => {
      const made = fresh('weight');
      const length = 4 * dims.reduce((n, d) => n * d, 1);
      const data = { location: path, offset: weights.bytes, length };
      weights.initializers.push({ name: made, type: 'float32', dims, data });
      weights.fills.push({ fill, offset: weights.bytes / 4 });
      weights.bytes += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
      return made;
    },
    branch: (condition, shape, then, otherwise) => {
      const side = (which: string, body: (g: Graph) => string): OnnxAttribute => ({
        kind: 'graph',
        value: scope(fresh(which), path, weights, counter, (g) => {
          g.output(body(g), fresh('result'), 'float32', shape);
        }),
      });
      return op('If', [condition], {
        attributes: { then_branch: side('then', then), else_branch: side('else', otherwise) },
      });
    },
  });
  return { name, nodes, initializers, inputs, outputs };
}
