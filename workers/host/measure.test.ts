import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { neverStopped, openTiny, record, request, sessionOn } from '../../src/cli/testing.ts';
import { presetPolicy } from '../../src/core/routing/presets.ts';
import type { Edit, Policy } from '../../src/core/routing/policy.ts';
import type { Measurement } from '../../src/core/evaluation/measurement.ts';
import type { MeasureRequest } from '../../src/protocol/engine.ts';
import type { OpenModel } from '../model.ts';
import { coreRouting } from './routing.ts';

vi.setConfig({ testTimeout: 60_000 });

let model: OpenModel;

const forever = neverStopped().signal;
const wanted = (changes: Partial<MeasureRequest> = {}): MeasureRequest => ({
  id: 'document',
  prompt: { text: 'hello there', raw: false },
  policies: [presetPolicy('phatgoose')],
  seed: 1,
  gold: 'heat',
  options: ['hello', 'heat', 'he', 'there'],
  beyond: 4,
  ...changes,
});
const measured = (changes: Partial<MeasureRequest> = {}) => sessionOn(model).measure(wanted(changes), forever);
const from = (site: number, policy: Policy = presetPolicy('phatgoose')): Policy => ({
  ...policy,
  edits: [{ kind: 'mute', experts: ['alpha'], sites: { from: site } } satisfies Edit],
});

/** Routing that tells which blocks it routed. */
const watchedRouting = (
  seen: (block: Parameters<ReturnType<typeof coreRouting.compile>['route']>[0]) => void,
): typeof coreRouting => ({
  ...coreRouting,
  compile(policy, context) {
    const run = coreRouting.compile(policy, context);
    return {
      ...run,
      route(block, out, raw) {
        seen(block);
        run.route(block, out, raw);
      },
    };
  },
});

function expectSame(a: readonly Measurement[], b: readonly Measurement[]): void {
  expect(a.length).toBe(b.length);
  a.forEach((one, i) => {
    const other = b[i];
    expect(one.answer).toBe(other?.answer);
    expect(one.gold.logprob).toBeCloseTo(other?.gold.logprob ?? NaN, 3);
    one.options?.forEach((option, o) => {
      expect(option.logprob).toBeCloseTo(other?.options?.[o]?.logprob ?? NaN, 3);
      expect(option.tokens).toBe(other?.options?.[o]?.tokens);
    });
    one.routing.share.forEach((share, unit) => {
      expect(share).toBeCloseTo(other?.routing.share[unit] ?? NaN, 2);
    });
    expect(one.routing.entropy).toBeCloseTo(other?.routing.entropy ?? NaN, 2);
  });
}

const POLICIES = ['none', 'uniform', 'phatgoose', 'arrow', 'average-activation'];

// One computes the options of a document in one block, the other one after the other.
describe.each(['onnx-wasm', 'simd'] as const)('a measured document on %s', (backend) => {
  beforeAll(async () => {
    model = await openTiny(backend);
  }, 60_000);
  afterAll(() => model.backend.dispose());

  test.each(POLICIES)('%s: likelihoods and answer are those of runs', async (method) => {
    const policy = presetPolicy(method);
    const [found] = await measured({ policies: [policy] });
    const { tokenizer, manifest } = model;
    const end = tokenizer.idOf(manifest.template.end_of_turn) ?? -1;
    for (const [i, option] of (wanted().options ?? []).entries()) {
      const answer = [...tokenizer.encode(option), end];
      const { result } = await record(sessionOn(model), request({ policy, answer }));
      const sum = result.answer.tokens.reduce((all, { logprob }) => all + logprob, 0);
      expect(found?.options?.[i]?.logprob).toBeCloseTo(sum, 3);
      expect(found?.options?.[i]?.tokens).toBe(answer.length);
      if (option === wanted().gold) expect(found?.gold.logprob).toBeCloseTo(sum, 3);
    }
    const most = tokenizer.encode(wanted().gold).length + 1 + 4;
    const sampling = { temperature: 0, topP: 1, maxTokens: most };
    const { result } = await record(sessionOn(model), request({ policy, sampling }));
    expect(found?.answer).toBe(result.answer.text);
  });

  test('its routes are counted over prompt and gold answer', async () => {
    const [found] = await measured();
    const { tokenizer, manifest } = model;
    const answer = [...tokenizer.encode('heat'), tokenizer.idOf(manifest.template.end_of_turn) ?? -1];
    const { trace } = (await record(sessionOn(model), request({ answer }))).result;
    const weight = [...trace.weights].reduce((sum, w) => sum + w, 0);
    const shares = Array.from({ length: trace.units }, (_, unit) =>
      trace.experts.reduce((sum, e, i) => sum + (e === unit ? (trace.weights[i] ?? 0) : 0), 0),
    );
    found?.routing.share.forEach((share, unit) => {
      expect(share).toBeCloseTo((shares[unit] ?? NaN) / weight, 3);
    });
    expect(found?.routing.chosen).toBe(2);
  });

  test('shared prompts, options and sites give what each would alone', async () => {
    const policies = [presetPolicy('phatgoose'), from(1), from(3), from(3), presetPolicy('uniform'), from(2)];
    const long = 'hello there, '.repeat(12);
    for (const text of ['hello there', long]) {
      const prompt = { text, raw: false };
      expectSame(await measured({ prompt, policies }), await measured({ prompt, policies, share: false }));
      const alone = await Promise.all(policies.map((policy) => measured({ prompt, policies: [policy] })));
      expectSame(await measured({ prompt, policies }), alone.flat());
    }
  });

  test('sites that a policy has in common with the one before are not routed again', async () => {
    const sites: number[] = [];
    const routing = watchedRouting(({ first, site }) => {
      if (first === 0) sites.push(site);
    });
    const session = sessionOn(model, { routing });
    await session.measure(wanted({ policies: [presetPolicy('phatgoose'), from(3), from(3)] }), forever);
    expect(sites).toEqual([0, 1, 2, 3, 3]);
  });

  test('the slow way reads the prompt once for an answer, not once for each of its tokens', async () => {
    let prompts = 0;
    const routing = watchedRouting(({ first, site }) => {
      if (first === 0 && site === 0) prompts++;
    });
    const { id, prompt, policies, seed, gold } = wanted();
    const free = { id, prompt, policies, seed, gold, beyond: 8, share: false };
    const [found] = await sessionOn(model, { routing }).measure(free, forever);
    expect(found?.answer).not.toBe('');
    // For the greedy answer, and anew for the right one.
    expect(prompts).toBe(2);
  });

  test('a free answer has no options, and none is generated unless asked', async () => {
    const { id, prompt, policies, seed, gold } = wanted();
    const [found] = await sessionOn(model).measure({ id, prompt, policies, seed, gold }, forever);
    expect(found).not.toHaveProperty('options');
    expect(found).not.toHaveProperty('answer');
  });

  test('what cannot be measured is named', async () => {
    await expect(measured({ policies: [] })).rejects.toThrow(/no policy/);
    await expect(measured({ options: ['heat', 'heat'] })).rejects.toThrow(/options.*same/);
    await expect(measured({ options: ['', 'heat', 'he'] })).rejects.toThrow(/option.*empty/);
    await expect(measured({ gold: 'cold' })).rejects.toThrow(/none of the options/);
    const gold = 'heat'.repeat(2000);
    await expect(measured({ gold, options: [gold] })).rejects.toThrow(/context/);
  });

  test('told to stop, it stops, and the next one is right', async () => {
    const session = sessionOn(model);
    const stop = new AbortController();
    stop.abort();
    await expect(session.measure(wanted(), stop.signal)).rejects.toThrow();
    expectSame(await session.measure(wanted(), forever), await measured());
  });

  test('leaves what runs have kept', async () => {
    const session = sessionOn(model);
    await record(session, request());
    await session.measure(wanted(), forever);
    const again = await record(session, request());
    expect(again.result.reused.tokens).toBeGreaterThan(0);
  });
});
