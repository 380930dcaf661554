import { afterEach, expect, test } from 'vitest';
import { nodePlatform } from '../src/cli/node-engine.ts';
import { request, tinyFolder } from '../src/cli/testing.ts';
import { presetPolicy } from '../src/core/routing/presets.ts';
import type { LoadProgress, LoadRequest } from '../src/protocol/engine.ts';
import { createEngine, type Engine, type Platform } from './engine.ts';

const tiny: LoadRequest = { manifest: tinyFolder, backend: 'onnx-wasm', threads: 1 };
const nothing = (): void => undefined;

let engine: Engine | undefined;
afterEach(() => engine?.dispose());
function start(changes: Partial<Platform> = {}): Engine {
  engine = createEngine({ ...nodePlatform, ...changes });
  return engine;
}

test('tells of every phase, loads the same model once, and runs', async () => {
  let made = 0;
  const engine = start({
    backend: (id, input) => {
      made++;
      return nodePlatform.backend(id, input);
    },
  });
  const steps: LoadProgress[] = [];
  const model = await engine.load(tiny, (progress) => steps.push(progress));
  expect([...new Set(steps.map(({ phase }) => phase))]).toEqual(['manifest', 'base', 'experts', 'sessions']);
  for (const phase of ['base', 'experts', 'sessions'] as const) {
    const last = steps.filter((step) => step.phase === phase).at(-1);
    expect(last?.done).toBe(last?.total);
  }
  expect(model.library.experts.map(({ id }) => id)).toEqual(['alpha', 'beta', 'gamma']);
  expect(model.library).not.toHaveProperty('gates');
  expect(model.package.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(model.backend.notices).toEqual([]);
  expect(await engine.load({ ...tiny }, nothing)).toEqual(model);
  expect(made).toBe(1);
  const result = await engine.run(request(), nothing);
  expect(result.answer.tokens.length).toBeGreaterThan(0);
  const [tokens] = await engine.tokenize(['hello']);
  expect(tokens?.map(({ text }) => text).join('')).toBe('hello');
});

test('without a model every call says so', async () => {
  const engine = start();
  await expect(engine.run(request(), nothing)).rejects.toMatchObject({ code: 'not-loaded' });
  await expect(engine.tokenize(['a'])).rejects.toMatchObject({ code: 'not-loaded' });
  await expect(engine.parity(1)).rejects.toMatchObject({ code: 'not-loaded' });
  expect(engine.amend('nobody', presetPolicy('none'))).toBe(false);
});

test('a load that is cancelled while sessions are made, and another try', async () => {
  const engine = start();
  let cancelled = false;
  const loading = engine.load(tiny, ({ phase, done }) => {
    if (phase === 'sessions' && done === 1 && !cancelled) {
      cancelled = true;
      engine.cancel('load');
    }
  });
  await expect(loading).rejects.toMatchObject({ code: 'aborted' });
  await engine.load(tiny, nothing);
  expect((await engine.run(request(), nothing)).end).toBe('limit');
});

test('a failed load leaves no model, and the next one works', async () => {
  const engine = start();
  await engine.load(tiny, nothing);
  await expect(engine.load({ ...tiny, manifest: `${tinyFolder}-nowhere` }, nothing)).rejects.toMatchObject({
    code: 'fetch',
  });
  await expect(engine.run(request(), nothing)).rejects.toMatchObject({ code: 'not-loaded' });
  await engine.load(tiny, nothing);
});

test('a run is amended and stopped by its id; a second one of the same id is refused', async () => {
  const engine = start();
  await engine.load(tiny, nothing);
  const policies: number[] = [];
  const running = engine.run(request({ id: 'a' }), (event) => {
    if (event.kind === 'policy') policies.push(event.since);
    if (event.kind === 'prompt') {
      expect(engine.amend('a', { ...request().policy, edits: [{ kind: 'mute', experts: ['beta'] }] })).toBe(true);
    }
  });
  await expect(engine.run(request({ id: 'a' }), nothing)).rejects.toThrow(/under way already/);
  const result = await running;
  expect(policies).toEqual([0]);
  expect(result.policy.edits).toEqual([{ kind: 'mute', experts: ['beta'], since: 0 }]);
  expect(engine.amend('a', request().policy)).toBe(false);

  const stopped = engine.run(request({ id: 'b', sampling: { temperature: 0, topP: 1, maxTokens: 60 } }), (event) => {
    if (event.kind === 'token') engine.cancel('b');
  });
  expect((await stopped).end).toBe('stopped');
  const waiting = [engine.run(request({ id: 'c' }), nothing), engine.run(request({ id: 'd' }), nothing)];
  engine.cancel('d');
  await expect(waiting[1]).rejects.toMatchObject({ code: 'aborted' });
  expect((await waiting[0])?.end).toBe('limit');
});
