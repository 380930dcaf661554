/** A package's reference figures (models/recipe/reference.py says what is in them), read and checked. */
import * as v from 'valibot';
import type { FreeFigures, LogitFigures } from '../../src/core/parity.ts';
import type { Policy } from '../../src/core/routing/policy.ts';
import { FormatError } from '../../src/formats/errors.ts';
import { fileName, type FileRef, type PackageManifest } from '../../src/formats/manifest.ts';
import { readSafetensors, safetensorsF32, type Safetensors } from '../../src/formats/safetensors.ts';

const ids = v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
const file = v.object({
  path: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+\/[A-Za-z0-9_.-]+$/)),
  bytes: v.number(),
  sha256: v.string(),
});
const indexSchema = v.looseObject({
  format: v.literal('switchyard-reference'),
  version: v.pipe(v.string(), v.regex(/^1\.\d+$/, 'version 1 is read here')),
  made_with: v.string(),
  of: v.looseObject({ base: v.string(), experts: v.record(v.string(), v.tuple([v.string(), v.string()])) }),
  tokens: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  fixed_ids: ids,
  banned_ids: ids,
  policies: v.array(
    v.looseObject({
      id: v.string(),
      // Checked where it is compiled, like every policy.
      policy: v.custom<Policy>((value) => typeof value === 'object' && value !== null && 'score' in value),
      constant: v.boolean(),
      slots: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  ),
  prompts: v.array(
    v.looseObject({
      id: v.string(),
      text: v.string(),
      ids,
      rows: ids,
      score_tokens: ids,
      answers: v.record(v.string(), ids),
      here: v.array(v.string()),
      file,
    }),
  ),
});
type Index = v.InferOutput<typeof indexSchema>;

export interface ReferencePrompt {
  readonly id: string;
  /** What the user would type. */
  readonly text: string;
  readonly ids: Int32Array;
  /** Policies whose figures come with the reference itself, for the self-test: no other file is read. */
  readonly here: readonly string[];
}

/** One prompt under one policy. */
export interface RunFigures extends FreeFigures, LogitFigures {
  /** Tokens of which the raw scores are there; empty where none are. */
  readonly scoreTokens: readonly number[];
  /** `[site][score token][unit]` */
  readonly scores: Float32Array;
  /** `[site]` */
  readonly ranges: Float32Array;
  /** Of the prompt's text; empty where it is not beside these figures. */
  readonly embedding: Float32Array;
}

export interface Reference {
  /** Program that computed it. */
  readonly madeWith: string;
  /** Never chosen by the greedy answers, so that an end of turn does not end them. */
  readonly bannedIds: readonly number[];
  readonly prompts: readonly ReferencePrompt[];
  readonly policies: readonly { readonly id: string; readonly policy: Policy }[];
  figures(prompt: ReferencePrompt, policy: string): Promise<RunFigures>;
}

const EMPTY = 255;

/**
 * @param bytes of the file that the manifest names as `reference`
 * @param read further files of the package
 * @throws FormatError when it is damaged, or was computed from another base or other experts
 */
export function openReference(
  bytes: Uint8Array,
  manifest: PackageManifest,
  shape: { readonly sites: number; readonly units: number },
  read: (ref: FileRef) => Promise<Uint8Array>,
): Reference {
  const name = manifest.reference === undefined ? 'reference' : fileName(manifest.reference);
  const main = readSafetensors(bytes, name);
  const index = parseIndex(main);
  refuseOther(index, manifest, name);
  // The latest alone: prompts are taken one after the other.
  let latest: { readonly id: string; readonly tensors: Promise<Safetensors> } | undefined;
  const tensorsOf = (entry: Index['prompts'][number]): Promise<Safetensors> => {
    const { id, file: ref } = entry;
    if (latest?.id !== id) latest = { id, tensors: read(ref).then((data) => readSafetensors(data, ref.path)) };
    return latest.tensors;
  };
  return {
    madeWith: index.made_with,
    bannedIds: index.banned_ids,
    prompts: index.prompts.map(({ id, text, ids: tokens, here }) => ({ id, text, ids: Int32Array.from(tokens), here })),
    policies: index.policies.map(({ id, policy }) => ({ id, policy })),
    async figures(prompt, policy) {
      const entry = index.prompts.find(({ id }) => id === prompt.id);
      const answer = entry?.answers[policy];
      if (entry === undefined || answer === undefined) {
        throw new FormatError(name, `answer of ${prompt.id} under ${policy}`, undefined, 'make the reference again');
      }
      const source = entry.here.includes(policy) ? main : await tensorsOf(entry);
      return readFigures(source, index, entry, policy, answer, shape);
    },
  };
}

function parseIndex(main: Safetensors): Index {
  const text = main.metadata.get('index');
  const hint = 'models/recipe/reference.py writes it: make it again';
  let data: unknown;
  try {
    data = JSON.parse(text ?? '');
  } catch {
    throw new FormatError(main.file, '__metadata__.index', text, hint);
  }
  const result = v.safeParse(indexSchema, data);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new FormatError(main.file, `index.${v.getDotPath(issue) ?? ''}`, issue.input, `${issue.message}; ${hint}`);
}

function refuseOther({ of }: Index, manifest: PackageManifest, name: string): void {
  const base = manifest.base.file.sha256;
  const hint = 'these figures are of another package: make the reference again';
  if (of.base !== base) throw new FormatError(name, 'index.of.base', of.base, `the base has ${base}; ${hint}`);
  if (Object.keys(of.experts).join() !== manifest.experts.map(({ id }) => id).join()) {
    throw new FormatError(name, 'index.of.experts', Object.keys(of.experts), hint);
  }
  for (const { id, adapter, vectors } of manifest.experts) {
    const [weights, vector] = of.experts[id] ?? [];
    if (weights !== adapter.weights.sha256 || vector !== vectors?.sha256) {
      throw new FormatError(name, `index.of.experts.${id}`, weights, hint);
    }
  }
}

function readFigures(
  source: Safetensors,
  index: Index,
  entry: Index['prompts'][number],
  policy: string,
  answer: readonly number[],
  shape: { readonly sites: number; readonly units: number },
): RunFigures {
  const { sites, units } = shape;
  const { rows, score_tokens: scoreTokens } = entry;
  const route = index.policies.find(({ id }) => id === policy);
  const read = (name: string, dims: readonly number[]): Float32Array =>
    safetensorsF32(source, `${entry.id}/${policy}/${name}`, dims);
  const has = (name: string): boolean => source.tensors.has(`${entry.id}/${policy}/${name}`);
  const promptTokens = entry.ids.length;
  const routed = has('experts');
  const slots = routed ? (route?.slots ?? 0) : 0;
  const constant = !routed || route?.constant === true;
  const [s, t] = constant ? [1, 1] : [sites, promptTokens + index.tokens - 1];
  const [top = 0] = (source.tensors.get(`${entry.id}/${policy}/top`)?.shape ?? []).slice(1);
  const bytes = read('top_ids', [rows.length, top, 2]);
  const embedding = `${entry.id}/embedding`;
  return {
    promptTokens,
    answer,
    margins: read('margins', [index.tokens]),
    sites,
    tokens: t,
    slots,
    experts: Int16Array.from(routed ? read('experts', [s, t, slots]) : [], (expert) =>
      expert === EMPTY ? -1 : expert,
    ),
    weights: Float32Array.from(routed ? read('weights', [s, t, slots]) : [], (weight) => weight / 255),
    ...(has('gaps') ? { gaps: Float32Array.from(read('gaps', [s, t]), gapOf) } : {}),
    rows,
    top,
    topIds: Int32Array.from(
      { length: bytes.length / 2 },
      (_, i) => (bytes[2 * i] ?? 0) + 256 * (bytes[2 * i + 1] ?? 0),
    ),
    topValues: read('top', [rows.length, top]),
    fixedIds: index.fixed_ids,
    fixedValues: read('fixed', [rows.length, index.fixed_ids.length]),
    sums: read('sum', [rows.length]),
    scoreTokens: has('scores') ? scoreTokens : [],
    scores: has('scores') ? read('scores', [sites, scoreTokens.length, units]) : new Float32Array(),
    ranges: read('ranges', [sites]),
    embedding: source.tensors.has(embedding) ? safetensorsF32(source, embedding) : new Float32Array(),
  };
}

/** −8·log₂ of the gap, rounded up; 0 where nothing was left out, so that there is no gap to speak of. */
const gapOf = (code: number): number => (code === 0 ? Infinity : code === 255 ? 0 : 2 ** (-code / 8));
