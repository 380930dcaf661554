import { afterEach, expect, test } from 'vitest';
import { presetPolicy } from '../core/routing/presets.ts';
import type { LoadProgress, LoadRequest, RunEvent, RunRequest } from '../protocol/engine.ts';
import { createEngine, type Engine } from './client.ts';

const never = new AbortController().signal;
const tiny: LoadRequest = {
  manifest: new URL('/models/tiny/manifest.json', window.location.href).href,
  backend: 'onnx-wasm',
};
const wanted: RunRequest = {
  id: 'a',
  prompt: { text: 'hello there', raw: false },
  policy: presetPolicy('phatgoose'),
  seed: 0,
  sampling: { temperature: 0, topP: 1, maxTokens: 8 },
  scores: true,
  top: 3,
};

let engine: Engine | undefined;
afterEach(async () => {
  engine?.dispose();
  await caches.delete('switchyard-package-tiny');
});

test('the real worker loads, keeps, runs, hears of an edit and of a stop', async () => {
  engine = createEngine();
  const steps: LoadProgress[] = [];
  const model = await engine.load(never, tiny, (progress) => steps.push(progress));
  expect(model.package.id).toBe('tiny');
  expect(model.backend.threads).toBe(Math.min(4, navigator.hardwareConcurrency));
  expect(steps.filter(({ phase }) => phase === 'base').at(-1)).toMatchObject({ cached: 0 });

  const events: RunEvent[] = [];
  const result = await engine.run(never, wanted, (event) => events.push(event));
  expect(result.answer.tokens).toHaveLength(8);
  expect(events.filter(({ kind }) => kind === 'token')).toHaveLength(8);
  const edits = [{ kind: 'mute' as const, experts: ['alpha'], sites: { from: 2 } }];
  const edited = await engine.run(never, { ...wanted, id: 'b', policy: { ...wanted.policy, edits } }, () => undefined);
  expect(edited.reused).toEqual({ tokens: 0, site: 2 });

  const control = new AbortController();
  const long = {
    ...wanted,
    id: 'c',
    prompt: { text: 'bye', raw: false },
    sampling: { ...wanted.sampling, maxTokens: 90 },
  };
  const stopped = await engine.run(control.signal, long, (event) => {
    if (event.kind === 'token') control.abort();
  });
  expect(stopped.end).toBe('stopped');
  await expect(
    engine.run(never, { ...wanted, id: 'd', prompt: { text: 'x '.repeat(500), raw: true } }, () => undefined),
  ).rejects.toMatchObject({ code: 'context' });
}, 60_000);

test('a second visit downloads nothing', async () => {
  engine = createEngine();
  await engine.load(never, tiny, () => undefined);
  engine.dispose();
  engine = createEngine();
  const steps: LoadProgress[] = [];
  await engine.load(never, tiny, (progress) => steps.push(progress));
  for (const phase of ['base', 'experts'] as const) {
    const last = steps.filter((step) => step.phase === phase).at(-1);
    expect(last?.cached).toBe(last?.total);
  }
}, 60_000);

test('a package that is not there is named', async () => {
  engine = createEngine();
  const nowhere = { ...tiny, manifest: tiny.manifest.replace('tiny', 'nowhere') };
  await expect(engine.load(never, nowhere, () => undefined)).rejects.toMatchObject({
    code: 'fetch',
    message: expect.stringMatching(/^manifest\.json: .*nowhere/) as string,
  });
}, 60_000);
