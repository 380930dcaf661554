/**
 * Keys and values of one sequence, a row of `kvHeads · headDim` for each token, in order of tokens: a prefix of the
 * sequence is a prefix of the memory, so that cutting it costs nothing.
 */
import type * as Ort from 'onnxruntime-web';
import type { OrtModule, Runtime } from './runtime.ts';

/** `[rows][kvHeads · headDim]` each. */
export interface KeyValues {
  readonly k: Ort.Tensor;
  readonly v: Ort.Tensor;
}

export interface Cache {
  /** The first `rows` rows of a layer; valid until the next `write`. */
  readonly read: (layer: number, rows: number) => KeyValues;
  /** Overwrites rows from `at` on. */
  readonly write: (layer: number, at: number, rows: KeyValues) => void;
  /** A copy of the first `rows` rows of every layer. */
  readonly copy: (rows: number) => Cache;
  readonly release: () => void;
}

/** Where rows lie: plain arrays, or buffers of the GPU. */
interface Memory<Store> {
  readonly make: (rows: number) => Store;
  readonly capacity: (store: Store) => number;
  /** Copies the first `rows` rows of `from` to the rows of `to` from `at` on. */
  readonly copy: (from: Store, to: Store, at: number, rows: number) => void;
  /** The first `rows` rows, in place. */
  readonly view: (store: Store, rows: number) => Ort.Tensor;
  readonly of: (tensor: Ort.Tensor) => Store;
  readonly free: (store: Store) => void;
}

const FIRST_ROWS = 256;

/** @param width of a row, in floats */
export function createCache({ ort, device }: Runtime, layers: number, width: number): Cache {
  return device === undefined
    ? cacheIn(hostMemory(ort, width), layers, FIRST_ROWS)
    : cacheIn(deviceMemory(ort, device, width), layers, FIRST_ROWS);
}

function cacheIn<Store>(memory: Memory<Store>, layers: number, capacity: number): Cache {
  const keys = Array.from({ length: layers }, () => memory.make(capacity));
  const values = Array.from({ length: layers }, () => memory.make(capacity));
  const read = (stores: readonly Store[], layer: number, rows: number): Ort.Tensor => {
    const store = stores[layer];
    if (store === undefined) throw new RangeError(`layer ${String(layer)} of a cache of ${String(stores.length)}`);
    return memory.view(store, rows);
  };
  const write = (stores: Store[], layer: number, at: number, tensor: Ort.Tensor): void => {
    let store = stores[layer];
    if (store === undefined) return;
    const rows = tensor.dims[0] ?? 0;
    const has = memory.capacity(store);
    if (at + rows > has) {
      // What stands behind `at` is overwritten: a block that is run again fits where it stood before.
      const larger = memory.make(Math.max(at + rows, 2 * has));
      memory.copy(store, larger, 0, at);
      memory.free(store);
      stores[layer] = store = larger;
    }
    memory.copy(memory.of(tensor), store, at, rows);
  };
  const cache: Cache = {
    read: (layer, rows) => ({ k: read(keys, layer, rows), v: read(values, layer, rows) }),
    write: (layer, at, { k, v }) => {
      write(keys, layer, at, k);
      write(values, layer, at, v);
    },
    copy: (rows) => {
      const copied = cacheIn(memory, layers, Math.max(rows, FIRST_ROWS));
      for (let layer = 0; layer < layers; layer++) copied.write(layer, 0, cache.read(layer, rows));
      return copied;
    },
    release: () => {
      for (const stores of [keys, values]) stores.splice(0).forEach(memory.free);
    },
  };
  return cache;
}

function hostMemory(ort: OrtModule, width: number): Memory<Float32Array> {
  return {
    make: (rows) => new Float32Array(rows * width),
    capacity: (store) => store.length / width,
    copy: (from, to, at, rows) => {
      to.set(from.subarray(0, rows * width), at * width);
    },
    view: (store, rows) => new ort.Tensor('float32', store.subarray(0, rows * width), [rows, width]),
    of: (tensor) => tensor.data as Float32Array,
    free: () => undefined,
  };
}

/** What a cache of no rows reads as: a GPU has no buffers of no bytes. */
type DeviceStore = GPUBuffer | undefined;

function deviceMemory(ort: OrtModule, device: GPUDevice, width: number): Memory<DeviceStore> {
  const rowBytes = 4 * width;
  // COPY_SRC, COPY_DST and STORAGE; the namespace with these names is missing where there is no WebGPU.
  const usage = 4 | 8 | 128;
  return {
    make: (rows) => device.createBuffer({ size: rows * rowBytes, usage }),
    capacity: (store) => (store === undefined ? 0 : store.size / rowBytes),
    copy: (from, to, at, rows) => {
      if (from === undefined || to === undefined || rows === 0) return;
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(from, 0, to, at * rowBytes, rows * rowBytes);
      device.queue.submit([encoder.finish()]);
    },
    view: (store, rows) =>
      store === undefined || rows === 0
        ? new ort.Tensor('float32', new Float32Array(0), [0, width])
        : ort.Tensor.fromGpuBuffer(store, { dataType: 'float32', dims: [rows, width] }),
    of: (tensor) => (tensor.location === 'gpu-buffer' ? tensor.gpuBuffer : undefined),
    free: (store) => {
      store?.destroy();
    },
  };
}
