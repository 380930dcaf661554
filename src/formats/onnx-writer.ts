/**
 * Writes ONNX models (onnx.proto3): graph structure and small constants; large weights stay outside as external data,
 * so that a graph is a few kilobytes. Only what the graphs of this product use.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export type OnnxType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool';

/** A fixed size, or the name of a size known only when the model runs. */
export type OnnxDimension = number | string;

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly OnnxDimension[];
}

/** A constant: its little-endian bytes, or where they lie in an external file. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly data: Uint8Array | OnnxExternalData;
}

export interface OnnxExternalData {
  /** The path under which the runtime is given the file. */
  readonly location: string;
  /** In bytes; runtimes want it aligned to the element, here always to 64. */
  readonly offset: number;
  readonly length: number;
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'graph'; readonly value: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  /** Empty for the operators of ONNX itself. */
  readonly domain?: string;
  /** An empty name leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly name: string;
  /** In an order in which every node follows the ones it reads. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly producer: string;
  /** Version of each operator set used, by domain; the empty domain is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: OnnxGraph;
}

/** 8 goes with operator sets up to 18 and knows external data. */
const IR_VERSION = 8;

/** TensorProto.DataType */
const dataTypes: Readonly<Record<OnnxType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };
/** AttributeProto.AttributeType */
const attributeTypes: Readonly<Record<OnnxAttribute['kind'], number>> = { float: 1, int: 2, graph: 5, ints: 7 };
const DATA_LOCATION_EXTERNAL = 1;

/** The bytes of a ModelProto. Field numbers are those of onnx.proto3. */
export function writeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const w = new BinaryWriter();
  varint(w, 1, IR_VERSION);
  text(w, 2, model.producer);
  message(w, 7, () => {
    writeGraph(w, model.graph);
  });
  for (const [domain, version] of Object.entries(model.opsets)) {
    message(w, 8, () => {
      text(w, 1, domain);
      varint(w, 2, version);
    });
  }
  return w.finish();
}

function writeGraph(w: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) {
    message(w, 1, () => {
      writeNode(w, node);
    });
  }
  text(w, 2, graph.name);
  for (const initializer of graph.initializers) {
    message(w, 5, () => {
      writeInitializer(w, initializer);
    });
  }
  for (const value of graph.inputs) writeValue(w, 11, value);
  for (const value of graph.outputs) writeValue(w, 12, value);
}

function writeNode(w: BinaryWriter, node: OnnxNode): void {
  for (const name of node.inputs) text(w, 1, name);
  for (const name of node.outputs) text(w, 2, name);
  // Named by its first output, which is unique in a graph: placement and profiling logs can be read.
  text(w, 3, node.outputs[0] ?? '');
  text(w, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    message(w, 5, () => {
      text(w, 1, name);
      writeAttribute(w, attribute);
      varint(w, 20, attributeTypes[attribute.kind]);
    });
  }
  if (node.domain !== undefined) text(w, 7, node.domain);
}

function writeAttribute(w: BinaryWriter, attribute: OnnxAttribute): void {
  switch (attribute.kind) {
    case 'float':
      w.tag(2, WireType.Bit32).float(attribute.value);
      return;
    case 'int':
      varint(w, 3, attribute.value);
      return;
    case 'graph':
      message(w, 6, () => {
        writeGraph(w, attribute.value);
      });
      return;
    case 'ints':
      for (const value of attribute.value) varint(w, 8, value);
      return;
  }
}

function writeInitializer(w: BinaryWriter, { name, type, dims, data }: OnnxInitializer): void {
  for (const size of dims) varint(w, 1, size);
  varint(w, 2, dataTypes[type]);
  text(w, 8, name);
  if (data instanceof Uint8Array) {
    w.tag(9, WireType.LengthDelimited).bytes(data);
    return;
  }
  for (const [key, value] of Object.entries(data)) {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, String(value));
    });
  }
  varint(w, 14, DATA_LOCATION_EXTERNAL);
}

/** ValueInfoProto with a TypeProto.Tensor. */
function writeValue(w: BinaryWriter, field: number, { name, type, shape }: OnnxValue): void {
  message(w, field, () => {
    text(w, 1, name);
    message(w, 2, () => {
      message(w, 1, () => {
        varint(w, 1, dataTypes[type]);
        message(w, 2, () => {
          for (const size of shape) {
            message(w, 1, () => {
              if (typeof size === 'number') varint(w, 1, size);
              else text(w, 2, size);
            });
          }
        });
      });
    });
  });
}

// ---- wire -----------------------------------------------------------------------------------------------------------

const varint = (w: BinaryWriter, field: number, value: number): void => {
  w.tag(field, WireType.Varint).int64(value);
};
const text = (w: BinaryWriter, field: number, value: string): void => {
  w.tag(field, WireType.LengthDelimited).string(value);
};
function message(w: BinaryWriter, field: number, body: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork();
  body();
  w.join();
}
