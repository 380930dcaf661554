/** The worker of the averages, in real Chromium. */
import { expect, test, vi } from 'vitest';
import { summariseHalf, type HalfSample } from './core/evaluation/half.ts';
import { createSummarise } from './summaries.ts';

const sample: HalfSample = {
  documents: 8,
  tasks: [
    { right: [1, 0, 1, 1], chance: 0.25 },
    { right: [0, 0, 1, 0], chance: 0 },
  ],
  pairs: [{ differences: [1, 0, 0, -1], chance: 0.25 }],
};
const options = { resamples: 199, seed: 3 };

test('another thread gives what this one would', async () => {
  const summarise = createSummarise();
  expect(await summarise(sample, options)).toEqual(summariseHalf(sample, options));
});

test('without a worker the page computes by itself', async () => {
  vi.stubGlobal('Worker', undefined);
  const summarise = createSummarise();
  expect(await summarise(sample, options)).toEqual(summariseHalf(sample, options));
  vi.unstubAllGlobals();
});
