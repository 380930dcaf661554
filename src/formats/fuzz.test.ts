/** Damaged files: whatever the bytes, a reader gives data or a FormatError, soon, without reserving memory for what is not there. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readBytes, readReference, readText } from '../../tools/model-files.ts';
import { FormatError } from './errors.ts';
import { dequantise } from './ggml.ts';
import { readGguf } from './gguf.ts';
import { readLlama, type LlamaShape } from './llama.ts';
import { parseEmbedderManifest, parsePackageManifest } from './manifest.ts';
import { readAdapter } from './peft.ts';
import { readSafetensors, safetensorsF32 } from './safetensors.ts';
import { readTokenizer } from './tokenizer.ts';
import { readWordPiece } from './wordpiece.ts';

const manifestText = readText('tiny/manifest.json');
const base = readReference('tiny', parsePackageManifest(manifestText).base.file);
const embedder = readBytes('tiny-embedder/tiny-embedder.gguf');
const config = readText('tiny/experts/alpha/adapter_config.json');
const weights = readBytes('tiny/experts/alpha/adapter_model.safetensors');
const shape: LlamaShape = readLlama(readGguf(base, 'tiny.gguf')).shape;
/** Where the header of the base ends and weights begin: damage behind it changes only numbers. */
const header = Math.min(...[...readGguf(base, 'tiny.gguf').tensors.values()].map((t) => t.offset));
const adapterHeader = Number(new DataView(weights.buffer).getBigUint64(0, true)) + 8;

// ---- how files are damaged ------------------------------------------------------------------------------------------

/** Numbers that break careless readers: signs, wrap-arounds, lengths just too long. */
const evil = fc.constantFrom(
  0,
  1,
  7,
  8,
  9,
  12,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0xffff,
  0x10000,
  0x7fffffff,
  0x80000000,
  0xfffffffe,
  0xffffffff,
);

type Damage = (bytes: Uint8Array) => Uint8Array;

/** Damage within the first `within` bytes. */
const damage = (within: number): fc.Arbitrary<Damage> => {
  const at = fc.nat(within - 1);
  return fc.oneof(
    fc.tuple(at, fc.nat(255)).map(
      ([i, value]): Damage =>
        (bytes) =>
          bytes.with(Math.min(i, bytes.length - 1), value),
    ),
    fc.tuple(at, evil, fc.constantFrom(4, 8)).map(([i, value, width]): Damage => (bytes) => {
      const out = bytes.slice();
      for (let k = 0; k < width && i + k < out.length; k++)
        out[i + k] = k < 4 ? (value >>> (8 * k)) & 255 : value > 0x7fffffff ? 255 : 0;
      return out;
    }),
    at.map(
      (length): Damage =>
        (bytes) =>
          bytes.slice(0, length),
    ),
    fc.tuple(at, fc.nat(40)).map(([from, count]): Damage => (bytes) => {
      const out = new Uint8Array(Math.max(0, bytes.length - count));
      out.set(bytes.subarray(0, Math.min(from, out.length)));
      if (from + count < bytes.length) out.set(bytes.subarray(from + count), from);
      return out;
    }),
    fc.tuple(at, fc.uint8Array({ maxLength: 24 })).map(([from, extra]): Damage => (bytes) => {
      const out = new Uint8Array(bytes.length + extra.length);
      out.set(bytes.subarray(0, from));
      out.set(extra, Math.min(from, bytes.length));
      out.set(bytes.subarray(from), Math.min(from, bytes.length) + extra.length);
      return out;
    }),
    fc.tuple(at, at, fc.nat(64)).map(
      ([from, to, count]): Damage =>
        (bytes) =>
          bytes.slice().copyWithin(to, from, from + count),
    ),
  );
};
const damages = (within: number) =>
  fc.array(damage(within), { minLength: 1, maxLength: 3 }).map(
    (list): Damage =>
      (bytes) =>
        list.reduce((damaged, next) => (damaged.length === 0 ? damaged : next(damaged)), bytes),
  );

/** True when it was read; false for a FormatError; anything else is a failure. */
function survives(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
    return false;
  }
}

// ---- no absurd reservation: the largest array a reader makes is watched ----------------------------------------------

const MOST = 64 * base.length;
let largest = 0;

beforeAll(() => {
  for (const name of [
    'Float32Array',
    'Float64Array',
    'Int32Array',
    'Uint32Array',
    'Uint8Array',
    'Uint16Array',
  ] as const) {
    const real = globalThis[name];
    vi.stubGlobal(
      name,
      new Proxy(real, {
        construct: (target, args: readonly unknown[], made) => {
          if (typeof args[0] === 'number') largest = Math.max(largest, args[0]);
          return Reflect.construct(target, args, made === target ? target : made) as object;
        },
      }),
    );
  }
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** Runs with many damages; some must be refused (or the damage did nothing), none may reserve much. */
function fuzz<T>(arbitrary: fc.Arbitrary<T>, read: (input: T) => unknown, numRuns: number): void {
  let refused = 0;
  largest = 0;
  fc.assert(
    fc.property(arbitrary, (input) => {
      if (!survives(() => read(input))) refused++;
    }),
    { numRuns },
  );
  expect(refused).toBeGreaterThan(numRuns / 20);
  expect(largest).toBeLessThan(MOST);
}

describe('GGUF', () => {
  const readAll = (bytes: Uint8Array) => {
    const file = readGguf(bytes, 'x.gguf');
    const model = readLlama(file);
    readTokenizer(file).encode('the <|im_end|> 漢 12\u0004');
    for (const layer of model.layers) dequantise(file, layer.k);
    dequantise(file, model.embedding, { layout: 'columns' });
  };
  test('the whole is read undamaged', () => {
    expect(
      survives(() => {
        readAll(base);
      }),
    ).toBe(true);
  });
  test('damaged headers', () => {
    fuzz(
      damages(header),
      (change) => {
        readAll(change(base));
      },
      600,
    );
  });
  test('the list of tensors and the keys before it', () => {
    fuzz(
      damages(1400),
      (change) => {
        // The end of the header first: the tensor list is a small part of it.
        const start = header - 1400;
        const end = change(base.slice(start));
        const bytes = new Uint8Array(start + end.length);
        bytes.set(base.subarray(0, start));
        bytes.set(end, start);
        readAll(bytes);
      },
      400,
    );
  });
  test('any bytes behind a right beginning', () => {
    fuzz(
      fc.uint8Array({ maxLength: 200 }),
      (tail) => {
        readGguf(Uint8Array.from([...base.subarray(0, 8), ...tail]), 'x.gguf');
      },
      300,
    );
  });
  test('a BERT vocabulary', () => {
    fuzz(damages(2500), (change) => readWordPiece(readGguf(change(embedder), 'x.gguf')).encode('the past', 8), 300);
  });
});

describe('safetensors and PEFT', () => {
  test('damaged headers', () => {
    fuzz(
      damages(adapterHeader),
      (change) => {
        const source = readSafetensors(change(weights), 'x');
        for (const name of source.tensors.keys()) safetensorsF32(source, name);
      },
      500,
    );
  });
  test('headers of any JSON', () => {
    const field = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.array(fc.oneof(fc.integer(), fc.maxSafeNat(), fc.double()), { maxLength: 4 }),
    );
    const entry = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record(
        { dtype: fc.constantFrom('F32', 'F16', 'BF16', 'U8', 'F8', 7), shape: field, data_offsets: field },
        { requiredKeys: [] },
      ),
    );
    fuzz(
      fc.tuple(fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__metadata__', '__proto__')), entry), fc.nat(64)),
      ([json, data]) => {
        const text = new TextEncoder().encode(JSON.stringify(json));
        const bytes = new Uint8Array(8 + text.length + data);
        new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
        bytes.set(text, 8);
        readSafetensors(bytes, 'x');
      },
      500,
    );
  });
  test('damaged adapters', () => {
    fuzz(damages(weights.length), (change) => readAdapter({ id: 'x', config, weights: change(weights) }, shape), 300);
  });
  test('configurations of any JSON', () => {
    const known = JSON.parse(config) as Record<string, unknown>;
    const change = fc.dictionary(
      fc.oneof(fc.constantFrom(...Object.keys(known)), fc.string()),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 3 },
    );
    fuzz(
      change,
      (fields) => readAdapter({ id: 'x', config: JSON.stringify({ ...known, ...fields }), weights }, shape),
      300,
    );
  });
});

describe('manifests', () => {
  const known = JSON.parse(manifestText) as Record<string, unknown>;

  test('damaged text', () => {
    const bytes = new TextEncoder().encode(manifestText);
    fuzz(damages(bytes.length), (change) => parsePackageManifest(new TextDecoder().decode(change(bytes))), 400);
  });
  test('any JSON in any field', () => {
    const change = fc.dictionary(fc.constantFrom(...Object.keys(known)), fc.jsonValue(), { minKeys: 1, maxKeys: 2 });
    fuzz(change, (fields) => parsePackageManifest(JSON.stringify({ ...known, ...fields })), 400);
  });
  test('any JSON', () => {
    fuzz(
      fc.json(),
      (json) => {
        parsePackageManifest(json);
      },
      200,
    );
    fuzz(
      fc.json(),
      (json) => {
        parseEmbedderManifest(json);
      },
      200,
    );
  });
});
