/** float32 to ggml's storage types, as ggml's reference quantisers do it; for test models and tools. */
import { ggmlTypes, type GgmlType } from './ggml-types.ts';
import { toBfloat16, toHalf } from './half.ts';

export type WritableType = 'F32' | 'F16' | 'BF16' | 'Q4_0' | 'Q4_1' | 'Q8_0';

export function ggmlType(name: WritableType): GgmlType {
  for (const type of ggmlTypes.values()) if (type.name === name) return type;
  throw new RangeError(`no ggml type ${name}`);
}

/** @param data a whole number of blocks */
export function quantise(data: Float32Array, name: WritableType): Uint8Array<ArrayBuffer> {
  const type = ggmlType(name);
  if (data.length % type.block !== 0)
    throw new RangeError(`${String(data.length)} weights are no whole blocks of ${name}`);
  const out = new Uint8Array((data.length / type.block) * type.bytes);
  const view = new DataView(out.buffer);
  for (let block = 0; block * type.block < data.length; block++) {
    const at = block * type.bytes;
    const weights = data.subarray(block * type.block, (block + 1) * type.block);
    if (name === 'F32') view.setFloat32(at, weights[0] ?? 0, true);
    else if (name === 'F16') view.setUint16(at, toHalf(weights[0] ?? 0), true);
    else if (name === 'BF16') view.setUint16(at, toBfloat16(weights[0] ?? 0), true);
    else if (name === 'Q8_0') writeQ8_0(weights, view, at);
    else if (name === 'Q4_0') writeQ4_0(weights, view, at);
    else writeQ4_1(weights, view, at);
  }
  return out;
}

function writeQ8_0(weights: Float32Array, view: DataView, at: number): void {
  const scale = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / 127;
  view.setUint16(at, toHalf(scale), true);
  weights.forEach((w, i) => {
    view.setInt8(at + 2 + i, scale === 0 ? 0 : Math.round(w / scale));
  });
}

/** The weight of largest magnitude becomes −8. */
function writeQ4_0(weights: Float32Array, view: DataView, at: number): void {
  const largest = weights.reduce((most, w) => (Math.abs(w) > Math.abs(most) ? w : most), 0);
  const scale = largest / -8;
  view.setUint16(at, toHalf(scale), true);
  writeNibbles(weights, view, at + 2, (w) => (scale === 0 ? 8 : w / scale + 8));
}

function writeQ4_1(weights: Float32Array, view: DataView, at: number): void {
  const low = weights.reduce((least, w) => Math.min(least, w), Infinity);
  const high = weights.reduce((most, w) => Math.max(most, w), -Infinity);
  const scale = (high - low) / 15;
  view.setUint16(at, toHalf(scale), true);
  view.setUint16(at + 2, toHalf(low), true);
  writeNibbles(weights, view, at + 4, (w) => (scale === 0 ? 0 : (w - low) / scale));
}

function writeNibbles(weights: Float32Array, view: DataView, at: number, level: (weight: number) => number): void {
  const nibble = (i: number) => Math.min(15, Math.max(0, Math.floor(level(weights[i] ?? 0) + 0.5)));
  for (let j = 0; j < 16; j++) view.setUint8(at + j, nibble(j) | (nibble(16 + j) << 4));
}
