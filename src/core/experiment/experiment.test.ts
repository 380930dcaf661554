import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SAMPLING } from './defaults.ts';
import { experimentDifference } from './difference.ts';
import { fitToPackage } from './fit.ts';
import type { JsonObject } from './json.ts';
import { parseExperiment } from './parse.ts';
import { LONGEST_QUERY, parseQuery, writeQuery } from './query.ts';
import { upgrade } from './upgrades.ts';
import type { Edit, Policy } from '../routing/policy.ts';
import { LIMITS, VERSION } from './defaults.ts';
import type { Experiment } from './experiment.ts';
import { baseChoice, presetPolicy, type Rules } from './policies.ts';
import type { ParamSpec, ParamValue } from '../params.ts';

const help = 'help';
const words = { label: 'label', summary: 'summary' };
/** Two scores and two selections that share a short name (`t`), and two presets, one of which moves a default. */
const rules: Rules = {
  scores: [
    {
      id: 'local',
      ...words,
      params: { t: { kind: 'number', label: 'T', help, default: 1, min: 0.01, max: 100, step: 0.01 } },
    },
    {
      id: 'global',
      ...words,
      params: {
        c: { kind: 'number', label: 'c', help, default: 3, min: 0, max: 1000, step: 0.1 },
        by: {
          kind: 'choice',
          label: 'by',
          help,
          default: 'examples',
          options: [
            { value: 'examples', label: 'Examples' },
            { value: 'instruction', label: 'Instruction' },
          ],
        },
      },
    },
  ],
  selections: [
    { id: 'all', ...words, params: {} },
    {
      id: 'top-k',
      ...words,
      params: {
        k: { kind: 'integer', label: 'k', help, default: 2, min: 1, max: 16 },
        t: { kind: 'number', label: 't', help, default: 1, min: 0, max: 10, step: 0.1 },
        renormalise: { kind: 'boolean', label: 'renormalise', help, default: true },
      },
    },
  ],
  presets: [
    preset('phatgoose', 'local', {}, 'top-k', { k: 2 }),
    preset('glider', 'global', { c: 10 }, 'top-k', {}),
    preset('merge', 'local', {}, 'all', {}),
  ],
};

function preset(
  id: string,
  score: string,
  s: Record<string, ParamValue>,
  select: string,
  k: Record<string, ParamValue>,
) {
  const policy = { score: { id: score, params: s }, select: { id: select, params: k }, mix: 'outputs' } as const;
  return { id, label: id.toUpperCase(), source: '', summary: '', policy };
}

const finite = (range: { min: number; max: number }) =>
  fc.double({ min: range.min, max: range.max, noNaN: true }).map((v) => v + 0);

function paramValue(spec: ParamSpec): fc.Arbitrary<ParamValue> {
  switch (spec.kind) {
    case 'number':
      return finite(spec);
    case 'integer':
      return fc.integer({ min: spec.min, max: spec.max });
    case 'boolean':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...spec.options.map((o) => o.value));
  }
}

const span = (max: number) =>
  fc.tuple(fc.option(fc.nat(max), { nil: undefined }), fc.option(fc.nat(max), { nil: undefined })).map(([a, b]) => ({
    ...(a === undefined ? {} : { from: b === undefined ? a : Math.min(a, b) }),
    ...(b === undefined ? {} : { to: a === undefined ? b : Math.max(a, b) }),
  }));

const orNothing = <T extends object>(value: T): T | undefined => (Object.keys(value).length === 0 ? undefined : value);

const scope = fc
  .tuple(
    span(59),
    fc.constantFrom(undefined, 'attn' as const, 'ffn' as const),
    span(400),
    fc.constantFrom(undefined, 'prompt' as const, 'answer' as const),
    fc.option(fc.nat(400), { nil: undefined }),
  )
  .map(([s, input, t, part, since]) => {
    const sites = orNothing({ ...s, ...(input === undefined ? {} : { input }) });
    const tokens = orNothing({ ...t, ...(part === undefined ? {} : { part }) });
    return {
      ...(sites === undefined ? {} : { sites }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(since === undefined ? {} : { since }),
    };
  });

const expertIds = ['past-tense', 'plural', 'addition', '7'];

const anyEdit: fc.Arbitrary<Edit> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...expertIds), { minLength: 1, maxLength: 4 }),
    scope,
    fc.oneof(
      fc.constant({ kind: 'mute' as const }),
      fc.constant({ kind: 'force' as const }),
      finite(LIMITS.bias).map((amount) => ({ kind: 'bias' as const, amount })),
      finite(LIMITS.factor).map((factor) => ({ kind: 'scale' as const, factor })),
    ),
  )
  .map(([experts, where, what]) => ({ ...what, experts, ...where }));

const anyPolicy: fc.Arbitrary<Policy> = fc
  .tuple(
    fc.constantFrom(...rules.presets),
    fc.constantFrom(...rules.scores),
    fc.constantFrom(...rules.selections),
    fc.array(anyEdit, { maxLength: 4 }),
    fc.constantFrom('outputs' as const, 'factors' as const),
    fc.boolean(),
  )
  .chain(([p, score, select, edits, mix, plain]) => {
    if (plain) return fc.constant({ ...presetPolicy(rules, p), edits });
    const values = (params: Record<string, ParamSpec>) =>
      fc.record(Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, paramValue(spec)])));
    return fc.tuple(values(score.params), values(select.params)).map(([s, k]) => ({
      method: p.id,
      score: { id: score.id, params: { ...baseChoice(rules, p, 'score', score.id).params, ...s } },
      select: { id: select.id, params: { ...baseChoice(rules, p, 'select', select.id).params, ...k } },
      mix,
      edits,
    }));
  });

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: length, maxLength: length })
    .map((d) => d.join(''));
const someText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }).map((t) => t.replaceAll(/\p{Surrogate}/gu, '�')),
  fc.constantFrom('true', '42', '"', '"quoted"', 'a=b&c', '1e3', ' ', '+', '%41', '#', ''),
);
const digest = fc.record({ answer: hex(16), routes: hex(16) });

const anyExperiment: fc.Arbitrary<Experiment> = fc
  .record({
    package: fc.constantFrom('smollm2-135m', 'other'),
    packageHash: fc.option(hex(64), { nil: undefined }),
    text: someText,
    raw: fc.boolean(),
    system: someText,
    policies: fc.array(anyPolicy, { minLength: 1, maxLength: 8 }),
    seed: fc.nat(),
    temperature: finite(LIMITS.temperature),
    topP: finite({ min: 1e-6, max: 1 }),
    maxTokens: fc.integer({ min: 1, max: 8192 }),
    panel: fc.constantFrom('heatmap', 'compare', '3d'),
    heatMode: fc.constantFrom('top' as const, 'weight' as const, 'entropy' as const, 'margin' as const),
    template: fc.boolean(),
    cell: fc.option(fc.record({ token: fc.nat(400), site: fc.nat(59) }), { nil: undefined }),
    digests: fc.option(fc.array(digest, { minLength: 1, maxLength: 1 }), { nil: undefined }),
    looks: fc.option(
      fc.uniqueArray(fc.oneof(hex(16), fc.constantFrom('1234567890123456', '12e4567890123456')), {
        minLength: 1,
        maxLength: 12,
      }),
      { nil: undefined },
    ),
  })
  .map((r) => ({
    version: VERSION,
    package: r.package,
    ...(r.packageHash === undefined ? {} : { packageHash: r.packageHash }),
    prompt: { text: r.text, raw: r.raw, ...(r.system === '' ? {} : { system: r.system }) },
    policies: r.policies,
    seed: r.seed,
    sampling: { temperature: r.temperature, topP: r.topP, maxTokens: r.maxTokens },
    view: {
      panel: r.panel,
      heatMode: r.heatMode,
      template: r.template,
      ...(r.cell === undefined ? {} : { cell: r.cell }),
    },
    ...(r.digests === undefined ? {} : { digests: r.digests }),
    ...(r.looks === undefined ? {} : { looks: [...r.looks].sort() }),
  }));

/** Valid differences with one field replaced by something else. */
const broken = fc.tuple(anyExperiment, fc.jsonValue(), fc.nat()).map(([e, value, at]) => {
  const json = JSON.parse(JSON.stringify(experimentDifference(e, rules))) as Record<string, unknown>;
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(json);
  const place = places[at % places.length];
  if (place) place[0][place[1]] = value;
  return json;
});

const read = (json: unknown) => parseExperiment(json, rules);
const problemFields = (json: unknown) => read(json).problems.map((p) => p.field);
const viaQuery = (e: Experiment) => {
  const { json, problems } = parseQuery(writeQuery(experimentDifference(e, rules)), VERSION);
  const parsed = read(json);
  return { experiment: parsed.experiment, problems: [...problems, ...parsed.problems] };
};

describe('experiment', { timeout: 60_000 }, () => {
  test('the difference from the defaults gives the experiment back, as JSON and as a query', () => {
    fc.assert(
      fc.property(anyExperiment, (e) => {
        const json: unknown = JSON.parse(JSON.stringify(experimentDifference(e, rules)));
        expect(read(json)).toEqual({ experiment: e, problems: [] });
        expect(viaQuery(e)).toEqual({ experiment: e, problems: [] });
      }),
      { numRuns: 60 },
    );
  });

  test('a whole experiment reads as itself', () => {
    fc.assert(
      fc.property(anyExperiment, (e) => {
        expect(read(JSON.parse(JSON.stringify(e)))).toEqual({ experiment: e, problems: [] });
      }),
    );
  });

  test('whatever is read is valid and stays the same when written and read again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map((t) => JSON.parse(t) as unknown),
          broken,
        ),
        (json) => {
          const first = read(json);
          expect(read(experimentDifference(first.experiment, rules))).toEqual({
            experiment: first.experiment,
            problems: [],
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  test('no query makes it throw, and what it read is valid', () => {
    const pair = fc.tuple(
      fc.constantFrom(
        'A',
        'A.score.c',
        'B.edits.0.kind',
        'prompt.text',
        'A.score',
        '__proto__.x',
        'constructor',
        'A..',
        'view.cell',
        'x',
        '',
      ),
      fc.oneof(fc.string(), fc.constantFrom('glider', '1e999', '%', '%E0%A4', 'NaN', '"', '[]')),
    );
    const query = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.array(pair, { maxLength: 12 }).map((pairs) => pairs.map(([k, v]) => `${k}=${v}`).join('&')),
    );
    fc.assert(
      fc.property(query, (text) => {
        const parsed = read(parseQuery(text, VERSION).json);
        expect(read(experimentDifference(parsed.experiment, rules)).experiment).toEqual(parsed.experiment);
      }),
      { numRuns: 150 },
    );
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test('a bad field costs only itself and is named', () => {
    const { experiment, problems } = read({
      prompt: { text: 'What is 17 + 25?', colour: 'red' },
      seed: -1,
      sampling: { temperature: 'hot', topP: 0.5 },
      policies: [
        {
          method: 'glider',
          set: { c: 5000, by: 'instruction', t: 2, depth: 3 },
          edits: [
            { kind: 'mute', experts: ['plural'] },
            { kind: 'mute', experts: ['plural'], amount: 3 },
            { kind: 'bias', experts: ['plural'], amount: 2000 },
            { kind: 'force', experts: [], sites: { from: 3 } },
            { kind: 'force', experts: ['addition'], sites: { from: 9, to: 3 } },
          ],
        },
        { method: 'gone', select: 'all' },
      ],
      extra: 1,
    });
    expect(problems.map((p) => p.field)).toEqual([
      'extra',
      'prompt.colour',
      'A.score.c',
      'A.depth',
      'A.edits.1.amount',
      'A.edits.2.amount',
      'A.edits.3.experts',
      'A.edits.4.sites',
      'B.method',
      'seed',
      'sampling.temperature',
    ]);
    expect(problems[2]?.message).toBe('expected a number from 0 to 1000, not 5000; 10 is used.');
    expect(experiment.prompt).toEqual({ text: 'What is 17 + 25?', raw: false });
    expect(experiment.sampling).toEqual({ ...SAMPLING, topP: 0.5 });
    const [a, b] = experiment.policies;
    expect(a?.score).toEqual({ id: 'global', params: { c: 10, by: 'instruction' } });
    expect(a?.select.params).toEqual({ k: 2, t: 2, renormalise: true });
    expect(a?.edits).toEqual([{ kind: 'mute', experts: ['plural'] }]);
    expect(b).toMatchObject({ method: 'phatgoose', select: { id: 'all', params: {} } });
  });

  test('looks: a bad one is named, the others count once', () => {
    const [one, two] = ['b'.repeat(16), 'a'.repeat(16)];
    expect(read({ looks: [one, two, one] }).experiment.looks).toEqual([two, one]);
    expect(read({ looks: [one, 'x', 7] }).experiment.looks).toEqual([one]);
    expect(problemFields({ looks: [one, 'x', 7] })).toEqual(['looks.1', 'looks.2']);
    expect(problemFields({ looks: one })).toEqual(['looks']);
    expect(read({ looks: ['x'] }).experiment).not.toHaveProperty('looks');
    expect(problemFields({ looks: Array.from({ length: LIMITS.looks + 1 }, () => one) })).toEqual(['looks']);
  });

  test('a short parameter name counts only where one rule has it', () => {
    expect(problemFields({ policies: [{ method: 'phatgoose', set: { t: 2 } }] })).toEqual(['A.t']);
    expect(problemFields({ policies: [{ method: 'phatgoose', set: { 'score.t': 2, k: 3 } }] })).toEqual([]);
  });

  test('the number of problems is bounded', () => {
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${String(i)}`, i]));
    const { problems } = read(fields);
    expect(problems).toHaveLength(25);
    expect(problems.at(-1)?.message).toContain('476');
  });
});

describe('query', () => {
  test('is readable', () => {
    const glider = read({
      policies: [
        { method: 'glider', set: { c: 2.5 }, edits: [{ kind: 'mute', experts: ['plural'], sites: { from: 20 } }] },
        { method: 'phatgoose' },
      ],
    });
    const e = { ...glider.experiment, prompt: { text: 'What is 17 + 25?', raw: false }, seed: 3 };
    expect(writeQuery(experimentDifference(e, rules))).toBe(
      'prompt.text=What+is+17+%2B+25?&A=glider&A.score.c=2.5&A.edits.0.kind=mute&A.edits.0.experts.0=plural&A.edits.0.sites.from=20&B=phatgoose&seed=3',
    );
  });

  test('names what it cannot read', () => {
    expect(parseQuery('seed=1&seed=2&%=3&alone', 1).problems.map((p) => p.field)).toEqual(['seed', '%=3', 'alone']);
    expect(parseQuery('seed=1&seed=2', 1).json).toEqual({ version: 1, seed: 1 });
    expect(parseQuery('x'.repeat(LONGEST_QUERY + 1), 1).problems[0]?.field).toBe('link');
  });
});

describe('upgrade', () => {
  const steps = [(e: JsonObject) => ({ ...e, two: true }), (e: JsonObject) => ({ ...e, three: e.two })];
  test('runs the steps from the experiment’s own version on', () => {
    expect(upgrade({ version: 1 }, steps)).toEqual({ from: 1, experiment: { version: 1, two: true, three: true } });
    expect(upgrade({ version: 2 }, steps).experiment).toEqual({ version: 2, three: undefined });
    expect(upgrade({ version: 9 }, steps)).toEqual({ from: 9, experiment: { version: 9 } });
  });
  test('a newer version is said', () => {
    expect(problemFields({ version: 9 })).toEqual(['version']);
    expect(problemFields({ version: 'one' })).toEqual(['version']);
  });
});

describe('fitToPackage', () => {
  const sites = Array.from({ length: 60 }, (_, i) => ({
    layer: i >> 1,
    input: 'attn' as const,
    name: `s${String(i)}`,
  }));
  const experts = ['past-tense', 'plural'].map((id) => ({
    id,
    label: id,
    badge: id.slice(0, 2),
    family: 'word forms',
  }));
  const facts = { id: 'smollm2-135m', hash: 'ab'.repeat(32), library: { experts, sites } };
  const edit = (names: string[], from = 0): Edit => ({ kind: 'mute', experts: names, sites: { from } });

  test('names another package, another edition, unknown experts and sites', () => {
    const base = read({}).experiment;
    expect(fitToPackage(base, facts)).toEqual({ experiment: base, problems: [] });
    expect(fitToPackage({ ...base, package: 'other' }, facts).problems[0]?.message).toContain('"other"');
    expect(fitToPackage({ ...base, packageHash: 'cd'.repeat(32) }, facts).problems[0]?.field).toBe('packageHash');
    expect(fitToPackage({ ...base, packageHash: facts.hash }, facts).problems).toEqual([]);
    const policies = base.policies.map((p) => ({
      ...p,
      edits: [edit(['plural']), edit(['plural', 'chess']), edit(['chess']), edit(['plural'], 60)],
    }));
    const fitted = fitToPackage({ ...base, policies }, facts);
    expect(fitted.experiment.policies[0]?.edits).toEqual([edit(['plural']), edit(['plural'])]);
    expect(fitted.problems.map((p) => p.field)).toEqual(['A.edits.1.experts', 'A.edits.2.experts', 'A.edits.3.sites']);
  });
});
