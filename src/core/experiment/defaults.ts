/**
 * What a field of version 1 is when a link leaves it out. Frozen: published links lean on these values,
 * so a new default is a new version with an upgrade step (`upgrades.ts`).
 */
import type { Policy, Preset } from '../routing/policy.ts';
import type { Experiment, Sampling, ViewState } from './experiment.ts';
import { presetOf, presetPolicy, type Rules } from './policies.ts';

export const VERSION = 1;
export const PACKAGE = 'smollm2-135m';
export const METHOD = 'phatgoose';
export const SAMPLING: Sampling = { temperature: 0, topP: 1, maxTokens: 48 };
export const SEED = 0;
export const VIEW: ViewState = { panel: 'heatmap', heatMode: 'top', template: false };

/** Bounds of what an experiment may hold; a field past its bound is reported, never cut. */
export const LIMITS = {
  policies: 8,
  text: 100_000,
  edits: 200,
  expertsInEdit: 512,
  looks: 1000,
  temperature: { min: 0, max: 10 },
  topP: { min: 0, max: 1, above: true },
  maxTokens: { min: 1, max: 8192, integer: true },
  seed: { min: 0, max: 0xffff_ffff, integer: true },
  site: { min: 0, max: 4095, integer: true },
  token: { min: 0, max: 1_000_000, integer: true },
  bias: { min: -1000, max: 1000 },
  factor: { min: -10, max: 10 },
} as const;

/** Names of policies in the order of the list. */
export const LETTERS: readonly string[] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];

/** The preset used where none is named. @throws Error when the registry holds no preset at all. */
export function defaultPreset(rules: Rules): Preset {
  const preset = presetOf(rules, METHOD) ?? rules.presets[0];
  if (preset === undefined)
    throw new Error('core/routing/presets.ts: the list of methods is empty; it needs at least one');
  return preset;
}

export const defaultPolicy = (rules: Rules): Policy => presetPolicy(rules, defaultPreset(rules));

/** The experiment that an empty link means: no prompt, one policy. */
export const defaultExperiment = (rules: Rules): Experiment => ({
  version: VERSION,
  package: PACKAGE,
  prompt: { text: '', raw: false },
  policies: [defaultPolicy(rules)],
  seed: SEED,
  sampling: SAMPLING,
  view: VIEW,
});
