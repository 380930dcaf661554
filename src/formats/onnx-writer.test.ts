import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeOnnx, type OnnxDimension, type OnnxGraph } from './onnx-writer.ts';

/** A message as its fields, in order; nothing is known of their meaning. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

function parse(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (number | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    if (wire === WireType.Varint) values.push(Number(reader.int64()));
    else if (wire === WireType.Bit32) values.push(reader.float());
    else if (wire === WireType.LengthDelimited) values.push(reader.bytes());
    else throw new Error(`wire type ${String(wire)}`);
  }
  return fields;
}
const bytesOf = (fields: Fields, field: number): readonly Uint8Array[] =>
  (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array);
const texts = (fields: Fields, field: number): readonly string[] =>
  bytesOf(fields, field).map((bytes) => new TextDecoder().decode(bytes));
const messages = (fields: Fields, field: number): readonly Fields[] => bytesOf(fields, field).map(parse);
const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};

const empty: OnnxGraph = { name: 'g', nodes: [], initializers: [], inputs: [], outputs: [] };
const written = (graph: Partial<OnnxGraph>): Fields =>
  only(messages(parse(writeOnnx({ producer: 'p', opsets: { '': 17 }, graph: { ...empty, ...graph } })), 7));

describe('fields of onnx.proto3', () => {
  test('model: version, producer, operator sets', () => {
    const model = parse(writeOnnx({ producer: 'me', opsets: { '': 17, 'com.microsoft': 1 }, graph: empty }));
    expect(model.get(1)).toEqual([8]);
    expect(texts(model, 2)).toEqual(['me']);
    expect(messages(model, 8).map((set) => [texts(set, 1)[0], set.get(2)?.[0]])).toEqual([
      ['', 17],
      ['com.microsoft', 1],
    ]);
    expect(texts(only(messages(model, 7)), 2)).toEqual(['g']);
  });

  test('node with every kind of attribute', () => {
    const node = only(
      messages(
        written({
          nodes: [
            {
              op: 'Op',
              domain: 'com.microsoft',
              inputs: ['a', '', 'b'],
              outputs: ['y', 'z'],
              attributes: {
                axis: { kind: 'int', value: -1 },
                epsilon: { kind: 'float', value: 1e-5 },
                perm: { kind: 'ints', value: [1, 0, -2] },
                body: { kind: 'graph', value: { ...empty, name: 'inner' } },
              },
            },
          ],
        }),
        1,
      ),
    );
    expect(texts(node, 1)).toEqual(['a', '', 'b']);
    expect(texts(node, 2)).toEqual(['y', 'z']);
    expect(texts(node, 3)).toEqual(['y']);
    expect(texts(node, 4)).toEqual(['Op']);
    expect(texts(node, 7)).toEqual(['com.microsoft']);
    const [axis, epsilon, perm, body] = messages(node, 5);
    expect([axis?.get(3), axis?.get(20)]).toEqual([[-1], [2]]);
    expect([epsilon?.get(2), epsilon?.get(20)]).toEqual([[Math.fround(1e-5)], [1]]);
    expect([perm?.get(8), perm?.get(20)]).toEqual([[1, 0, -2], [7]]);
    expect(body?.get(20)).toEqual([5]);
    expect(texts(only(messages(body ?? new Map(), 6)), 2)).toEqual(['inner']);
  });

  test('constants inside and outside the file', () => {
    const graph = written({
      initializers: [
        { name: 'in', type: 'int64', dims: [2], data: new Uint8Array(16).fill(3) },
        { name: 'out', type: 'float32', dims: [3, 4], data: { location: 'w.bin', offset: 2 ** 32 + 64, length: 48 } },
      ],
    });
    const [inside, outside] = messages(graph, 5);
    expect([inside?.get(1), inside?.get(2), inside?.get(14)]).toEqual([[2], [7], undefined]);
    expect(inside?.get(9)).toEqual([new Uint8Array(16).fill(3)]);
    expect([outside?.get(1), outside?.get(2), outside?.get(9), outside?.get(14)]).toEqual([
      [3, 4],
      [1],
      undefined,
      [1],
    ]);
    expect(messages(outside ?? new Map(), 13).map((entry) => [texts(entry, 1)[0], texts(entry, 2)[0]])).toEqual([
      ['location', 'w.bin'],
      ['offset', '4294967360'],
      ['length', '48'],
    ]);
  });

  test('names and sizes of any inputs and outputs come back', () => {
    const shape = fc.array(fc.oneof(fc.nat(), fc.stringMatching(/^[A-Z]\w{0,8}$/)), { maxLength: 5 });
    const value = fc.record({ name: fc.string(), type: fc.constantFrom('float32', 'int32', 'bool'), shape });
    fc.assert(
      fc.property(fc.array(value), fc.array(value), (inputs, outputs) => {
        const graph = written({ inputs, outputs });
        for (const [field, values] of [[11, inputs] as const, [12, outputs] as const]) {
          const read = messages(graph, field).map((info) => {
            const tensor = only(messages(only(messages(info, 2)), 1));
            const sizes = messages(only(messages(tensor, 2)), 1).map(
              (size): OnnxDimension | undefined => texts(size, 2)[0] ?? (size.get(1)?.[0] as number | undefined),
            );
            return { name: texts(info, 1)[0], type: tensor.get(1)?.[0], shape: sizes };
          });
          const numbers = { float32: 1, int32: 6, bool: 9 };
          expect(read).toEqual(values.map((v) => ({ ...v, type: numbers[v.type] })));
        }
      }),
    );
  });
});
