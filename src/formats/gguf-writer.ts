/** Writes GGUF version 3: for test models and tools. */
import { ggmlType, quantise, type WritableType } from './ggml-quantise.ts';

export type WritableValue =
  | { readonly type: 'u32' | 'i32' | 'f32' | 'u64'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

export interface WritableTensor {
  readonly name: string;
  /** ggml's order: row length first. */
  readonly dims: readonly number[];
  readonly type: WritableType;
  /** Row-major, rows of `dims[0]`. */
  readonly data: Float32Array;
}

const ALIGNMENT = 32;

export function writeGguf(
  metadata: Readonly<Record<string, WritableValue>>,
  tensors: readonly WritableTensor[],
): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  const entries = Object.entries(metadata);
  out.u32(0x46554747);
  out.u32(3);
  out.u64(tensors.length);
  out.u64(entries.length);
  for (const [key, value] of entries) {
    out.string(key);
    writeValue(out, value);
  }
  const data = tensors.map((tensor) => quantise(tensor.data, tensor.type));
  let offset = 0;
  tensors.forEach(({ name, dims, type }, i) => {
    out.string(name);
    out.u32(dims.length);
    for (const size of dims) out.u64(size);
    out.u32(ggmlType(type).id);
    out.u64(offset);
    offset = aligned(offset + (data[i]?.length ?? 0));
  });
  for (const bytes of data) {
    out.pad(ALIGNMENT);
    out.raw(bytes);
  }
  return out.done();
}

const aligned = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT;

function writeValue(out: Bytes, { type, value }: WritableValue): void {
  switch (type) {
    case 'u32':
      out.u32(4);
      out.u32(value);
      return;
    case 'i32':
      out.u32(5);
      out.i32(value);
      return;
    case 'f32':
      out.u32(6);
      out.f32(value);
      return;
    case 'bool':
      out.u32(7);
      out.raw(Uint8Array.of(value ? 1 : 0));
      return;
    case 'string':
      out.u32(8);
      out.string(value);
      return;
    case 'u64':
      out.u32(10);
      out.u64(value);
      return;
    case 'strings':
      out.u32(9);
      out.u32(8);
      out.u64(value.length);
      for (const text of value) out.string(text);
      return;
    case 'i32s':
    case 'f32s':
      out.u32(9);
      out.u32(type === 'i32s' ? 5 : 6);
      out.u64(value.length);
      for (const number of value) {
        if (type === 'i32s') out.i32(number);
        else out.f32(number);
      }
  }
}

/** Bytes that grow as they are written. */
class Bytes {
  private bytes = new Uint8Array(1024);
  private length = 0;

  raw(data: Uint8Array): void {
    const end = this.length + data.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(data, this.length);
    this.length = end;
  }
  u32(value: number): void {
    this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }
  i32(value: number): void {
    this.raw(new Uint8Array(Int32Array.of(value).buffer));
  }
  f32(value: number): void {
    this.raw(new Uint8Array(Float32Array.of(value).buffer));
  }
  u64(value: number): void {
    this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }
  string(value: string): void {
    const encoded = new TextEncoder().encode(value);
    this.u64(encoded.length);
    this.raw(encoded);
  }
  pad(to: number): void {
    this.raw(new Uint8Array((to - (this.length % to)) % to));
  }
  done(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}
