/** Runs over every score, selection and preset: a new entry inherits these tests and is held to its own declaration. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkParam, defaults } from '../params.ts';
import { compilePolicy } from './compile.ts';
import { PolicyError } from './error.ts';
import {
  context,
  emptySlots,
  EXPERTS,
  library,
  noise,
  policyOf,
  PROMPT_TOKENS,
  routeBlock,
  SITES,
  variants,
  WIDTH,
} from './fixture.ts';
import type { Chosen, Score, Selection } from './policy.ts';
import { PRESETS, presetPolicy } from './presets.ts';
import { SCORES } from './scores/registry.ts';
import { SELECTIONS } from './selection/registry.ts';

const TOKENS = 6;
const usual = noise('input', TOKENS * WIDTH).map((x) => 3 * x);
const FLOAT32_MAX = 3.4028234663852886e38;

/** Inputs far from what a model gives. */
const extremes: readonly (readonly [string, Float32Array])[] = [
  ['zero', new Float32Array(WIDTH)],
  ['1e-30', usual.slice(0, WIDTH).map((x) => x * 1e-30)],
  ['1e30', usual.slice(0, WIDTH).map((x) => x * 1e30)],
  ['float32’s largest', new Float32Array(WIDTH).fill(FLOAT32_MAX)],
  ['largest with both signs', Float32Array.from({ length: WIDTH }, (_, i) => (i % 2 ? 1 : -1) * FLOAT32_MAX)],
  ['one huge component', Float32Array.from({ length: WIDTH }, (_, i) => (i === 3 ? -FLOAT32_MAX : 0))],
  ['all alike', new Float32Array(WIDTH).fill(0.7)],
  ['smallest', new Float32Array(WIDTH).fill(1.4e-45)],
];

function scoresOf(score: Score, params: Parameters<Score['begin']>[1], site: number, u: Float32Array): Float32Array {
  const tokens = u.length / WIDTH;
  const out = new Float32Array(tokens * EXPERTS).fill(Number.NaN);
  score.begin(context, params).score({ site, first: 0, tokens, u }, out);
  return out;
}

describe.each(SCORES.list.map((score) => [score.id, score] as const))('score %s', (id, score) => {
  const all = variants(score.params);

  test('describes itself and its parameters', () => {
    for (const text of [score.label, score.source, score.summary, score.formula])
      expect(text.length).toBeGreaterThan(0);
    expect(id).toMatch(/^[a-z0-9-]+$/);
    for (const [name, spec] of Object.entries(score.params)) {
      expect(name).toMatch(/^[a-z][a-zA-Z0-9]*$/);
      expect(checkParam(spec, spec.default).ok).toBe(true);
    }
  });

  test('is finite and within its bound for extreme inputs', () => {
    for (const params of all) {
      const bound = score.declares.bound?.(WIDTH, params) ?? Infinity;
      for (const [name, u] of [...extremes, ['usual', usual] as const])
        for (const value of scoresOf(score, params, 3, u)) {
          expect(Number.isFinite(value), `${name}: ${String(value)}`).toBe(true);
          expect(Math.abs(value), name).toBeLessThanOrEqual(bound * (1 + 1e-6));
        }
    }
  });

  test('repeats itself, whatever was scored before', () => {
    for (const params of all) {
      const run = score.begin(context, params);
      const out = new Float32Array(TOKENS * EXPERTS);
      run.score({ site: 5, first: 0, tokens: TOKENS, u: usual.map((x) => -x) }, out);
      run.score({ site: 2, first: 0, tokens: TOKENS, u: usual }, out);
      expect(out).toEqual(scoresOf(score, params, 2, usual));
    }
  });

  test('does not depend on the size of the block, and leaves its input alone', () => {
    for (const params of all) {
      const u = usual.slice();
      const whole = scoresOf(score, params, 1, u);
      expect(u).toEqual(usual);
      const run = score.begin(context, params);
      for (let token = 0; token < TOKENS; token++) {
        const one = new Float32Array(EXPERTS);
        run.score({ site: 1, first: token, tokens: 1, u: usual.slice(token * WIDTH, (token + 1) * WIDTH) }, one);
        expect(one).toEqual(whole.slice(token * EXPERTS, (token + 1) * EXPERTS));
      }
    }
  });

  test('is the same at every token and site just when it says so', () => {
    const rows = Array.from({ length: SITES }, (_, site) => scoresOf(score, defaults(score.params), site, usual));
    const distinct = new Set(
      rows.flatMap((row) =>
        Array.from({ length: TOKENS }, (_, token) => row.slice(token * EXPERTS, (token + 1) * EXPERTS).join()),
      ),
    );
    if (score.declares.constant) expect(distinct.size).toBe(1);
    else expect(distinct.size).toBe(SITES * TOKENS);
  });

  test('has terms with one value an expert, which a reader may take off', () => {
    for (const term of score.begin(context, defaults(score.params)).terms ?? []) {
      expect(term.values.length).toBe(EXPERTS);
      expect(score.formula).toContain(term.name);
    }
  });

  test('says in the vocabulary of backends what it computes, where it says anything', () => {
    for (const params of all) {
      const { linear } = score.begin(context, params);
      if (!linear) continue;
      const site = 2;
      const expected = Array.from({ length: TOKENS * EXPERTS }, (_, at) => {
        const unit = at % EXPERTS;
        const token = Math.floor(at / EXPERTS);
        const x = [...usual.subarray(token * WIDTH, (token + 1) * WIDTH)];
        const mean = x.reduce((sum, v) => sum + v, 0) / WIDTH;
        const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / WIDTH;
        const seen = linear.input === 'plain' ? x : x.map((v) => (v - mean) / Math.sqrt(variance + 1e-5));
        const from = (site * EXPERTS + unit) * WIDTH;
        const product = linear.scale * seen.reduce((sum, v, i) => sum + v * (linear.rows[from + i] ?? 0), 0);
        return (linear.absolute ? Math.abs(product) : product) + (linear.add?.[unit] ?? 0);
      });
      scoresOf(score, params, site, usual).forEach((value, at) => {
        expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 4);
      });
    }
  });

  test('names what is missing', () => {
    const bare = { ...context, library: { experts: library.experts, sites: library.sites, width: WIDTH, has: [] } };
    if (score.needs.length === 0) expect(() => score.begin(bare, defaults(score.params))).not.toThrow();
    else expect(() => score.begin(bare, defaults(score.params))).toThrow(new RegExp(`score ${id} needs`));
    if (score.needs.includes('prompt-embedding')) {
      const silent = { library, seed: 7, promptTokens: PROMPT_TOKENS };
      expect(() => score.begin(silent, defaults(score.params))).toThrow(/prompt’s embedding/);
      expect(() => score.begin({ ...context, promptEmbedding: new Float32Array(3) }, defaults(score.params))).toThrow(
        /3 dimensions/,
      );
      const broken = context.promptEmbedding.map((x, i) => (i === 2 ? Number.NaN : x));
      expect(() => score.begin({ ...context, promptEmbedding: broken }, defaults(score.params))).toThrow(/not finite/);
    }
  });
});

const anyScore = fc.oneof(
  { weight: 4, arbitrary: fc.float({ min: -20, max: 20, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -1, max: 1 }) },
  { weight: 2, arbitrary: fc.constant(-Infinity) },
  { weight: 1, arbitrary: fc.constantFrom(-FLOAT32_MAX, FLOAT32_MAX, 1e-45, 0) },
);
const anyRow = fc.integer({ min: 1, max: 20 }).chain((n) => fc.array(anyScore, { minLength: n, maxLength: n }));

function expectWellFormed(out: Chosen, token: number, most: number) {
  let ended = false;
  for (let k = 0; k < out.slots; k++) {
    const expert = out.experts[token * out.slots + k] ?? 99;
    const weight = out.weights[token * out.slots + k] ?? Number.NaN;
    ended ||= expert === -1;
    if (ended) expect([expert, weight]).toEqual([-1, 0]);
    else {
      expect(k).toBeLessThan(most);
      expect(Number.isFinite(weight)).toBe(true);
      if (k > 0) expect(weight).toBeLessThanOrEqual(out.weights[token * out.slots + k - 1] ?? 0);
    }
  }
}

const chosenOf = (out: Chosen, token: number) =>
  [...out.experts.subarray(token * out.slots, (token + 1) * out.slots)].filter((e) => e >= 0);
const sumOf = (out: Chosen, token: number) =>
  out.weights.subarray(token * out.slots, (token + 1) * out.slots).reduce((sum, w) => sum + w, 0);

describe.each(SELECTIONS.list.map((rule) => [rule.id, rule] as const))('selection %s', (_id, rule: Selection) => {
  const all = variants(rule.params);

  function select(rows: readonly (readonly number[])[], params: (typeof all)[number], spare = 0): Chosen {
    const units = rows[0]?.length ?? 0;
    const out = emptySlots(rows.length, rule.slots(params, units) + spare);
    const scores = Float32Array.from(rows.flat());
    rule.select({ scores, tokens: rows.length, units, site: 2, first: 5, seed: 7 }, params, out);
    return out;
  }

  test('describes its parameters', () => {
    for (const spec of Object.values(rule.params)) expect(checkParam(spec, spec.default).ok).toBe(true);
  });

  test('keeps its declaration for any scores', () => {
    fc.assert(
      fc.property(anyRow, fc.constantFrom(...all), fc.nat(3), (row, params, spare) => {
        const slots = rule.slots(params, row.length);
        expect(slots).toBeGreaterThan(0);
        expect(slots).toBeLessThanOrEqual(row.length);
        const out = select([row], params, spare);
        expectWellFormed(out, 0, slots);
        const chosen = chosenOf(out, 0);
        expect(new Set(chosen).size).toBe(chosen.length);
        const open = row.filter((s) => s !== -Infinity).length;
        for (const expert of chosen) expect(row[expert]).toBeGreaterThan(-Infinity);
        if (open === 0) expect(chosen).toEqual([]);
        else {
          if (!rule.declares.mayDropTokens) expect(chosen.length).toBeGreaterThan(0);
          const sum = sumOf(out, 0);
          if (rule.declares.sum === 'one') expect(sum).toBeCloseTo(1, 5);
          expect(sum).toBeLessThanOrEqual(1 + 1e-5);
        }
        expect(select([row], params, spare)).toEqual(out);
      }),
      { numRuns: 400 },
    );
  });

  test('gives ties to the lower unit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 20 }),
        fc.constantFrom(...all),
        (row, params) => {
          const chosen = chosenOf(select([row], params), 0);
          row.forEach((score, unit) => {
            const earlier = row.findIndex((s) => s === score);
            if (chosen.includes(unit)) expect(chosen).toContain(earlier);
            if (chosen.includes(unit) && earlier !== unit)
              expect(chosen.indexOf(earlier)).toBeLessThan(chosen.indexOf(unit));
          });
        },
      ),
    );
  });

  test('routes each token by itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyScore, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...all),
        (rows, params) => {
          const whole = select(rows, params);
          rows.forEach((row, token) => {
            const units = row.length;
            const one = emptySlots(1, rule.slots(params, units));
            rule.select(
              { scores: Float32Array.from(row), tokens: 1, units, site: 2, first: 5 + token, seed: 7 },
              params,
              one,
            );
            expect(one.experts).toEqual(whole.experts.slice(token * whole.slots, (token + 1) * whole.slots));
            expect(one.weights).toEqual(whole.weights.slice(token * whole.slots, (token + 1) * whole.slots));
          });
        },
      ),
    );
  });
});

test('ids that links hold are still there', () => {
  for (const id of ['none', 'uniform', 'phatgoose', 'average-activation', 'arrow', 'glider', 'retrieval'])
    expect(SCORES.ids).toContain(id);
  for (const id of ['top-k', 'single', 'all']) expect(SELECTIONS.ids).toContain(id);
  for (const id of [
    ...['none', 'uniform', 'uniform-factors', 'phatgoose', 'average-activation'],
    ...['arrow', 'arrow-mttl', 'arrow-peft', 'glider', 'retrieval'],
  ])
    expect(PRESETS.ids).toContain(id);
});

describe.each(PRESETS.list.map((preset) => [preset.id, preset] as const))('preset %s', (id, preset) => {
  const policy = presetPolicy(id);
  const score = SCORES.get(policy.score.id);
  const rule = SELECTIONS.get(policy.select.id);

  test('is a whole policy of known parts', () => {
    for (const text of [preset.label, preset.source, preset.summary]) expect(text.length).toBeGreaterThan(0);
    expect(policy.method).toBe(id);
    expect(policy.edits).toEqual([]);
    expect(Object.keys(policy.score.params).sort()).toEqual(Object.keys(score?.params ?? {}).sort());
    expect(Object.keys(policy.select.params).sort()).toEqual(Object.keys(rule?.params ?? {}).sort());
    expect(() => compilePolicy(policy, context)).not.toThrow();
  });

  test('keeps the declarations of its parts, in one block or token by token', () => {
    const run = compilePolicy(policy, context);
    const again = compilePolicy(policy, context);
    for (let site = 0; site < SITES; site++) {
      const whole = routeBlock(run, site, 0, usual);
      for (let token = 0; token < TOKENS; token++) {
        expectWellFormed(whole, token, run.slots);
        const chosen = chosenOf(whole, token);
        if (score?.declares.empty) expect(chosen).toEqual([]);
        else if (rule?.declares.sum === 'one') expect(sumOf(whole, token)).toBeCloseTo(1, 5);
        else expect(sumOf(whole, token)).toBeLessThanOrEqual(1 + 1e-5);
        const one = routeBlock(again, site, token, usual.slice(token * WIDTH, (token + 1) * WIDTH));
        expect(one.experts).toEqual(whole.experts.slice(token * run.slots, (token + 1) * run.slots));
        expect(one.weights).toEqual(whole.weights.slice(token * run.slots, (token + 1) * run.slots));
      }
    }
  });

  test('stays finite for extreme inputs', () => {
    const run = compilePolicy(policy, context);
    for (const [, u] of extremes) expectWellFormed(routeBlock(run, 1, PROMPT_TOKENS, u), 0, run.slots);
  });

  test('never picks a muted expert; with all muted there is no update', () => {
    const muted = compilePolicy({ ...policy, edits: [{ kind: 'mute', experts: ['alpha', 'delta'] }] }, context);
    for (const expert of routeBlock(muted, 0, 0, usual).experts) expect([0, 3]).not.toContain(expert);
    const silent = compilePolicy(
      { ...policy, edits: [{ kind: 'mute', experts: library.experts.map((e) => e.id) }] },
      context,
    );
    const out = routeBlock(silent, 0, 0, usual);
    expect(out.experts.every((e) => e === -1)).toBe(true);
    expect(out.weights.every((w) => w === 0)).toBe(true);
  });

  test('says so when the site’s input is not a number', () => {
    if (score?.declares.constant) return;
    const run = compilePolicy(policy, context);
    for (const bad of [Number.NaN, Infinity]) {
      const u = usual.slice();
      u[2 * WIDTH + 1] = bad;
      const fail = () => routeBlock(run, 3, 10, u);
      expect(fail).toThrow(PolicyError);
      expect(fail).toThrow(/expert alpha at site L1\.ffn, token 12: .*input is not finite/);
    }
  });
});

test('a policy of every score with every selection runs', () => {
  for (const score of SCORES.list)
    for (const select of SELECTIONS.list) {
      const run = compilePolicy(
        policyOf({ score: { id: score.id, params: {} }, select: { id: select.id, params: {} } }),
        context,
      );
      expectWellFormed(routeBlock(run, 4, 0, usual), 0, run.slots);
    }
});
