/** Scores, selections and presets against closed forms that are written down apart from the code. */
import { describe, expect, test } from 'vitest';
import type { ParamValue } from '../params.ts';
import { compilePolicy } from './compile.ts';
import { context, emptySlots, EXPERTS, library, noise, policyOf, routeBlock, WIDTH } from './fixture.ts';
import { presetPolicy } from './presets.ts';
import { paperScale } from './scores/glider.ts';
import { SCORES } from './scores/registry.ts';
import { SELECTIONS } from './selection/registry.ts';

const TOKENS = 3;
const SITE = 4;
const u = noise('known', TOKENS * WIDTH).map((x) => 2 * x + 0.3);
type Params = Readonly<Record<string, ParamValue>>;

const rowOf = (values: Float32Array, row: number, width = WIDTH) => [...values.slice(row * width, (row + 1) * width)];
const inner = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
const mean = (a: readonly number[]) => a.reduce((sum, x) => sum + x, 0) / a.length;
const length = (a: readonly number[]) => Math.sqrt(inner(a, a));

/** Pearson's correlation; `epsilon` is added to both variances, as LayerNorm does. */
function pearson(a: readonly number[], b: readonly number[], epsilon = 1e-5): number {
  const x = a.map((v) => v - mean(a));
  const y = b.map((v) => v - mean(b));
  const n = a.length;
  return inner(x, y) / n / Math.sqrt((inner(x, x) / n + epsilon) * (inner(y, y) / n + epsilon));
}

function scored(id: string, params: Params, change: Partial<typeof context> = {}): number[][] {
  const run = compilePolicy(policyOf({ score: { id, params } }), { ...context, ...change });
  const raw = new Float32Array(TOKENS * EXPERTS);
  run.route({ site: SITE, first: 0, tokens: TOKENS, u }, emptySlots(TOKENS, run.slots), raw);
  return Array.from({ length: TOKENS }, (_, token) => rowOf(raw, token, EXPERTS));
}

/** Compares with `expected(token’s input, expert)`. */
function expectScores(actual: number[][], expected: (input: number[], expert: number) => number, digits = 4) {
  actual.forEach((row, token) => {
    row.forEach((value, expert) => {
      expect(value).toBeCloseTo(expected(rowOf(u, token), expert), digits);
    });
  });
}

const vectorOf = (values: Float32Array, expert: number) => rowOf(values, SITE * EXPERTS + expert);

describe('scores', () => {
  test('PHATGOOSE is √d times Pearson’s correlation', () => {
    expectScores(scored('phatgoose', {}), (x, e) => Math.sqrt(WIDTH) * pearson(x, vectorOf(library.gates, e)));
  });

  test('far from LayerNorm’s ε it is Pearson’s correlation itself, whatever scale and offset of the input', () => {
    const gates = library.gates.map((x) => 1e6 * x);
    const run = compilePolicy(policyOf({}), { ...context, library: { ...library, gates } });
    const raw = new Float32Array(TOKENS * EXPERTS);
    const far = u.map((x) => 1e4 * x + 5);
    run.route({ site: SITE, first: 0, tokens: TOKENS, u: far }, emptySlots(TOKENS, run.slots), raw);
    raw.forEach((value, i) => {
      const input = rowOf(u, Math.floor(i / EXPERTS));
      expect(value).toBeCloseTo(Math.sqrt(WIDTH) * pearson(input, vectorOf(library.gates, i % EXPERTS), 0), 4);
    });
  });

  test('a zero gate scores 0', () => {
    const gates = library.gates.slice();
    gates.fill(0, (SITE * EXPERTS + 2) * WIDTH, (SITE * EXPERTS + 3) * WIDTH);
    expectScores(scored('phatgoose', {}, { library: { ...library, gates } }), (x, e) =>
      e === 2 ? 0 : Math.sqrt(WIDTH) * pearson(x, vectorOf(gates, e)),
    );
  });

  test('a gate equal to the input nearly reaches the bound √d', () => {
    const gates = library.gates.slice();
    gates.set(u.slice(0, WIDTH), SITE * EXPERTS * WIDTH);
    const best = scored('phatgoose', {}, { library: { ...library, gates } })[0]?.[0] ?? 0;
    expect(best).toBeLessThanOrEqual(Math.sqrt(WIDTH));
    expect(best).toBeGreaterThan(Math.sqrt(WIDTH) * 0.9999);
  });

  test('average activation by both rules', () => {
    const means = library.meanActivations;
    expectScores(
      scored('average-activation', { rule: 'phatgoose' }),
      (x, e) => Math.sqrt(WIDTH) * pearson(x, vectorOf(means, e)),
    );
    expectScores(scored('average-activation', { rule: 'mttl', t: 0.5 }), (x, e) => {
      const v = vectorOf(means, e);
      return inner(x, v) / length(v) / (0.5 * Math.sqrt(WIDTH));
    });
  });

  test('Arrow does not care for the sign of its prototypes', () => {
    const expected = (x: number[], e: number) => Math.abs(inner(x, vectorOf(library.prototypes, e))) / 0.25;
    expectScores(scored('arrow', { t: 0.25 }), expected);
    const prototypes = library.prototypes.map((x) => -x);
    expect(scored('arrow', { t: 0.25 }, { library: { ...library, prototypes } })).toEqual(scored('arrow', { t: 0.25 }));
  });

  const { embeddings } = library;
  const cosines = (rows: Float32Array) =>
    Array.from({ length: rows.length / embeddings.dimension }, (_, i) =>
      inner([...context.promptEmbedding], rowOf(rows, i, embeddings.dimension)),
    );

  test('GLIDER adds c · cos to PHATGOOSE, from either embedding', () => {
    const local = scored('phatgoose', {});
    for (const read of ['instruction', 'mean'] as const) {
      const cos = cosines(embeddings[read]);
      scored('glider', { c: 7.5, read }).forEach((row, token) => {
        row.forEach((value, e) => {
          expect(value).toBeCloseTo((local[token]?.[e] ?? 0) + 7.5 * (cos[e] ?? 0), 4);
        });
      });
    }
    expect(scored('glider', { c: 0 })).toEqual(local);
  });

  test('GLIDER’s threshold rule adds γ when the largest cosine exceeds p', () => {
    const cos = cosines(embeddings.mean);
    const most = Math.max(...cos);
    for (const [p, scale] of [
      [most - 0.001, 52],
      [most + 0.001, 2],
    ] as const)
      expectScores(
        scored('glider', { c: 999, rule: 'threshold', gamma: 50, p, beta: 2 }),
        (x, e) => Math.sqrt(WIDTH) * pearson(x, vectorOf(library.gates, e)) + scale * (cos[e] ?? 0),
        3,
      );
  });

  test('GLIDER’s term is what it adds', () => {
    const run = compilePolicy(presetPolicy('glider'), context);
    const cos = cosines(embeddings.mean);
    expect(run.terms.map((t) => t.name)).toEqual(['c · cos(e, e_task)']);
    run.terms[0]?.values.forEach((value, e) => {
      expect(value).toBeCloseTo(3 * (cos[e] ?? 0), 5);
    });
  });

  test.each(['phatgoose', 'average-activation', 'arrow', 'glider'])('%s can be computed by a backend', (id) => {
    expect(compilePolicy(presetPolicy(id), context).linear).toBeDefined();
  });

  test('scores that a backend computed are taken as they are', () => {
    const run = compilePolicy(presetPolicy('phatgoose'), context);
    const scores = noise('scores of a backend', TOKENS * EXPERTS);
    const raw = new Float32Array(TOKENS * EXPERTS);
    run.route({ site: SITE, first: 0, tokens: TOKENS, u, scores }, emptySlots(TOKENS, run.slots), raw);
    expect(raw).toEqual(scores);
  });

  test('a scale of √(d/2048) is the paper’s 1', () => {
    expect(paperScale(Math.sqrt(576 / 2048), 576)).toBeCloseTo(1, 12);
  });

  test('retrieval is the nearest stored example, and one expert for the whole input', () => {
    const cos = cosines(embeddings.examples);
    const best = Array.from({ length: EXPERTS }, (_, e) => Math.max(...cos.slice(e * 3, e * 3 + 3)));
    expectScores(scored('retrieval', {}), (_, e) => best[e] ?? 0);
    const chosen = routeBlock(compilePolicy(presetPolicy('retrieval'), context), 1, 0, u);
    expect([...chosen.experts]).toEqual(Array.from({ length: TOKENS }, () => best.indexOf(Math.max(...best))));
    expect([...chosen.weights]).toEqual([1, 1, 1]);
  });

  test('vectors that do not fit or are not numbers are named', () => {
    const gates = library.gates.slice();
    gates[(SITE * EXPERTS + 1) * WIDTH + 3] = Number.NaN;
    expect(() => scored('phatgoose', {}, { library: { ...library, gates } })).toThrow(
      /score phatgoose: gates of expert beta at site L2\.attn hold NaN at position 3/,
    );
    expect(() => scored('arrow', {}, { library: { ...library, prototypes: gates.slice(1) } })).toThrow(
      /prototypes hold 539 numbers where 6 sites × 5 experts × width 18 need 540/,
    );
  });
});

describe('selections', () => {
  const select = (id: string, params: Params, scores: readonly number[]) => {
    const rule = SELECTIONS.get(id);
    if (!rule) throw new Error(id);
    const all = { ...Object.fromEntries(Object.entries(rule.params).map(([n, s]) => [n, s.default])), ...params };
    const out = emptySlots(1, rule.slots(all, scores.length));
    const input = { scores: Float32Array.from(scores), tokens: 1, units: scores.length, site: 0, first: 0, seed: 0 };
    rule.select(input, all, out);
    return { experts: [...out.experts], weights: [...out.weights] };
  };
  const close = (actual: readonly number[], expected: readonly number[]) => {
    expect(actual.length).toBe(expected.length);
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    });
  };
  const logs = [1, 4, 2, 1].map(Math.log);

  test('top-k divides by the sum of what it keeps, or of all', () => {
    const renormalised = select('top-k', { k: 2, renormalise: true }, logs);
    expect(renormalised.experts).toEqual([1, 2]);
    close(renormalised.weights, [4 / 6, 2 / 6]);
    const raw = select('top-k', { k: 3, renormalise: false }, logs);
    expect(raw.experts).toEqual([1, 2, 0]);
    close(raw.weights, [4 / 8, 2 / 8, 1 / 8]);
    close(select('top-k', { k: 2, renormalise: false }, [...logs, -Infinity]).weights, [4 / 8, 2 / 8]);
    expect(select('top-k', { k: 16 }, logs).experts).toEqual([1, 2, 0, 3]);
  });

  test('top-k renormalised always sums to 1', () => {
    for (let i = 0; i < 50; i++) {
      const scores = [...noise(`sum ${String(i)}`, 9).map((x) => 30 * x)];
      const { weights } = select('top-k', { k: 4 }, scores);
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    }
  });

  test('single takes the best with weight 1', () => {
    expect(select('single', {}, [3, 9, 9, -Infinity])).toEqual({ experts: [1], weights: [1] });
  });

  test('all with a temperature', () => {
    const { experts, weights } = select('all', { temperature: 0.5 }, logs);
    expect(experts).toEqual([1, 2, 0, 3]);
    close(weights, [16 / 22, 4 / 22, 1 / 22, 1 / 22]);
  });

  test('equal scores far from 0 are weighed equally', () => {
    close(select('top-k', { k: 2 }, [3e38, -3e38, 3e38]).weights, [0.5, 0.5]);
  });
});

describe('presets', () => {
  test('none chooses nothing and needs no slot', () => {
    expect(compilePolicy(presetPolicy('none'), context).slots).toBe(0);
  });

  test('uniform gives every expert the same weight', () => {
    const out = routeBlock(compilePolicy(presetPolicy('uniform'), context), 3, 0, u);
    expect([...out.experts.slice(0, EXPERTS)]).toEqual([0, 1, 2, 3, 4]);
    for (const weight of out.weights) expect(weight).toBeCloseTo(1 / EXPERTS, 6);
  });

  test('factors are mixed where the method says so', () => {
    const mixes = ['uniform', 'uniform-factors', 'arrow', 'arrow-peft', 'arrow-mttl'].map((id) => presetPolicy(id).mix);
    expect(mixes).toEqual(['outputs', 'factors', 'outputs', 'outputs', 'factors']);
  });

  test('slots of the published selections', () => {
    const slots = Object.fromEntries(
      ['phatgoose', 'average-activation', 'arrow', 'arrow-peft', 'arrow-mttl', 'glider', 'retrieval'].map((id) => [
        id,
        compilePolicy(presetPolicy(id), context).slots,
      ]),
    );
    expect(slots).toEqual({
      phatgoose: 2,
      'average-activation': 2,
      arrow: 2,
      'arrow-peft': 3,
      'arrow-mttl': EXPERTS,
      glider: 2,
      retrieval: 1,
    });
  });

  test('an unknown one is an error that lists those there are', () => {
    expect(() => presetPolicy('nobody')).toThrow(/no policy nobody; there are none, uniform/);
  });
});

test('a policy that cannot be compiled names the field', () => {
  const fieldOf = (change: Parameters<typeof policyOf>[0]) => {
    try {
      compilePolicy(policyOf(change), context);
      return undefined;
    } catch (error) {
      return error instanceof Error && 'field' in error ? `${String(error.field)}: ${error.message}` : String(error);
    }
  };
  expect(fieldOf({ score: { id: 'luck', params: {} } })).toMatch(/^score: .*no luck; there are none, /);
  expect(fieldOf({ select: { id: 'top-k', params: { k: 0 } } })).toMatch(/^select\.k: .*from 1 to 16, not 0/);
  expect(fieldOf({ score: { id: 'glider', params: { d: 1 } } })).toMatch(/^score\.d: .*no such parameter/);
  expect(fieldOf({ score: { id: 'glider', params: { constructor: 1 } } })).toMatch(/^score\.constructor: /);
  expect(fieldOf({ edits: [{ kind: 'mute', experts: ['zeta'] }] })).toMatch(/^edits\[0\]\.experts: .*expert zeta/);
  expect(SCORES.get('constructor')).toBeUndefined();
});
