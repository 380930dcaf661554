import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../tokens.css';
import type { Engine } from '../../engine/client.ts';
import type { LoadedModel, RunResult } from '../../protocol/engine.ts';
import { Bench } from './Bench.tsx';

/** Takes two milliseconds for everything. */
function fakeEngine(): Engine {
  const model = { backend: { threads: 2, milliseconds: { weights: 2 }, bytes: 2e6 } } as unknown as LoadedModel;
  const result = {
    end: 'limit',
    answer: { tokens: [{ id: 1 }, { id: 2 }] },
    milliseconds: { prefill: 2, decode: 2 },
    prompt: { tokens: [] },
    reused: { tokens: 0 },
  } as unknown as RunResult;
  return {
    load: () => Promise.resolve(model),
    run: () => Promise.resolve(result),
    dispose: () => undefined,
  } as unknown as Engine;
}

test('measures on request and shows a row for each way to compute', async () => {
  const options = { spawn: fakeEngine, manifest: 'm', hasGpu: () => Promise.resolve(false) };
  await render(<Bench options={options} />);
  await expect.element(page.getByRole('button', { name: 'Save as JSON' })).toBeDisabled();
  await page.getByRole('button', { name: 'Measure' }).click();
  const row = page.getByRole('row', { name: /SIMD, top-2 of 24/ });
  await expect.element(row.first()).toHaveTextContent(/2\.0/);
  await expect.element(page.getByRole('row', { name: /ONNX WASM, top-2 of 24/ })).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Save as JSON' })).toBeEnabled();
});
