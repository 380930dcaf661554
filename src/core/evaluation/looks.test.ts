import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../routing/policy.ts';
import { presetPolicy } from '../routing/presets.ts';
import { singleExpert } from './single.ts';
import { looksJson, LOOKS_LIMITS, parseLooks } from './looks-json.ts';
import {
  addLook,
  contestantHash,
  countedAs,
  countLooks,
  lookId,
  lookIds,
  lookOf,
  looksAt,
  looksNotes,
  looksSentence,
  looksWhileTuned,
  mergeLooks,
  noLooks,
  sealPolicy,
  validSeal,
  type Look,
  type Looks,
} from './looks.ts';
import { policyHash, type Contestant, type EvaluatedTask, type Evaluation } from './plan.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const hex = (n: number) => n.toString(16).padStart(16, '0');
const look = (minute: number, policies: readonly number[], documents: readonly number[], name = 'A'): Look => ({
  at: at(minute),
  package: hex(1),
  policies: policies.map((n) => ({ name, hash: hex(n) })),
  tasks: documents.map((n) => ({ id: 't', hash: hex(n), documents: 10 })),
});
const log = (...looks: readonly Look[]): Looks => looks.reduce(addLook, noLooks);

const task = (id: string, half: EvaluatedTask['half'], split: EvaluatedTask['split'], n = 2): EvaluatedTask => ({
  id,
  label: id,
  half,
  split,
  metric: 'exact match',
  chance: 0,
  documents: Array.from({ length: n }, (_, i) => ({ id: String(i), prompt: 'p', answer: 'a', items: [] })),
});
const named = (name: string, policy: Contestant['policy']): Contestant => ({ name, label: name, policy });
const evaluation = (tasks: readonly EvaluatedTask[], contestants: readonly Contestant[]): Evaluation => ({
  tasks,
  contestants,
  conditions: { package: hex(1), backend: 'simd', seed: 0, raw: false, beyond: 4 },
});
const phatgoose = named('phatgoose', presetPolicy('phatgoose'));

describe('what a look is', () => {
  test('held-out test alone counts', () => {
    const tasks = [
      task('in', 'held-in', 'test'),
      task('out', 'held-out', 'test'),
      task('tuned', 'held-out', 'validation'),
      task('empty', 'held-out', 'test', 0),
    ];
    const found = lookOf(evaluation(tasks, [phatgoose]), at(0));
    expect(found?.tasks.map(({ id, documents }) => [id, documents])).toEqual([['out', 2]]);
    expect(found?.policies).toEqual([{ name: 'phatgoose', hash: policyHash(presetPolicy('phatgoose')) }]);
    expect(lookOf(evaluation([task('in', 'held-in', 'test')], [phatgoose]), at(0))).toBeUndefined();
    expect(lookOf(evaluation([task('out', 'held-out', 'validation')], [phatgoose]), at(0))).toBeUndefined();
  });

  test('a task without a policy is not seen; a contestant of several policies has a hash of its own', () => {
    const oracle = named('oracle', { other: singleExpert('a') });
    expect(lookOf(evaluation([task('out', 'held-out', 'test')], [oracle]), at(0))).toBeUndefined();
    const hashes = [{ a: singleExpert('a') }, { a: singleExpert('b') }, { b: singleExpert('a') }].map((policy) =>
      contestantHash({ policy }),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  test('other documents, another number of them, another policy: another look; another name or time: the same', () => {
    const of = (tasks: readonly EvaluatedTask[], contestant: Contestant, minute = 0) =>
      lookOf(evaluation(tasks, [contestant]), at(minute));
    const tasks = [task('out', 'held-out', 'test')];
    const first = of(tasks, phatgoose);
    const id = (found: Look | undefined) => (found === undefined ? '' : lookId(found));
    expect(id(of(tasks, { ...phatgoose, name: 'B' }, 5))).toBe(id(first));
    expect(id(of([task('out', 'held-out', 'test', 3)], phatgoose))).not.toBe(id(first));
    expect(id(of(tasks, named('phatgoose', presetPolicy('arrow'))))).not.toBe(id(first));
  });

  test('shown again it is not counted again', () => {
    const once = log(look(0, [1, 2], [7, 8]));
    expect(addLook(once, look(1, [2], [8]))).toBe(once);
    expect(countLooks(addLook(once, look(1, [2, 3], [8])))).toBe(2);
    expect(countedAs(once, look(1, [2], [8]))).toEqual([lookId(look(0, [1, 2], [7, 8]))]);
    const more = look(1, [2, 3], [8]);
    expect(countedAs(addLook(once, more), more)).toEqual([lookId(more)]);
    expect(countLooks(addLook(once, look(1, [1], [9])))).toBe(2);
  });
});

describe('seals', () => {
  const sealed = (minute: number, of = 1) => ({ hash: hex(of), name: 'mine', at: at(minute) });

  test('hold before a look and keep their first date', () => {
    const before = sealPolicy(log(look(0, [2], [7]), look(1, [3], [7])), sealed(2));
    expect(sealPolicy(before, sealed(9))).toBe(before);
    const after = addLook(before, look(3, [1], [7]));
    expect(validSeal(after, hex(1))?.at).toBe(at(2));
    // Looks after the seal could change nothing any more.
    expect(looksWhileTuned(after, hex(1))).toBe(2);
    expect(looksWhileTuned(after, hex(2))).toBe(3);
    expect(looksSentence(after, 'mine', hex(1))).toBe(
      `mine was sealed (${hex(1)}) on 2026-01-01, before its look; held-out test had been seen 2 times until then.`,
    );
  });

  test('cannot be set after a look, nor slip in by merging', () => {
    const seen = log(look(0, [1], [7]));
    expect(() => sealPolicy(seen, sealed(5))).toThrow(/mine \(0+1\) cannot be sealed: .* once before/);
    const elsewhere = sealPolicy(noLooks, sealed(5));
    expect(validSeal(mergeLooks(seen, elsewhere), hex(1))).toBeUndefined();
    expect(looksSentence(mergeLooks(seen, elsewhere), 'mine', hex(1))).toBe(
      'Held-out test seen once while mine was tuned.',
    );
  });

  test('an edit breaks it: the policy has another hash', () => {
    const policy = presetPolicy('phatgoose');
    const edited: Policy = { ...policy, edits: [{ kind: 'mute', experts: ['a'] }] };
    const kept = sealPolicy(noLooks, { hash: policyHash(policy), name: 'A', at: at(0) });
    expect(validSeal(kept, contestantHash({ policy }))).toBeDefined();
    expect(validSeal(kept, contestantHash({ policy: edited }))).toBeUndefined();
  });
});

test('sentences', () => {
  expect(looksNotes(noLooks, [phatgoose])).toEqual(['Held-out test has not been looked at in this experiment.']);
  expect(looksSentence(noLooks, 'A', hex(1))).toBe('Held-out test has not been seen while A was tuned.');
  const seven = log(...Array.from({ length: 7 }, (_, n) => look(n, [n], [7])));
  expect(looksNotes(seven, [phatgoose])).toEqual([
    'Held-out test seen 7 times while the policies of this experiment were tuned.',
  ]);
  expect(looksSentence(seven, 'A', hex(1))).toBe('Held-out test seen 7 times while A was tuned.');
  expect(looksAt(seven, hex(1))).toBe(1);
});

// ---- properties -----------------------------------------------------------------------------------------------------

const small = fc.integer({ min: 0, max: 5 });
const anyLook = fc
  .record({
    minute: fc.integer({ min: 0, max: 20 }),
    policies: fc.array(small, { minLength: 1, maxLength: 3 }),
    documents: fc.uniqueArray(small, { minLength: 1, maxLength: 3 }),
    name: fc.constantFrom('A', 'B'),
  })
  .map(({ minute, policies, documents, name }) => look(minute, policies, documents, name));
const anySeal = fc
  .record({ of: small, minute: fc.integer({ min: 0, max: 20 }), name: fc.constantFrom('A', 'B') })
  .map(({ of, minute, name }) => ({ hash: hex(of), name, at: at(minute) }));
/** Merged with nothing, as everything that makes a log does. */
const anyLog = fc
  .record({
    looks: fc.array(anyLook, { maxLength: 6 }),
    others: fc.array(
      fc.oneof(
        anyLook.map(lookId),
        fc.integer({ min: 0, max: 3 }).map((n) => hex(n)),
      ),
      { maxLength: 4 },
    ),
    seals: fc.array(anySeal, { maxLength: 4 }),
  })
  .map((parts) => mergeLooks(parts));

describe('properties', () => {
  test('merging is associative, commutative and idempotent', () => {
    fc.assert(
      fc.property(anyLog, anyLog, anyLog, (a, b, c) => {
        expect(mergeLooks(a, b)).toEqual(mergeLooks(b, a));
        expect(mergeLooks(a, mergeLooks(b, c))).toEqual(mergeLooks(mergeLooks(a, b), c));
        expect(mergeLooks(a, a)).toEqual(a);
        expect(mergeLooks(a, noLooks)).toEqual(a);
      }),
    );
  });

  test('no merge and no look ever lowers a count', () => {
    fc.assert(
      fc.property(anyLog, anyLog, anyLook, (a, b, one) => {
        expect(countLooks(mergeLooks(a, b))).toBeGreaterThanOrEqual(Math.max(countLooks(a), countLooks(b)));
        expect(countLooks(mergeLooks(a, b))).toBeLessThanOrEqual(countLooks(a) + countLooks(b));
        const more = addLook(a, one);
        expect(countLooks(more)).toBeGreaterThanOrEqual(countLooks(a));
        for (let n = 0; n <= 5; n++) expect(looksWhileTuned(more, hex(n))).toBeLessThanOrEqual(countLooks(more));
      }),
    );
  });

  test('a link that went round and came back adds nothing', () => {
    fc.assert(
      fc.property(anyLog, (a) => {
        const link: Looks = { ...noLooks, others: lookIds(a) };
        expect(mergeLooks(a, link)).toEqual(a);
        expect(countLooks(mergeLooks(link))).toBe(countLooks(a));
      }),
    );
  });

  test('a file gives back what was written', () => {
    fc.assert(
      fc.property(anyLog, (a) => {
        expect(parseLooks(JSON.parse(JSON.stringify(looksJson(a))))).toEqual({ log: a, problems: [] });
      }),
    );
  });

  test('whatever a file holds, reading it ends in a log and in words', () => {
    const around = (value: unknown) => [value, { format: 'switchyard-looks', version: 1, looks: value, seals: value }];
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), anyLog, fc.nat(), (value, good, n) => {
        const list: unknown[] = [...good.looks];
        list.splice(n % (list.length + 1), 0, value);
        for (const json of [
          ...around(value),
          { ...looksJson(good), looks: list },
          { ...looksJson(good), seals: value },
        ])
          for (const { field, message } of [...parseLooks(json).problems]) {
            expect(field.length).toBeLessThanOrEqual(80);
            expect(message.length).toBeLessThan(300);
          }
        expect(parseLooks({ ...looksJson(good), looks: list }).log).toEqual(good);
      }),
    );
  });
});

test.each([
  [[], /"switchyard-looks"; nothing is read/],
  [{ format: 'switchyard-looks', version: 2 }, /version: 2 is not 1/],
  [{ looks: 3 }, /looks: 3 is not a list/],
  [{ looks: [{ ...look(0, [1], [1]), at: '2026-01-01' }] }, /looks\[0\]\.at: "2026-01-01" is not a time such as/],
  [{ looks: [{ ...look(0, [1], [1]), tasks: [] }] }, /looks\[0\]\.tasks: has 0 entries/],
  [
    { looks: [look(0, [1], [1]), { ...look(0, [1], [1]), policies: [{ name: 'A', hash: 'A' }] }] },
    /looks\[1\]\.policies\[0\]\.hash: "A" is not a hash/,
  ],
  [{ others: ['x'] }, /others\[0\]: "x" is not a hash/],
  [{ seals: [{ hash: hex(1), name: 'n'.repeat(301), at: at(0) }] }, /seals\[0\]\.name/],
  [
    { others: Array.from({ length: LOOKS_LIMITS.entries + 1 }, (_, n) => hex(n)) },
    /others: has 10001 entries; only the first/,
  ],
])('%#: names what is wrong', (changes, message) => {
  const json = Array.isArray(changes) ? changes : { ...looksJson(noLooks), ...changes };
  const { problems } = parseLooks(json);
  expect(problems.map(({ field, message: said }) => `${field}: ${said}`).join('\n')).toMatch(message);
});
