import { expect, test } from 'vitest';
import type { Engine } from '../engine/client.ts';
import type { LoadedModel, LoadRequest, RunRequest, RunResult } from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import {
  BENCH_MEASURES,
  BENCH_ROUNDS,
  benchDevice,
  medianOf,
  variantsFor,
  type BenchOptions,
  type BenchRow,
} from './bench.ts';

const model = { backend: { threads: 2, milliseconds: { weights: 5 }, bytes: 7 } } as unknown as LoadedModel;
const never = new AbortController().signal;

/** Reads a token a millisecond and decodes each in two, but takes over what it answered to the same prompt before; keeps what it was asked. */
function fakeEngine(asked: RunRequest[], change: Partial<Engine> = {}): Engine {
  let kept = { text: '', answered: 0 };
  return {
    load: () => Promise.resolve(model),
    run: (_, request) => {
      asked.push(request);
      const tokens = Array.from({ length: request.sampling.maxTokens }, (_, id) => ({ id }));
      const { text } = request.prompt;
      const words = text.trim().split(' ');
      const prefill = words.length;
      const answered = kept.text === text ? kept.answered : 0;
      kept = { text, answered: Math.max(answered, tokens.length - 1) };
      return Promise.resolve({
        end: 'limit',
        prompt: { text, tokens: words },
        answer: { tokens },
        milliseconds: { prefill, decode: 2 * (tokens.length - 1 - answered) },
        reused: { tokens: answered > 0 ? prefill + answered : 0 },
      } as unknown as RunResult);
    },
    dispose: () => undefined,
    ...change,
  } as Engine;
}

function bench(change: Partial<BenchOptions>, signal = never): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const options: BenchOptions = {
    spawn: () => fakeEngine([]),
    manifest: 'm',
    hasGpu: () => Promise.resolve(false),
    onRow: (row) => rows.push(row),
    onStep: () => undefined,
    ...change,
  };
  return benchDevice(options, signal).then(() => rows);
}

test('every variant gives every measure, by round', async () => {
  const rows = await bench({});
  expect(rows.map(({ label }) => label)).toEqual(variantsFor(['simd', 'onnx-wasm']).map(({ label }) => label));
  for (const row of rows) {
    expect(row).toMatchObject({ threads: 2, bytes: 7, load: { weights: 5 } });
    expect(row.failed).toBeUndefined();
    expect(row.figures.map(({ measure }) => measure).toSorted()).toEqual(BENCH_MEASURES.toSorted());
    expect(medianOf(row, 'prefill 128')).toBe(128);
    expect(medianOf(row, 'decode at 1000')).toBe(2);
    for (const { values } of row.figures) expect(values).toHaveLength(BENCH_ROUNDS);
  }
});

test('the graphics processor takes part where there is one; 128 experts are left to the SIMD kernels', async () => {
  const rows = await bench({ hasGpu: () => Promise.resolve(true) });
  expect(rows.filter(({ backend }) => backend === 'onnx-webgpu')).toHaveLength(2);
  expect(rows.filter(({ experts }) => experts === 128).map(({ backend }) => backend)).toEqual(['simd']);
});

test('prompts whose reading is timed begin differently, so that nothing is taken over', async () => {
  const asked: RunRequest[] = [];
  await bench({ spawn: () => fakeEngine(asked) });
  const texts = asked.slice(1, 1 + 3 * BENCH_ROUNDS).map(({ prompt }) => prompt.text.slice(0, 2));
  texts.slice(1).forEach((text, i) => {
    expect(text).not.toBe(texts[i]);
  });
});

test('a way to compute that fails says why and leaves the others', async () => {
  const load = (_: AbortSignal, { backend }: LoadRequest): Promise<LoadedModel> =>
    backend === 'simd' ? Promise.reject(new EngineError('unsupported', 'no SIMD')) : Promise.resolve(model);
  const rows = await bench({ spawn: () => fakeEngine([], { load }) });
  expect(rows.filter(({ failed }) => failed === 'no SIMD')).toHaveLength(3);
  expect(rows.filter(({ failed }) => failed === undefined)).toHaveLength(2);
});

test('after a stop nothing more is begun', async () => {
  const stop = new AbortController();
  const rows: BenchRow[] = [];
  await bench(
    {
      onRow: (row) => {
        rows.push(row);
        stop.abort();
      },
    },
    stop.signal,
  );
  expect(rows).toHaveLength(1);
});
