import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTiny, record, request, sessionOn } from '../../src/cli/testing.ts';
import type { RunControl } from './run.ts';
import type { Backend, Pass, Sequence } from '../backends/backend.ts';
import type { OpenModel } from '../model.ts';

vi.setConfig({ testTimeout: 60_000 });

let model: OpenModel;
beforeAll(async () => {
  model = await openTiny();
}, 60_000);
afterAll(() => model.backend.dispose());

const SEGMENT = 18;
/** When each segment of the test under way began. */
let began: number[] = [];

/**
 * As WebAssembly behaves: every segment holds the thread for as long as 128 tokens of the real model take, and promises
 * resolve without a turn of the event loop.
 */
function slow(backend: Backend): Backend {
  began = [];
  const slowPass = (pass: Pass): Pass => ({
    first: pass.first,
    tokens: pass.tokens,
    get site() {
      return pass.site;
    },
    input: () => pass.input(),
    async advance(routes) {
      const from = performance.now();
      began.push(from);
      while (performance.now() < from + SEGMENT);
      await pass.advance(routes);
    },
    logits: (rows) => pass.logits(rows),
    release: () => {
      pass.release();
    },
  });
  const slowSequence = (sequence: Sequence): Sequence => ({
    get length() {
      return sequence.length;
    },
    begin: async (ids, options) => slowPass(await sequence.begin(ids, options)),
    resume: async (first, site) => {
      const pass = await sequence.resume(first, site);
      return pass && slowPass(pass);
    },
    fork: async () => slowSequence(await sequence.fork()),
    truncate: (length) => {
      sequence.truncate(length);
    },
    release: () => {
      sequence.release();
    },
  });
  return { ...backend, open: async () => slowSequence(await backend.open()) };
}

/** Told to stop by a task of its own, as by a message of the page; `due` is when that task was ready to run. */
function stopLater(milliseconds: number): { control: RunControl; start: () => void; due: () => number } {
  const stop = new AbortController();
  let due = Infinity;
  return {
    control: { signal: stop.signal, amendment: () => undefined },
    start: () => {
      due = performance.now() + milliseconds + 1;
      setTimeout(() => {
        stop.abort();
      }, milliseconds);
    },
    due: () => due,
  };
}

const long = request({ sampling: { temperature: 0, topP: 1, maxTokens: 90 }, prompt: { text: 'hi', raw: false } });

test.each(['prompt', 'answer'])('a stop in the %s is heard within 200 ms and gives what there is', async (where) => {
  const session = sessionOn(model, { backend: slow(model.backend) });
  const { control, start, due } = stopLater(3);
  const blocks: number[] = [];
  let tokens = 0;
  const result = await session.run(
    long,
    (event) => {
      if (event.kind === 'block') blocks.push(event.block.tokens);
      if (event.kind === (where === 'prompt' ? 'prompt' : 'token') && tokens++ === 0) start();
    },
    control,
  );
  // In segments, as a busy machine stretches all times alike: three of 18 ms, and a task, are far below 200 ms.
  expect(began.filter((at) => at > due()).length).toBeLessThanOrEqual(3);
  expect(result.end).toBe('stopped');
  expect(result.answer.tokens.length).toBe(where === 'prompt' ? 0 : tokens);
  expect(result.trace.tokens).toBe(blocks.reduce((sum, count) => sum + count, 0));
  // The stopped run is as good a beginning as a finished one.
  const short = request({ sampling: { temperature: 0, topP: 1, maxTokens: 3 }, prompt: long.prompt });
  const fresh = await record(sessionOn(model), short);
  const reused = await record(session, short);
  expect(reused.result.answer.text).toEqual(fresh.result.answer.text);
  expect(reused.result.trace.experts).toEqual(fresh.result.trace.experts);
  if (where === 'answer') expect(reused.result.reused.tokens).toBeGreaterThan(0);
});

test('a stop while a resumed prompt is computed leaves no half of each policy', async () => {
  const session = sessionOn(model, { backend: slow(model.backend) });
  const few = { sampling: { temperature: 0, topP: 1, maxTokens: 2 } };
  await record(session, request(few));
  const policy = { ...request().policy, edits: [{ kind: 'mute' as const, experts: ['alpha'], sites: { from: 1 } }] };
  const { control, start } = stopLater(0);
  start();
  const stopped = await record(session, request({ ...few, policy }), control);
  expect(stopped.result.end).toBe('stopped');
  for (const wanted of [request({ ...few, policy }), request(few)]) {
    const { result } = await record(session, wanted);
    const fresh = await record(sessionOn(model), wanted);
    expect(result.trace.experts).toEqual(fresh.result.trace.experts);
    expect(result.answer.text).toBe(fresh.result.answer.text);
  }
});

test('a stop while the embedder is on its way is answered at once', async () => {
  const embed = () => new Promise<never>(() => undefined);
  const session = sessionOn(model, {
    routing: {
      compile: () => {
        throw new Error('not reached');
      },
      needs: () => ['prompt-embedding'],
      difference: () => undefined,
    },
    embed,
  });
  const { control, start } = stopLater(10);
  start();
  const { result } = await record(session, request(), control);
  expect(result.end).toBe('stopped');
  expect(result.prompt.tokens.length).toBeGreaterThan(0);
});
