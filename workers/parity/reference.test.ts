import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { FormatError } from '../../src/formats/errors.ts';
import { parsePackageManifest, type PackageManifest } from '../../src/formats/manifest.ts';
import { readSafetensors, safetensorsF32, writeSafetensors } from '../../src/formats/safetensors.ts';
import { openReference } from './reference.ts';

const folder = new URL('../../models/tiny/', import.meta.url);
const shape = { sites: 4, units: 3 };
let manifest: PackageManifest;
let bytes: Uint8Array;
let index: Record<string, unknown>;

beforeAll(async () => {
  manifest = parsePackageManifest(await readFile(new URL('manifest.json', folder), 'utf8'));
  bytes = new Uint8Array(await readFile(new URL('reference.safetensors', folder)));
  index = JSON.parse(readSafetensors(bytes, 'r').metadata.get('index') ?? '') as Record<string, unknown>;
});

const read = async ({ path }: { readonly path?: string }) =>
  new Uint8Array(await readFile(new URL(path ?? '', folder)));
const open = (data: Uint8Array) => openReference(data, manifest, shape, (ref) => read('path' in ref ? ref : {}));
/** The file with another index and only the tensors that `keep` lets through. */
function changed(other: unknown, keep: (name: string) => boolean = () => true): Uint8Array {
  const source = readSafetensors(bytes, 'r');
  const entries = [...source.tensors.values()]
    .filter(({ name }) => keep(name))
    .map(({ name, dtype, shape: dims }) => ({ name, dtype, shape: dims, data: safetensorsF32(source, name) }));
  return writeSafetensors(entries, { index: JSON.stringify(other) });
}

test('what a prompt’s figures hold', async () => {
  const reference = open(bytes);
  const [prompt, other] = reference.prompts;
  if (prompt === undefined || other === undefined) throw new Error('two prompts');
  expect([prompt.here, other.here]).toEqual([['none', 'uniform', 'phatgoose'], []]);
  const figures = await reference.figures(prompt, 'phatgoose');
  expect(figures.tokens).toBe(prompt.ids.length + figures.answer.length - 1);
  expect(figures.experts).toHaveLength(shape.sites * figures.tokens * figures.slots);
  // Renormalised top-2 in steps of 1/255.
  for (let at = 0; at < figures.weights.length; at += 2)
    expect((figures.weights[at] ?? 0) + (figures.weights[at + 1] ?? 0)).toBeCloseTo(1, 2);
  expect(figures.gaps?.every((gap) => gap >= 0 && gap <= 1)).toBe(true);
  expect(figures.topIds.every((id) => id >= 0 && id < 300)).toBe(true);
  const { embedding } = await reference.figures(prompt, 'glider');
  expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  const none = await reference.figures(other, 'none');
  expect([none.slots, none.experts.length, none.gaps]).toEqual([0, 0, undefined]);
});

describe('outside data', () => {
  test.each<[string, (index: Record<string, unknown>) => unknown]>([
    ['no index', () => 7],
    ['another version', (i) => ({ ...i, version: '2.0' })],
    ['a negative id', (i) => ({ ...i, fixed_ids: [-1] })],
    [
      'a path outside',
      (i) => ({ ...i, prompts: [{ ...(i.prompts as object[])[1], file: { path: '../x', bytes: 1, sha256: '' } }] }),
    ],
  ])('%s is refused by name', (_, change) => {
    expect(() => open(changed(change(index)))).toThrow(FormatError);
  });

  test('a tensor that is missing is named when it is needed', async () => {
    const reference = open(changed(index, (name) => !name.endsWith('phatgoose/top')));
    const [prompt] = reference.prompts;
    if (prompt === undefined) throw new Error('a prompt');
    await expect(reference.figures(prompt, 'uniform')).resolves.toBeDefined();
    await expect(reference.figures(prompt, 'phatgoose')).rejects.toThrow(/phatgoose\/top/);
  });

  test('a policy without figures is named', async () => {
    const reference = open(bytes);
    const [prompt] = reference.prompts;
    if (prompt === undefined) throw new Error('a prompt');
    await expect(reference.figures(prompt, 'other')).rejects.toThrow(/answer of short under other/);
  });

  test('bytes that changed give a FormatError or figures, nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(255), async (at, value) => {
        const damaged = bytes.slice();
        damaged[at % 9000] = value;
        try {
          const reference = open(damaged);
          for (const prompt of reference.prompts)
            for (const policy of prompt.here) await reference.figures(prompt, policy);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 200 },
    );
  });
});
