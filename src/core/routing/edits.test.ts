import { describe, expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { context, emptySlots, EXPERTS, library, noise, policyOf, routeBlock, WIDTH } from './fixture.ts';
import type { Edit, Policy } from './policy.ts';
import { presetPolicy } from './presets.ts';

const TOKENS = 8;
const u = noise('edits', TOKENS * WIDTH);
const ids = library.experts.map((e) => e.id);

interface Slot {
  readonly expert: number;
  readonly weight: number;
}

/** What a policy with these edits chooses at a site, from position 0 on. */
function route(edits: readonly Edit[], policy: Policy = policyOf({}), site = 0): Slot[][] {
  const out = routeBlock(compilePolicy({ ...policy, edits }, context), site, 0, u);
  return Array.from({ length: TOKENS }, (_, token) =>
    Array.from({ length: out.slots }, (_, k) => ({
      expert: out.experts[token * out.slots + k] ?? -1,
      weight: out.weights[token * out.slots + k] ?? 0,
    })).filter((slot) => slot.expert >= 0),
  );
}

function scores(site = 0): number[][] {
  const run = compilePolicy(policyOf({}), context);
  const raw = new Float32Array(TOKENS * EXPERTS);
  run.route({ site, first: 0, tokens: TOKENS, u }, emptySlots(TOKENS, run.slots), raw);
  return Array.from({ length: TOKENS }, (_, t) => [...raw.slice(t * EXPERTS, (t + 1) * EXPERTS)]);
}

/** Softmax over a set, in falling order of score. */
function weighed(row: readonly number[], set: readonly number[]): Slot[] {
  const sum = set.reduce((s, e) => s + Math.exp(row[e] ?? 0), 0);
  return set
    .map((expert) => ({ expert, weight: Math.exp(row[expert] ?? 0) / sum }))
    .sort((a, b) => b.weight - a.weight || a.expert - b.expert);
}

function expectSlots(actual: readonly Slot[] | undefined, expected: readonly Slot[]) {
  expect(actual?.map((s) => s.expert)).toEqual(expected.map((s) => s.expert));
  actual?.forEach((slot, k) => {
    expect(slot.weight).toBeCloseTo(expected[k]?.weight ?? Number.NaN, 5);
  });
}

const ranked = (row: readonly number[]) => row.map((_, e) => e).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);

describe('each kind', () => {
  test('mute: the best of the others take part', () => {
    const out = route([{ kind: 'mute', experts: ['alpha', 'gamma'] }]);
    scores().forEach((row, token) => {
      const set = ranked(row).filter((e) => e !== 0 && e !== 2);
      expectSlots(out[token], weighed(row, set.slice(0, 2)));
    });
  });

  test('bias: adds to the score, several add up', () => {
    const out = route([
      { kind: 'bias', experts: ['delta'], amount: 1.5 },
      { kind: 'bias', experts: ['delta', 'beta'], amount: -0.75 },
    ]);
    scores().forEach((row, token) => {
      const biased = row.map((s, e) => s + (e === 3 ? 0.75 : e === 1 ? -0.75 : 0));
      expectSlots(out[token], weighed(biased, ranked(biased).slice(0, 2)));
    });
  });

  test('a bias past float32 stays finite', () => {
    for (const amount of [1e300, -1e300])
      for (const row of route([{ kind: 'bias', experts: ids, amount }]))
        for (const slot of row) expect(Number.isFinite(slot.weight)).toBe(true);
  });

  test('force: takes the place of the last chosen, or changes nothing when it is in already', () => {
    const plain = route([]);
    const out = route([{ kind: 'force', experts: ['epsilon'] }]);
    scores().forEach((row, token) => {
      const top = ranked(row).slice(0, 2);
      if (top.includes(4)) expect(out[token]).toEqual(plain[token]);
      else expectSlots(out[token], weighed(row, [top[0] ?? 0, 4]));
    });
    // The input must hold both cases, or half of this test is empty.
    expect(new Set(scores().map((row) => ranked(row).slice(0, 2).includes(4))).size).toBe(2);
  });

  test('force: several take the last places; more than k are all in', () => {
    const two = route([{ kind: 'force', experts: ['alpha', 'beta'] }]);
    const four = route([
      { kind: 'force', experts: ['alpha', 'beta'] },
      { kind: 'force', experts: ['beta', 'delta', 'epsilon'] },
    ]);
    scores().forEach((row, token) => {
      expectSlots(two[token], weighed(row, [0, 1]));
      expectSlots(four[token], weighed(row, [0, 1, 3, 4]));
    });
  });

  test('force beats mute, with the biased score; a muted rest leaves it alone', () => {
    const out = route([
      { kind: 'mute', experts: ids },
      { kind: 'force', experts: ['beta', 'gamma'] },
      { kind: 'bias', experts: ['beta'], amount: 2 },
    ]);
    scores().forEach((row, token) => {
      expectSlots(
        out[token],
        weighed(
          row.map((s, e) => s + (e === 1 ? 2 : 0)),
          [1, 2],
        ),
      );
    });
  });

  test('force: the base alone with one expert is that expert', () => {
    const base = presetPolicy('none');
    for (const row of route([{ kind: 'force', experts: ['delta'] }], base))
      expect(row).toEqual([{ expert: 3, weight: 1 }]);
    const later: Edit = { kind: 'force', experts: ['delta'], tokens: { from: 3 } };
    expect(route([later], base).map((row) => row.length)).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
  });

  test('force: a set that changed is weighed at the selection’s temperature', () => {
    const all: Policy = policyOf({ select: { id: 'all', params: { temperature: 0.5 } } });
    const edits: Edit[] = [
      { kind: 'mute', experts: ['alpha'] },
      { kind: 'force', experts: ['alpha'] },
    ];
    scores().forEach((row, token) => {
      const others = ranked(row).filter((e) => e !== 0);
      const set = [...others.slice(0, -1), 0];
      expectSlots(
        route(edits, all)[token],
        weighed(
          row.map((s) => s / 0.5),
          set,
        ),
      );
    });
  });

  test('scale: multiplies weights, does not renormalise, keeps slots in falling order', () => {
    const plain = route([]);
    for (const factor of [0, 0.25, 3, -1]) {
      route([{ kind: 'scale', experts: ['alpha', 'beta'], factor }]).forEach((row, token) => {
        const expected = (plain[token] ?? [])
          .map((s) => (s.expert <= 1 ? { ...s, weight: s.weight * factor } : s))
          .sort((a, b) => b.weight - a.weight);
        expectSlots(row, expected);
      });
    }
  });
});

describe('scope', () => {
  const muteAll = (scope: Omit<Edit, 'kind' | 'experts'>): Edit => ({ kind: 'mute', experts: ids, ...scope });
  /** Positions at which everything is muted. */
  const silent = (edit: Edit, site = 0) =>
    route([edit], policyOf({}), site).flatMap((row, token) => (row.length === 0 ? [token] : []));

  test('tokens: inclusive range, prompt, answer, and the position from which it was made', () => {
    expect(silent(muteAll({ tokens: { from: 2, to: 5 } }))).toEqual([2, 3, 4, 5]);
    expect(silent(muteAll({ tokens: { from: 6 } }))).toEqual([6, 7]);
    expect(silent(muteAll({ tokens: { part: 'prompt' } }))).toEqual([0, 1, 2, 3]);
    expect(silent(muteAll({ tokens: { part: 'answer' } }))).toEqual([4, 5, 6, 7]);
    expect(silent(muteAll({ tokens: { part: 'answer', to: 5 } }))).toEqual([4, 5]);
    expect(silent(muteAll({ tokens: { part: 'prompt', from: 2 } }))).toEqual([2, 3]);
    expect(silent(muteAll({ since: 6 }))).toEqual([6, 7]);
    expect(silent(muteAll({ since: 3, tokens: { to: 4 } }))).toEqual([3, 4]);
    expect(silent(muteAll({ since: 6, tokens: { to: 4 } }))).toEqual([]);
  });

  test('sites: inclusive range and kind of input', () => {
    const at = (edit: Edit) => library.sites.flatMap((_, site) => (silent(edit, site).length > 0 ? [site] : []));
    expect(at(muteAll({ sites: { from: 2, to: 4 } }))).toEqual([2, 3, 4]);
    expect(at(muteAll({ sites: { input: 'ffn' } }))).toEqual([1, 3, 5]);
    expect(at(muteAll({ sites: { from: 3, input: 'attn' } }))).toEqual([4]);
    expect(at(muteAll({ sites: { from: 99 } }))).toEqual([]);
  });
});
