/** The same base with its 4-bit tensors stored in another type: the forms that wllama and llama.cpp are measured on. */
import { dequantise } from '../../src/formats/ggml.ts';
import type { WritableType } from '../../src/formats/ggml-quantise.ts';
import type { Gguf, GgufValue } from '../../src/formats/gguf.ts';
import { writeGguf, type WritableValue } from '../../src/formats/gguf-writer.ts';

/** Numbers that llama.cpp reads as floats; a file does not tell 100000 from 100000.0 once it is read. */
const REAL = /(epsilon|freq_base|scale|factor)$/;

/**
 * @param type for the chosen tensors; the others keep their own
 * @param chosen by name; unless given, those of Q4_1
 * @throws RangeError for metadata that cannot be written
 */
export function requantise(
  gguf: Gguf,
  type: WritableType,
  chosen = (name: string): boolean => gguf.tensors.get(name)?.type.name === 'Q4_1',
): Uint8Array {
  const metadata: Record<string, WritableValue> = {};
  for (const [key, value] of gguf.metadata) {
    if (key !== 'general.file_type') metadata[key] = writable(key, value);
  }
  const tensors = [...gguf.tensors.values()].map((tensor) => ({
    name: tensor.name,
    dims: tensor.dims,
    type: chosen(tensor.name) ? type : (tensor.type.name as WritableType),
    data: dequantise(gguf, tensor),
  }));
  return writeGguf(metadata, tensors);
}

function writable(key: string, value: GgufValue): WritableValue {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') {
    if (REAL.test(key) || !Number.isInteger(value)) return { type: 'f32', value };
    return { type: 'u32', value };
  }
  if (typeof value === 'object' && value.kind === 'strings') return { type: 'strings', value: value.values() };
  if (typeof value === 'object' && value.kind === 'numbers') {
    return { type: key.endsWith('scores') ? 'f32s' : 'i32s', value: value.values() };
  }
  throw new RangeError(`metadata ${key} cannot be written again`);
}
