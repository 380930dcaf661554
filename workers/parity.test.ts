import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderSource } from '../src/cli/folder-source.ts';
import type { Library } from '../src/core/library.ts';
import { within } from '../src/core/parity.ts';
import { FormatError } from '../src/formats/errors.ts';
import type { Backend, Pass, Sequence } from './backends/backend.ts';
import { createOnnxBackend } from './backends/onnx/create.ts';
import { loadEmbedder, type Embedder } from './embedder.ts';
import { loadEmbedderFiles } from './package/embedder-files.ts';
import { loadPackage, type ModelPackage } from './package/load.ts';
import { computePrototypes } from './package/prototypes.ts';
import { boundsOf, checkParity, selfTest, type ParityChoice, type ParityInput } from './parity.ts';
import { openReference, type Reference } from './parity/reference.ts';

const signal = new AbortController().signal;
const store = () => Promise.resolve(undefined);
const folder = (name: string) => folderSource(fileURLToPath(new URL(`../models/${name}`, import.meta.url)));

let model: ModelPackage;
let reference: Reference;
let backend: Backend;
let embedder: Embedder;
let input: ParityInput;

beforeAll(async () => {
  model = await loadPackage({ source: folder('tiny'), store }, () => undefined, signal);
  reference = await open(model.manifest);
  const { llama, adapters, library, manifest, files } = model;
  backend = await createOnnxBackend({ ort, provider: 'wasm', model: llama, adapters });
  embedder = await loadEmbedder({ ...(await loadEmbedderFiles(folder('tiny-embedder'), store, signal)), ort });
  const prototypes = () => computePrototypes(manifest, library, files, signal);
  input = { backend, library, prototypes, embed: (text) => embedder.embed(text), reference, signal };
}, 60_000);
afterAll(async () => {
  await embedder.dispose();
  await backend.dispose();
});

async function open(manifest: ModelPackage['manifest']): Promise<Reference> {
  const { files, library } = model;
  const read = (ref: Parameters<typeof files.read>[0]) => files.read(ref, signal);
  if (manifest.reference === undefined) throw new Error('the tiny package has a reference');
  const shape = { sites: library.sites.length, units: library.experts.length };
  return openReference(await read(manifest.reference), manifest, shape, read);
}

const everything = (): ParityChoice => ({
  prompts: reference.prompts,
  policies: reference.policies.map(({ id }) => id),
  tokens: 16,
  halves: ['replayed', 'free'],
});

describe('the tiny package against PyTorch', () => {
  test('every policy is within the bounds, in both halves', async () => {
    const results = await checkParity(input, everything());
    expect(results.map(({ policy }) => policy)).toEqual(reference.policies.map(({ id }) => id));
    expect(results.length).toBeGreaterThanOrEqual(12);
    for (const result of results) {
      expect(result, result.policy).toSatisfy((r: typeof result) => within(r, boundsOf(backend)));
      expect(result.tokens.compared, result.policy).toBeGreaterThan(30);
      expect(result.logits.compared, result.policy).toBeGreaterThan(500);
      if (!['none', 'uniform', 'uniform-factors'].includes(result.policy))
        expect(result.scores.compared, result.policy).toBeGreaterThan(10);
    }
  }, 60_000);

  test('the reference’s own embeddings serve where the embedder is not loaded', async () => {
    const { backend: same, library, prototypes } = input;
    const without: ParityInput = { backend: same, library, prototypes, reference, signal };
    const [glider] = await checkParity(without, { ...everything(), policies: ['glider'] });
    expect(glider?.scores.largest).toBeLessThan(1e-4);
  });

  test('the self-test passes and counts what it compared', async () => {
    const report = await selfTest(input, 2);
    expect(report).toMatchObject({ passed: true, prompts: 1 });
    expect(report.choices.compared).toBeGreaterThan(50);
    expect(report.logits.largest).toBeGreaterThan(0);
  });
});

describe('what is wrong is found', () => {
  const some = (): ParityChoice => ({
    ...everything(),
    policies: ['phatgoose'],
    prompts: reference.prompts.slice(0, 2),
  });

  test('one logit that is off', async () => {
    const off = withPass(backend, (pass) => ({
      ...pass,
      logits: async (rows) => (await pass.logits(rows)).map((x, i) => (i % 300 === 7 ? x + 0.002 : x)),
    }));
    const [found] = await checkParity({ ...input, backend: off }, some());
    expect(found?.logits.largest).toBeGreaterThan(0.0019);
    expect(found && within(found, boundsOf(backend))).toBe(false);
  });

  test('a site’s input that is off: scores and choices', async () => {
    const off = withPass(backend, (pass) => ({
      ...pass,
      input: async () => (await pass.input()).map((x, i) => (i % 2 === 0 ? x * 1.5 : x)),
    }));
    const [found] = await checkParity({ ...input, backend: off }, some());
    expect(found?.scores.largest).toBeGreaterThan(1e-3);
    expect(found?.choices.equal).toBeLessThan(found?.choices.compared ?? 0);
  });

  test('gates of two experts exchanged', async () => {
    const [found] = await checkParity({ ...input, library: exchanged(input.library) }, some());
    expect(found?.choices.equal ?? 1).toBeLessThan(0.9 * (found?.choices.compared ?? 0));
    expect(found && within(found, boundsOf(backend))).toBe(false);
  });

  test('NaN', async () => {
    const off = withPass(backend, (pass) => ({ ...pass, logits: async (rows) => (await pass.logits(rows)).fill(NaN) }));
    const [found] = await checkParity({ ...input, backend: off }, { ...some(), halves: ['replayed'] });
    expect(found?.logits.largest).toBe(Infinity);
  });

  test('figures of another package', async () => {
    const { manifest } = model;
    const other = { ...manifest, base: { ...manifest.base, file: { ...manifest.base.file, sha256: '0'.repeat(64) } } };
    await expect(open(other)).rejects.toThrow(FormatError);
    await expect(open({ ...manifest, experts: manifest.experts.slice(1) })).rejects.toThrow(/another package/);
  });
});

/** The backend with every pass changed. */
function withPass(from: Backend, change: (pass: Pass) => Pass): Backend {
  return {
    ...from,
    open: async () => {
      const sequence = await from.open();
      const changed: Sequence = {
        get length() {
          return sequence.length;
        },
        begin: async (ids, options) => delegated(await sequence.begin(ids, options), change),
        resume: (first, site) => sequence.resume(first, site),
        fork: () => sequence.fork(),
        truncate: (length) => {
          sequence.truncate(length);
        },
        release: () => {
          sequence.release();
        },
      };
      return changed;
    },
  };
}

/** A pass moves on, so that its site has to be read each time. */
function delegated(pass: Pass, change: (pass: Pass) => Pass): Pass {
  const plain: Pass = {
    first: pass.first,
    tokens: pass.tokens,
    site: pass.site,
    input: () => pass.input(),
    advance: (routes) => pass.advance(routes),
    logits: (rows) => pass.logits(rows),
    release: () => {
      pass.release();
    },
  };
  const changed = change(plain);
  return {
    first: pass.first,
    tokens: pass.tokens,
    get site() {
      return pass.site;
    },
    input: () => changed.input(),
    advance: (routes) => pass.advance(routes),
    logits: (rows) => changed.logits(rows),
    release: () => {
      pass.release();
    },
  };
}

function exchanged(library: Library): Library {
  const { gates, width, experts, sites } = library;
  const changed = Float32Array.from(gates ?? []);
  for (let site = 0; site < sites.length; site++) {
    const at = site * experts.length * width;
    changed.set(gates?.subarray(at + width, at + 2 * width) ?? [], at);
    changed.set(gates?.subarray(at, at + width) ?? [], at + width);
  }
  return { ...library, gates: changed };
}
