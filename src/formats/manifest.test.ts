import { describe, expect, test } from 'vitest';
import { jsonSchema } from '../../tools/manifest-schema.ts';
import { readText } from '../../tools/model-files.ts';
import { FormatError } from './errors.ts';
import { fileName, fileParts, parseEmbedderManifest, parsePackageManifest } from './manifest.ts';

const tiny = readText('tiny/manifest.json');
type Json = Record<string, unknown>;
const fields = (): Json => JSON.parse(tiny) as Json;

/** The tiny manifest with the value at a dotted path replaced; undefined removes it. */
function changed(path: string, value: unknown): string {
  const root = fields();
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let at = root;
  for (const step of steps) at = at[step] as Json;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return JSON.stringify(root);
}

test('the packages here are read', () => {
  const manifest = parsePackageManifest(tiny);
  expect(manifest.experts.map((e) => e.id)).toEqual(['alpha', 'beta', 'gamma']);
  expect(fileName(manifest.base.file)).toBe('tiny.gguf');
  expect(fileParts(manifest.base.file).map((p) => p.path)).toEqual(['base/tiny.gguf.part0', 'base/tiny.gguf.part1']);
  const [first] = manifest.experts;
  expect(first && fileParts(first.adapter.weights)).toMatchObject([
    { path: 'experts/alpha/adapter_model.safetensors' },
  ]);
  for (const folder of ['tiny-embedder', 'all-minilm-l6-v2']) {
    expect(parseEmbedderManifest(readText(`${folder}/manifest.json`)).id).toBe(folder);
  }
  expect(parsePackageManifest(readText('smollm2-135m/manifest.json')).id).toBe('smollm2-135m');
});

test('unknown fields are kept', () => {
  const manifest = parsePackageManifest(changed('experts.1.mood', { good: true }));
  expect(manifest.experts[1]).toHaveProperty('mood', { good: true });
});

test('optional fields may be missing, a newer minor version is read', () => {
  for (const field of ['embeddings', 'embedder', 'template.system', 'experts.0.vectors', 'experts.0.card', '$schema']) {
    expect(parsePackageManifest(changed(field, undefined)).id).toBe('tiny');
  }
  expect(parsePackageManifest(changed('version', '1.7')).version).toBe('1.7');
});

const sha = '0'.repeat(64);

describe('what is wrong is named', () => {
  test.each<[string, string, unknown, string]>([
    ['another format', 'format', 'zip', 'format is "zip"; "switchyard-package" is meant'],
    ['a newer major version', 'version', '2.0', 'version is "2.0"; version 1 is read here: update this program'],
    ['no version', 'version', undefined, 'version is missing'],
    ['an id with spaces', 'id', 'My model', 'id is "My model"; lower-case letters'],
    ['no experts', 'experts', undefined, 'experts is missing'],
    ['a context that is no number', 'context', '2048', 'context is "2048"; number is meant'],
    ['a broken context', 'context', 0.5, 'context is 0.5'],
    ['another architecture', 'base.architecture', 'mamba', 'base.architecture is "mamba"; "llama" is meant'],
    ['a template without a place', 'template.user', 'Hello', 'template.user is "Hello"; it must hold {prompt}'],
    ['an unknown module', 'sites.0.modules.0', 'o_proj', 'sites.0.modules.0 is "o_proj"'],
    ['an unknown site', 'sites.1.input', 'mlp', 'sites.1.input is "mlp"'],
    ['a site twice', 'sites.1.input', 'attn', 'sites.1.input is "attn"; it stands there twice'],
    ['an expert twice', 'experts.2.id', 'alpha', 'experts.2.id is "alpha"; it stands there twice'],
    ['a badge twice', 'experts.2.badge', 'AL', 'experts.2.badge is "AL"; it stands there twice'],
    ['a long badge', 'experts.0.badge', 'LONG', 'experts.0.badge is "LONG"; one to three letters'],
    ['a wrong hash', 'experts.0.adapter.config.sha256', 'abc', 'experts.0.adapter.config.sha256 is "abc"; a SHA-256'],
    ['negative bytes', 'experts.0.adapter.weights.bytes', -1, 'experts.0.adapter.weights.bytes is -1'],
    [
      'parts that do not add up',
      'base.file.bytes',
      5,
      'base.file.bytes is 5; it must be the sum of the bytes of its parts',
    ],
    ['no parts', 'base.file.parts', [], 'base.file.parts is []'],
    ['a part with a wrong hash', 'base.file.parts.1.sha256', 'no', 'base.file.parts.1.sha256 is "no"'],
    ['a file that is a string', 'embeddings', 'embeddings.safetensors', 'embeddings is "embeddings.safetensors"'],
  ])('%s', (_, path, value, message) => {
    expect(() => parsePackageManifest(changed(path, value))).toThrow(FormatError);
    expect(() => parsePackageManifest(changed(path, value))).toThrow(`manifest.json: ${message}`);
  });

  test.each([
    '../x',
    'a/../b',
    '..',
    '.',
    './x',
    '/etc/passwd',
    '//host/x',
    'https://host/x',
    'data:x',
    'a\\b',
    'a//b',
    'a/',
    '',
    'a?b',
    'a#b',
    'a%2e%2e/b',
    'C:/x',
    'a b',
    'a\u0000b',
    'ä',
    `${'a/'.repeat(300)}b`,
  ])('a path outside: %j', (path) => {
    expect(() => parsePackageManifest(changed('embeddings', { path, bytes: 1, sha256: sha }))).toThrow(
      'embeddings.path is ',
    );
  });

  test.each(['a', 'a.b', '.hidden', '..a', 'a..', 'a/.b/c...d', 'base/x.gguf.part0'])('a path inside: %j', (path) => {
    expect(parsePackageManifest(changed('embeddings', { path, bytes: 1, sha256: sha })).embeddings).toMatchObject({
      path,
    });
  });

  test.each([
    ['[]', 'format is missing'],
    ['null', 'content is null'],
    ['3', 'content is 3'],
    ['{"a"', 'content is "{\\"a\\""; it is no JSON'],
    ['', 'content is ""'],
  ])('%s is no manifest', (json, message) => {
    expect(() => parsePackageManifest(json)).toThrow(message);
  });
});

test('the published JSON Schema is that of the parser', () => {
  const published: unknown = JSON.parse(readText('manifest.schema.json'));
  expect(published).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
});
