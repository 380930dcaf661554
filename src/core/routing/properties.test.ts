/** What holds for any policy with any edits. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { earliestDifference } from './difference.ts';
import { context, library, noise, PROMPT_TOKENS, routeBlock, SITES, WIDTH } from './fixture.ts';
import type { Chosen, Edit, Policy } from './policy.ts';
import { presetPolicy } from './presets.ts';

const TOKENS = 8;
const u = noise('properties', TOKENS * WIDTH);
const ids = library.experts.map((e) => e.id);

interface Slot {
  readonly expert: number;
  readonly weight: number;
}

function slotsOf(out: Chosen, token: number): Slot[] {
  return Array.from({ length: out.slots }, (_, k) => ({
    expert: out.experts[token * out.slots + k] ?? -1,
    weight: out.weights[token * out.slots + k] ?? 0,
  })).filter((slot) => slot.expert >= 0);
}

/** What a policy with these edits chooses at a site, from position 0 on. */
function route(edits: readonly Edit[], policy: Policy, site: number): Slot[][] {
  const out = routeBlock(compilePolicy({ ...policy, edits }, context), site, 0, u);
  return Array.from({ length: TOKENS }, (_, token) => slotsOf(out, token));
}

const position = fc.nat(TOKENS);
const range = fc.record({ from: position, to: position }, { requiredKeys: [] });
const scope = fc.record(
  {
    sites: fc.record(
      { from: fc.nat(SITES), to: fc.nat(SITES), input: fc.constantFrom('attn', 'ffn') },
      { requiredKeys: [] },
    ),
    tokens: fc.tuple(range, fc.option(fc.constantFrom('prompt', 'answer'), { nil: undefined })).map(([r, part]) => ({
      ...r,
      ...(part === undefined ? {} : { part }),
    })),
    since: position,
  },
  { requiredKeys: [] },
);
const experts = fc.subarray(ids, { minLength: 1 });
const act = fc.oneof(
  fc.constant({ kind: 'mute' as const }),
  fc.constant({ kind: 'force' as const }),
  fc.double({ min: -3, max: 3, noNaN: true }).map((amount) => ({ kind: 'bias' as const, amount })),
  fc.double({ min: -2, max: 2, noNaN: true }).map((factor) => ({ kind: 'scale' as const, factor })),
);
const anyEdit: fc.Arbitrary<Edit> = fc
  .tuple(act, experts, scope)
  .map(([kind, names, where]) => ({ ...kind, experts: names, ...where }));
const anyEdits = fc.array(anyEdit, { maxLength: 5 });
const anyPolicy = fc
  .constantFrom('phatgoose', 'glider', 'arrow-mttl', 'uniform', 'retrieval', 'none')
  .map((id) => presetPolicy(id));

test('the order of the list makes no difference', () => {
  fc.assert(
    fc.property(anyPolicy, anyEdits, fc.nat(SITES - 1), (policy, edits, site) => {
      expect(route([...edits].reverse(), policy, site)).toEqual(route(edits, policy, site));
    }),
    { numRuns: 150 },
  );
});

test('block by block is the same as token by token', () => {
  fc.assert(
    fc.property(anyPolicy, anyEdits, fc.nat(SITES - 1), (policy, edits, site) => {
      const run = compilePolicy({ ...policy, edits }, context);
      const whole = routeBlock(run, site, 0, u);
      for (let token = 0; token < TOKENS; token++) {
        const one = routeBlock(run, site, token, u.slice(token * WIDTH, (token + 1) * WIDTH));
        expect(one.experts).toEqual(whole.experts.slice(token * run.slots, (token + 1) * run.slots));
        expect(one.weights).toEqual(whole.weights.slice(token * run.slots, (token + 1) * run.slots));
      }
    }),
    { numRuns: 150 },
  );
});

test('a muted expert takes part only where it is forced, a forced one always', () => {
  fc.assert(
    fc.property(anyPolicy, anyEdits, fc.nat(SITES - 1), (policy, edits, site) => {
      route(edits, policy, site).forEach((row, token) => {
        const acting = (kind: Edit['kind']) =>
          new Set(edits.filter((e) => e.kind === kind && acts(e, site, token)).flatMap((e) => e.experts));
        const forced = acting('force');
        const chosen = row.map((slot) => ids[slot.expert] ?? '?');
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const id of acting('mute')) if (!forced.has(id)) expect(chosen).not.toContain(id);
        for (const id of forced) expect(chosen).toContain(id);
        row.forEach((slot, k) => {
          if (k > 0) expect(slot.weight).toBeLessThanOrEqual(row[k - 1]?.weight ?? 0);
        });
      });
    }),
    { numRuns: 150 },
  );
});

/** Written apart from `edits.ts`: whether an edit acts at a cell. */
function acts(edit: Edit, site: number, token: number): boolean {
  const { sites, tokens, since } = edit;
  if (sites?.from !== undefined && site < sites.from) return false;
  if (sites?.to !== undefined && site > sites.to) return false;
  if (sites?.input !== undefined && (site % 2 === 0 ? 'attn' : 'ffn') !== sites.input) return false;
  if (tokens?.from !== undefined && token < tokens.from) return false;
  if (tokens?.to !== undefined && token > tokens.to) return false;
  if (tokens?.part !== undefined && (token < PROMPT_TOKENS ? 'prompt' : 'answer') !== tokens.part) return false;
  return since === undefined || token >= since;
}

const other = (edits: readonly Edit[]) =>
  fc.tuple(fc.shuffledSubarray([...edits]), anyEdits).map(([kept, added]) => [...kept, ...added]);

test('no cell before the earliest difference of two policies is routed differently', () => {
  const pair = anyEdits.chain((before) => fc.tuple(fc.constant(before), other(before)));
  let touched = 0;
  fc.assert(
    fc.property(anyPolicy, pair, (policy, [before, after]) => {
      const first = earliestDifference(
        { ...policy, edits: before },
        { ...policy, edits: after },
        library,
        PROMPT_TOKENS,
      );
      for (let site = 0; site < SITES; site++) {
        const a = route(before, policy, site);
        const b = route(after, policy, site);
        for (let token = 0; token < TOKENS; token++)
          if (first === undefined || site < first.site || token < first.token) expect(b[token]).toEqual(a[token]);
      }
      if (first !== undefined && (first.site > 0 || first.token > 0)) touched++;
    }),
    { numRuns: 60 },
  );
  expect(touched).toBeGreaterThan(0);
});

test('the earliest difference of scoped edits, of parameters, of order and of names', () => {
  const base = presetPolicy('phatgoose');
  const first = (after: Policy, before: Policy = base) => earliestDifference(before, after, library, PROMPT_TOKENS);
  const mute = (where: object): Policy => ({ ...base, edits: [{ kind: 'mute', experts: ['beta'], ...where }] });
  expect(first(base)).toBeUndefined();
  expect(first({ ...base, method: 'mine' })).toBeUndefined();
  expect(first({ ...base, mix: 'factors' })).toEqual({ site: 0, token: 0 });
  expect(first({ ...base, select: { id: 'top-k', params: { k: 3, renormalise: true } } })).toEqual({
    site: 0,
    token: 0,
  });
  expect(first({ ...base, select: { id: 'top-k', params: {} } })).toBeUndefined();
  expect(first(presetPolicy('glider'))).toEqual({ site: 0, token: 0 });
  expect(first(mute({}))).toEqual({ site: 0, token: 0 });
  expect(first(mute({ sites: { from: 3 } }))).toEqual({ site: 3, token: 0 });
  expect(first(mute({ sites: { from: 2, input: 'ffn' } }))).toEqual({ site: 3, token: 0 });
  expect(first(mute({ tokens: { part: 'answer' } }))).toEqual({ site: 0, token: PROMPT_TOKENS });
  expect(first(base, mute({ since: 6, sites: { from: 1 } }))).toEqual({ site: 1, token: 6 });
  expect(first(mute({ tokens: { from: 5, to: 3 } }))).toBeUndefined();
  expect(first(mute({ experts: ['beta', 'beta'] }), mute({}))).toBeUndefined();
  const both: Edit[] = [
    { kind: 'scale', experts: ['beta', 'alpha'], factor: 2, tokens: { from: 2 } },
    { kind: 'bias', experts: ['beta'], amount: 1 },
  ];
  const turned = [...both].reverse().map((edit) => ({ ...edit, experts: [...edit.experts].reverse() }));
  expect(first({ ...base, edits: turned }, { ...base, edits: both })).toBeUndefined();
  expect(first({ ...base, edits: [...both, ...both.slice(0, 1)] }, { ...base, edits: both })).toEqual({
    site: 0,
    token: 2,
  });
});
