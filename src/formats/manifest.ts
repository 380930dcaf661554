/** manifest.json of a model package and of an embedder package: schema, and parsing with errors that name the field. */
import * as v from 'valibot';
import { FormatError } from './errors.ts';

const count = (least = 1) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const text = v.pipe(v.string(), v.nonEmpty());

/** Ids go into links and folder names. */
const id = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, ".", "_", "-" are meant'),
);

/** Below the manifest, forward slashes: no scheme, no root, no `..`, no empty step, nothing a URL would read as query or fragment. */
const path = v.pipe(
  v.string(),
  v.maxLength(512),
  v.regex(
    /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/,
    'a path below the manifest of letters, digits, ".", "_", "-" and "/" is meant, without ".."',
  ),
);

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 of 64 lower-case hexadecimal digits is meant'));

/** One file to fetch; `path` is relative to the manifest. */
export interface FilePart {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A file in parts; joined in this order they have `bytes` and `sha256`. */
export interface SplitFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly parts: readonly FilePart[];
}

export type FileRef = FilePart | SplitFile;

const wholeFile: v.GenericSchema<unknown, FilePart> = v.looseObject({ path, bytes: count(0), sha256 });
const splitFile: v.GenericSchema<unknown, SplitFile> = v.pipe(
  v.looseObject({
    name: text,
    bytes: count(0),
    sha256,
    parts: v.pipe(v.array(wholeFile), v.minLength(1), v.maxLength(1024)),
  }),
  v.forward(
    v.check(
      (file) => file.parts.reduce((sum, part) => sum + part.bytes, 0) === file.bytes,
      'it must be the sum of the bytes of its parts',
    ),
    ['bytes'],
  ),
);
const fileRef = v.union([wholeFile, splitFile]);

const version = v.pipe(v.string(), v.regex(/^\d{1,4}\.\d{1,4}$/, 'a version such as "1.0" is meant'));

const common = {
  $schema: v.optional(v.string()),
  version,
  id,
  label: text,
  licence: text,
  source: text,
};

const moduleName = v.picklist(['q_proj', 'k_proj', 'v_proj', 'gate_proj', 'up_proj']);

const expert = v.looseObject({
  id,
  label: text,
  badge: v.pipe(v.string(), v.regex(/^\S{1,3}$/u, 'one to three letters are meant')),
  family: text,
  adapter: v.looseObject({ config: fileRef, weights: fileRef }),
  vectors: v.optional(fileRef),
  card: v.optional(
    v.looseObject({
      task: v.optional(text),
      instruction: v.optional(text),
      facts: v.optional(v.record(v.string(), v.unknown())),
    }),
  ),
});

export const packageSchema = v.looseObject({
  ...common,
  format: v.literal('switchyard-package'),
  base: v.looseObject({ architecture: v.literal('llama'), file: fileRef }),
  template: v.looseObject({
    user: v.pipe(v.string(), v.includes('{prompt}', 'it must hold {prompt}')),
    end_of_turn: text,
    system: v.optional(v.pipe(v.string(), v.includes('{system}', 'it must hold {system}'))),
  }),
  context: count(),
  sites: v.pipe(
    v.array(
      v.looseObject({
        input: v.picklist(['attn', 'ffn']),
        modules: v.pipe(v.array(moduleName), v.minLength(1)),
      }),
    ),
    v.minLength(1),
    v.maxLength(2),
  ),
  experts: v.pipe(v.array(expert), v.maxLength(1024)),
  embeddings: v.optional(fileRef),
  embedder: v.optional(v.looseObject({ package: id, dimension: count() })),
  reference: v.optional(fileRef),
});

export const embedderSchema = v.looseObject({
  ...common,
  format: v.literal('switchyard-embedder'),
  architecture: v.literal('bert'),
  file: fileRef,
  pooling: v.literal('mean'),
  normalise: v.boolean(),
  max_tokens: count(3),
  dimension: count(),
});

/** What `models/manifest.schema.json` is made from. */
export const manifestSchema = v.union([packageSchema, embedderSchema]);

/** Unknown fields are kept, and ignored. Field names are the file's own. */
export type PackageManifest = v.InferOutput<typeof packageSchema>;
export type EmbedderManifest = v.InferOutput<typeof embedderSchema>;
export type ExpertEntry = v.InferOutput<typeof expert>;
/** The files to fetch, in order; joined they are `ref`. */
export const fileParts = (ref: FileRef): readonly FilePart[] => ('parts' in ref ? ref.parts : [ref]);

/** The name of a file in messages. */
export const fileName = (ref: FileRef): string => ('parts' in ref ? ref.name : ref.path);

/** Newest major version that is read. */
const MAJOR = 1;

/**
 * @param json text of a manifest.json
 * @param file its name in messages
 * @throws FormatError for bad JSON, an unknown major version, or the first field that is wrong.
 */
export function parsePackageManifest(json: string, file = 'manifest.json'): PackageManifest {
  const manifest = parse(packageSchema, 'switchyard-package', json, file);
  refuseTwice(file, 'experts', 'id', manifest.experts);
  refuseTwice(file, 'experts', 'badge', manifest.experts);
  refuseTwice(file, 'sites', 'input', manifest.sites);
  return manifest;
}

/** As `parsePackageManifest`, for an embedder. */
export function parseEmbedderManifest(json: string, file = 'manifest.json'): EmbedderManifest {
  return parse(embedderSchema, 'switchyard-embedder', json, file);
}

function parse<Output>(schema: v.GenericSchema<unknown, Output>, format: string, json: string, file: string): Output {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    throw new FormatError(file, 'content', json, 'it is no JSON: fetch it again');
  }
  if (typeof data !== 'object' || data === null) throw new FormatError(file, 'content', data, 'a JSON object is meant');
  const fields = data as Record<string, unknown>;
  if (fields.format !== format) throw new FormatError(file, 'format', fields.format, `"${format}" is meant`);
  const major = typeof fields.version === 'string' ? /^(\d{1,4})\.\d{1,4}$/.exec(fields.version)?.[1] : undefined;
  if (Number(major) !== MAJOR) {
    const hint = `version ${String(MAJOR)} is read here: update this program, or take an older package`;
    throw new FormatError(file, 'version', fields.version, hint);
  }
  const result = v.safeParse(schema, data, { abortPipeEarly: true });
  if (result.success) return result.output;
  const { field, issue } = deepest(result.issues[0], '');
  const value = issue.path === undefined ? issue.input : issue.path.at(-1)?.value;
  throw new FormatError(file, field === '' ? 'content' : field, value, hintOf(issue));
}

type Issue = v.BaseIssue<unknown>;

/** Follows a union's issue to the option that came nearest: the one that failed deepest, at a value that is there. */
function deepest(issue: Issue, prefix: string): { field: string; issue: Issue } {
  const field = [prefix, v.getDotPath(issue)].filter(Boolean).join('.');
  const nearness = (sub: Issue) => 2 * (sub.path?.length ?? 0) + (sub.input === undefined ? 0 : 1);
  const [nearest] = [...(issue.issues ?? [])].sort((a, b) => nearness(b) - nearness(a));
  return nearest === undefined ? { field, issue } : deepest(nearest, field);
}

/** Valibot's own messages say what was expected; ours (given at the schema) say what is meant. */
function hintOf(issue: Issue): string {
  if (issue.message.startsWith('Invalid')) return `${issue.expected ?? 'another value'} is meant`;
  return issue.message;
}

function refuseTwice<K extends string>(
  file: string,
  list: string,
  key: K,
  entries: readonly Readonly<Record<K, string>>[],
): void {
  const seen = new Set<string>();
  entries.forEach((entry, i) => {
    const value = entry[key];
    if (seen.has(value))
      throw new FormatError(file, `${list}.${String(i)}.${key}`, value, 'it stands there twice: each needs its own');
    seen.add(value);
  });
}
