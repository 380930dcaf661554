/** The first screen's recorded run is what the command line computes from the same experiment. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../src/cli/main.ts';
import type { RouteOutput } from '../src/cli/route-output.ts';
import { RULES } from '../src/core/routing/rules.ts';
import { readRecorded } from '../src/state/recorded.ts';
import { root } from './ensure.mjs';

test('the recorded run equals a replay by the command line', { timeout: 240_000 }, async () => {
  const file = JSON.parse(readFileSync(join(root, 'public', 'recorded', 'first.json'), 'utf8')) as {
    readonly experiment: unknown;
  };
  const { runs } = readRecorded(file, RULES);
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-'));
  try {
    const path = join(folder, 'experiment.json');
    writeFileSync(path, JSON.stringify(file.experiment));
    for (const [i, run] of runs.entries()) {
      const printed: string[] = [];
      const io = {
        out: (text: string) => void printed.push(text),
        err: () => undefined,
        stdin: () => Promise.resolve(''),
        root,
        interactive: false,
      };
      const args = ['route', '--experiment', path, '--run', 'ABCDEFGH'[i] ?? '', '--trace', '--json'];
      expect(await main(args, io)).toBe(0);
      const { prompt, answer, trace } = JSON.parse(printed.join('')) as RouteOutput;
      expect(prompt.tokens).toEqual(run.prompt.tokens.map(({ id }) => id));
      expect(answer.tokens).toEqual(run.answer.tokens.map(({ id }) => id));
      expect(trace?.experts.flat(2)).toEqual([...run.trace.experts]);
      // Weights are recorded in 15 bits.
      trace?.weights.flat(2).forEach((weight, at) => {
        expect(Math.abs(weight - (run.trace.weights[at] ?? NaN))).toBeLessThan(1e-4);
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
