import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openTiny, record, request, sessionOn, neverStopped } from '../../src/cli/testing.ts';
import { presetPolicy } from '../../src/core/routing/presets.ts';
import type { Edit, EditScope, Policy } from '../../src/core/routing/policy.ts';
import { appendBlock } from '../../src/core/trace-tools.ts';
import type { RoutingTrace } from '../../src/core/trace.ts';
import type { RunEvent, RunRequest, RunResult } from '../../src/protocol/engine.ts';
import type { OpenModel } from '../model.ts';
import type { RunControl } from './run.ts';

vi.setConfig({ testTimeout: 60_000 });

let model: OpenModel;
beforeAll(async () => {
  model = await openTiny();
}, 60_000);
afterAll(() => model.backend.dispose());

const fresh = (wanted: RunRequest) => record(sessionOn(model), wanted);

/** Blocks of another size sum in another order: the last bits of scores and weights may differ, no choice may. */
function expectSame(a: RunResult, b: RunResult): void {
  expect(a.answer.tokens.map(({ id }) => id)).toEqual(b.answer.tokens.map(({ id }) => id));
  expect(a.answer.text).toBe(b.answer.text);
  expect(a.end).toBe(b.end);
  a.answer.tokens.forEach((token, i) => {
    const other = b.answer.tokens[i];
    expect(token.logprob).toBeCloseTo(other?.logprob ?? NaN, 3);
    expect(token.top.map(({ id }) => id)).toEqual(other?.top.map(({ id }) => id));
  });
  const { experts, weights, scores, ...axes } = a.trace;
  const { experts: e, weights: w, scores: s, ...otherAxes } = b.trace;
  expect(axes).toEqual(otherAxes);
  expect(experts).toEqual(e);
  expectClose(weights, w);
  expectClose(scores ?? new Float32Array(), s ?? new Float32Array());
}
function expectClose(a: Float32Array, b: Float32Array): void {
  expect(a.length).toBe(b.length);
  expect(a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? NaN))), 0)).toBeLessThan(1e-3);
}

const withEdits = (policy: Policy, ...edits: Edit[]): Policy => ({ ...policy, edits });
const mute = (scope: EditScope & { readonly since?: number } = {}): Edit => ({
  kind: 'mute',
  experts: ['alpha'],
  ...scope,
});

describe('a run', () => {
  test('streams what it returns', async () => {
    const { result, events } = await fresh(request());
    const of = <K extends RunEvent['kind']>(kind: K) =>
      events.filter((event): event is Extract<RunEvent, { kind: K }> => event.kind === kind);
    expect(of('prompt').map(({ tokens }) => tokens)).toEqual([result.prompt.tokens]);
    expect(of('token').map(({ token }) => token)).toEqual(result.answer.tokens);
    let trace: RoutingTrace | undefined;
    for (const { block } of of('block')) trace = appendBlock(trace, block);
    expect(trace).toEqual(result.trace);
    expect(result.trace.tokens).toBe(result.prompt.tokens.length + result.answer.tokens.length - 1);
    expect(result.trace.scores?.length).toBe(result.trace.sites * result.trace.tokens * result.trace.units);
    expect(result.reused).toEqual({ tokens: 0, site: 0 });
  });

  test('keeps scores to itself unless asked', async () => {
    const { result, events } = await fresh(request({ scores: false }));
    expect(result.trace.scores).toBeUndefined();
    for (const event of events) if (event.kind === 'block') expect(event.block.scores).toBeUndefined();
  });

  test('the base alone chooses nobody', async () => {
    const { result } = await fresh(request({ policy: presetPolicy('none') }));
    expect(result.trace.slots).toBe(0);
    expect(result.answer.tokens.length).toBeGreaterThan(0);
  });

  test('draws depend on the seed alone', async () => {
    const sampling = { temperature: 1.5, topP: 0.9, maxTokens: 12 };
    const ids = async (seed: number) =>
      (await fresh(request({ sampling, seed }))).result.answer.tokens.map(({ id }) => id);
    expect(await ids(3)).toEqual(await ids(3));
    expect(await ids(3)).not.toEqual(await ids(4));
  });

  test('ends at the end-of-turn token, which counts but is not shown', async () => {
    const end = model.tokenizer.idOf(model.manifest.template.end_of_turn) ?? -1;
    const { result } = await fresh(request({ answer: [75, 76, end] }));
    expect(result.end).toBe('end-of-turn');
    expect(result.answer.tokens.map(({ id }) => id)).toEqual([75, 76, end]);
    expect(result.answer.text).toBe(model.tokenizer.decode([75, 76]));
  });

  test('a given answer has the likelihoods of the same answer generated', async () => {
    const generated = (await fresh(request())).result;
    const answer = generated.answer.tokens.map(({ id }) => id);
    const given = (await fresh(request({ answer }))).result;
    expectSame({ ...given, end: generated.end }, generated);
  });
});

describe('reuse gives what a fresh run gives', () => {
  /** Runs `first`, then `second` in the same session; the second must equal its own fresh run. */
  async function after(first: RunRequest, second: RunRequest): Promise<RunResult> {
    const session = sessionOn(model);
    await record(session, first);
    const { result, events } = await record(session, second);
    expectSame(result, (await fresh(second)).result);
    let trace: RoutingTrace | undefined;
    for (const event of events) if (event.kind === 'block') trace = appendBlock(trace, event.block);
    // Slots that no cell uses are cut off at the end.
    expect(trace?.tokens).toBe(result.trace.tokens);
    if (trace?.slots === result.trace.slots) expect(trace).toEqual(result.trace);
    expect(events.filter(({ kind }) => kind === 'token').length).toBe(result.answer.tokens.length);
    return result;
  }
  const base = presetPolicy('phatgoose');

  test('the same run again computes nothing', async () => {
    const result = await after(request(), request({ id: 'again' }));
    expect(result.reused.tokens).toBe(result.trace.tokens);
    expect(result.milliseconds.policy).toBe(0);
  });

  test('a longer answer goes on where the first ended', async () => {
    const result = await after(request(), request({ sampling: { temperature: 0, topP: 1, maxTokens: 20 } }));
    expect(result.reused.tokens).toBe(result.prompt.tokens.length + 11);
  });

  test('a shorter answer is cut off', async () => {
    const result = await after(request(), request({ sampling: { temperature: 0, topP: 1, maxTokens: 3 } }));
    expect(result.answer.tokens.length).toBe(3);
    expect(result.reused.tokens).toBe(result.trace.tokens);
  });

  test('an edit from a token of the answer on keeps what is before it', async () => {
    const at = (await fresh(request())).result.prompt.tokens.length + 4;
    const policy = withEdits(base, mute({ tokens: { from: at } }));
    expect((await after(request(), request({ policy }))).reused.tokens).toBe(at);
  });

  test('an edit from a token of the prompt on keeps what is before it', async () => {
    const policy = withEdits(base, mute({ tokens: { from: 9 } }));
    expect((await after(request(), request({ policy }))).reused).toEqual({ tokens: 9, site: 0 });
  });

  test('an edit from a site on recomputes the prompt from that site on', async () => {
    const policy = withEdits(base, mute({ sites: { from: 3 } }));
    expect((await after(request(), request({ policy }))).reused).toEqual({ tokens: 0, site: 3 });
  });

  test('and once more, from the run that was resumed', async () => {
    const session = sessionOn(model);
    for (const from of [3, 2, 1, 3]) {
      const wanted = request({ policy: withEdits(base, mute({ sites: { from } })) });
      const { result } = await record(session, wanted);
      expectSame(result, (await fresh(wanted)).result);
    }
  });

  test('another policy with fewer or more slots', async () => {
    await after(request({ policy: presetPolicy('uniform') }), request());
    const policy = withEdits(base, { kind: 'force', experts: ['alpha', 'beta', 'gamma'], sites: { from: 2 } });
    await after(request(), request({ policy }));
    await after(request({ policy }), request());
  });

  test('another prompt keeps the common beginning', async () => {
    const result = await after(request(), request({ prompt: { text: 'hello here', raw: false } }));
    expect(result.reused.tokens).toBeGreaterThan(5);
  });

  test('another temperature keeps the prompt', async () => {
    const sampling = { temperature: 0.8, topP: 1, maxTokens: 12 };
    const result = await after(request(), request({ sampling }));
    expect(result.reused.tokens).toBe(result.prompt.tokens.length);
  });

  test('a prompt of several chunks', async () => {
    const session = sessionOn(model);
    const text = 'the quick brown fox '.repeat(2);
    for (const policy of [base, withEdits(base, mute({ sites: { from: 2 } })), presetPolicy('none')]) {
      const wanted = request({ prompt: { text, raw: true }, policy });
      expectSame((await record(session, wanted)).result, (await fresh(wanted)).result);
    }
  });

  test('A and B in turn, both kept', async () => {
    const session = sessionOn(model);
    const a = request();
    const b = request({ policy: withEdits(base, mute({ sites: { from: 2 } })) });
    for (const [i, wanted] of [a, b, a, b].entries()) {
      const { result } = await record(session, wanted);
      expectSame(result, (await fresh(wanted)).result);
      if (i >= 2) expect(result.reused.tokens).toBe(result.trace.tokens);
    }
  });

  test('a likelihood between them takes the place of neither', async () => {
    const session = sessionOn(model);
    const b = request({ policy: withEdits(base, mute({ sites: { from: 2 } })) });
    const answer = (await record(session, request())).result.answer.tokens.map(({ id }) => id);
    await record(session, b);
    const given = { ...b, answer };
    expectSame((await record(session, given)).result, (await fresh(given)).result);
    for (const wanted of [request(), b]) {
      const { result } = await record(session, wanted);
      expect(result.reused.tokens).toBe(result.trace.tokens);
    }
  });

  test('given answers share the prompt', async () => {
    const result = await after(request({ answer: [75, 76, 77] }), request({ answer: [80, 81] }));
    expect(result.reused.tokens).toBe(result.prompt.tokens.length);
  });

  test('more of the next tokens than were kept are computed again', async () => {
    const result = await after(request({ top: 1 }), request({ top: 5 }));
    expect(result.answer.tokens.every(({ top }) => top.length === 5)).toBe(true);
  });
});

describe('a policy changed while the answer is generated', () => {
  /** Changes the policy when the given number of tokens is out. */
  async function amended(policy: Policy, next: Policy, tokens: number): Promise<{ result: RunResult; since: number }> {
    let change: Policy | undefined;
    let seen = 0;
    let since = -1;
    const control: RunControl = {
      signal: new AbortController().signal,
      amendment: () => {
        const now = change;
        change = undefined;
        return now;
      },
    };
    const result = await sessionOn(model).run(
      request({ policy }),
      (event) => {
        if (event.kind === 'token' && ++seen === tokens) change = next;
        if (event.kind === 'policy') ({ since } = event);
      },
      control,
    );
    return { result, since };
  }
  const base = presetPolicy('phatgoose');

  test('takes part in the next token, and its policy repeats the run', async () => {
    const { result, since } = await amended(base, withEdits(base, mute()), 4);
    expect(since).toBe(result.prompt.tokens.length + 3);
    expect(result.policy.edits).toEqual([mute({ since })]);
    const again = (await fresh(request({ policy: result.policy }))).result;
    expectSame(again, result);
    const cells = (from: number, to: number) => rows(result.trace, from, to);
    expect(cells(since, result.trace.tokens)).not.toContain(0);
    expect(cells(0, since)).toContain(0);
  });

  test('an edit taken away stays for the tokens it acted on', async () => {
    const { result, since } = await amended(withEdits(base, mute()), base, 4);
    expect(result.policy.edits).toEqual([mute({ tokens: { to: since - 1 } })]);
    expectSame((await fresh(request({ policy: result.policy }))).result, result);
  });

  test('the run after it reuses both parts', async () => {
    let change: Policy | undefined = undefined;
    const session = sessionOn(model);
    let tokens = 0;
    const first = await session.run(
      request(),
      (event) => {
        if (event.kind === 'token' && ++tokens === 4) change = withEdits(base, mute());
      },
      {
        signal: new AbortController().signal,
        amendment: () => {
          const now = change;
          change = undefined;
          return now;
        },
      },
    );
    const again = await session.run(request({ policy: first.policy }), () => undefined, neverStopped());
    expect(again.reused.tokens).toBe(again.trace.tokens);
    expectSame(again, first);
    const plain = await session.run(request(), () => undefined, neverStopped());
    expectSame(plain, (await fresh(request())).result);
  });
});

function rows({ sites, tokens, slots, experts }: RoutingTrace, from: number, to: number): number[] {
  const found: number[] = [];
  for (let site = 0; site < sites; site++)
    found.push(...experts.subarray((site * tokens + from) * slots, (site * tokens + to) * slots));
  return found;
}

describe('errors', () => {
  test('a prompt that does not fit says by how much', async () => {
    const session = sessionOn(model);
    const long = request({ prompt: { text: 'x '.repeat(400), raw: false } });
    await expect(record(session, long)).rejects.toMatchObject({
      code: 'context',
      message: expect.stringMatching(/has \d+ tokens .* \d+ more than the context of 128 holds/) as string,
    });
    await expect(
      record(session, request({ prompt: { text: 'x'.repeat(2_000_000), raw: true } })),
    ).rejects.toMatchObject({ code: 'context' });
    expectSame((await record(session, request())).result, (await fresh(request())).result);
  });

  test('an answer that may not fit says how many tokens may', async () => {
    const { length } = (await fresh(request())).result.prompt.tokens;
    const sampling = { temperature: 0, topP: 1, maxTokens: 200 };
    await expect(record(sessionOn(model), request({ sampling }))).rejects.toThrow(
      `at most ${String(128 - length + 1)}.`,
    );
    const full = { ...sampling, maxTokens: 128 - length + 1 };
    const { result } = await record(sessionOn(model), request({ sampling: full }));
    expect(result.trace.tokens).toBeLessThanOrEqual(128);
  });

  test('a policy that cannot run leaves the session usable', async () => {
    const session = sessionOn(model);
    await record(session, request());
    const unknown = withEdits(presetPolicy('phatgoose'), { kind: 'mute', experts: ['nobody'] });
    await expect(record(session, request({ policy: unknown }))).rejects.toThrow(/nobody/);
    expect((await record(session, request())).result.reused.tokens).toBeGreaterThan(0);
  });

  test('a scale that overflows is named, and the next run is right', async () => {
    const session = sessionOn(model);
    const policy = withEdits(presetPolicy('uniform'), {
      kind: 'scale',
      factor: 1e38,
      experts: ['alpha', 'beta', 'gamma'],
    });
    await expect(record(session, request({ policy }))).rejects.toThrow(
      /not a number|not finite|not numbers|Infinity|NaN/,
    );
    expectSame((await record(session, request())).result, (await fresh(request())).result);
  });
});
