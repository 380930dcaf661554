/** Everything that the documents of `core/experiment` may name: methods, scores and selection rules. */
import type { Rules } from '../experiment/policies.ts';
import { PRESETS } from './presets.ts';
import { SCORES } from './scores/registry.ts';
import { SELECTIONS } from './selection/registry.ts';

export const RULES: Rules = { presets: PRESETS.list, scores: SCORES.list, selections: SELECTIONS.list };
