import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES } from '../core/routing/rules.ts';
import { readRecorded } from './recorded.ts';
import { staleReason } from './requests.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'public', 'recorded', 'first.json'), 'utf8');
const recorded = readRecorded(JSON.parse(text) as unknown, RULES);

describe('the recorded run', () => {
  test('is whole: one run a policy, answering to its own experiment, with routes that can be', () => {
    const { experiment, runs, facts } = recorded;
    expect(runs).toHaveLength(experiment.policies.length);
    for (const [i, run] of runs.entries()) {
      const policy = experiment.policies[i];
      if (policy) expect(staleReason(run, experiment, policy)).toBeUndefined();
      const { sites, tokens, slots, units, experts, weights, scores } = run.trace;
      expect(sites).toBe(facts.library.sites.length);
      expect(units).toBe(facts.library.experts.length);
      expect(tokens).toBe(run.prompt.tokens.length + run.answer.tokens.length - 1);
      expect(scores).toHaveLength(sites * tokens * units);
      expect(experts.every((unit) => unit >= -1 && unit < units)).toBe(true);
      for (let cell = 0; cell < sites * tokens; cell++) {
        const sum = weights.subarray(cell * slots, (cell + 1) * slots).reduce((s, w) => s + w, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-3);
      }
    }
  });

  test('is small enough for the first screen', () => {
    expect(text.length).toBeLessThan(150_000);
  });

  const manifest = join(root, 'models', recorded.facts.id, 'manifest.json');
  test.runIf(existsSync(manifest))('was made with this edition of the package (else: npx jiti tools/record.ts)', () => {
    expect(recorded.facts.hash).toBe(createHash('sha256').update(readFileSync(manifest)).digest('hex'));
  });
});

test('another file is refused by name', () => {
  expect(() => readRecorded({ format: 'x' }, RULES)).toThrow('switchyard-recorded');
  expect(() => readRecorded(null, RULES)).toThrow('switchyard-recorded');
});
