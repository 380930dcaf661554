/** Published methods as named policies. Ids are for ever: links and command lines hold them. */
import { defaults, type ParamValue } from '../params.ts';
import { createRegistry } from '../registry.ts';
import type { Choice, Mix, Policy, Preset } from './policy.ts';
import { SCORES } from './scores/registry.ts';
import { SELECTIONS } from './selection/registry.ts';

type Params = Readonly<Record<string, ParamValue>>;

function choice(registry: typeof SCORES | typeof SELECTIONS, id: string, params: Params): Choice {
  const entry = registry.get(id);
  if (!entry) throw new Error(`a preset names ${id}, which is in no registry`);
  return { id, params: { ...defaults(entry.params), ...params } };
}

const policy = (
  [score, scoreParams]: readonly [string, Params?],
  [select, selectParams]: readonly [string, Params?],
  mix: Mix = 'outputs',
): Preset['policy'] => ({
  score: choice(SCORES, score, scoreParams ?? {}),
  select: choice(SELECTIONS, select, selectParams ?? {}),
  mix,
});

export const PRESETS = createRegistry<Preset>('preset', [
  {
    id: 'none',
    label: 'Base alone',
    source: 'the model without its experts',
    summary: 'No expert takes part.',
    policy: policy(['none'], ['single']),
  },
  {
    id: 'uniform',
    label: 'Uniform merge',
    source: 'merged expert of PHATGOOSE, arXiv 2402.05859',
    summary: 'The mean of all experts’ updates: every expert with the same weight, everywhere.',
    policy: policy(['uniform'], ['all']),
  },
  {
    id: 'uniform-factors',
    label: 'Uniform merge of factors',
    source: 'uniform merge of microsoft/mttl',
    summary: 'The mean of all A times the mean of all B, which is not the mean of the products.',
    policy: policy(['uniform'], ['all'], 'factors'),
  },
  {
    id: 'phatgoose',
    label: 'PHATGOOSE',
    source: 'Muqeeth et al. 2024, arXiv 2402.05859',
    summary: 'Gates trained after the experts, compared with each token’s hidden state; the two best experts.',
    policy: policy(['phatgoose'], ['top-k', { k: 2 }]),
  },
  {
    id: 'average-activation',
    label: 'Average activation',
    source: 'baseline of PHATGOOSE, arXiv 2402.05859',
    summary: 'The mean hidden state of each expert’s training inputs in the place of a gate; the two best experts.',
    policy: policy(['average-activation'], ['top-k', { k: 2 }]),
  },
  {
    id: 'arrow',
    label: 'Arrow',
    source: 'Ostapenko et al. 2024, arXiv 2405.11157, as in MoErging comparisons',
    summary: 'Needs no training: the main direction of each expert’s update; the two best experts.',
    policy: policy(['arrow', { t: 1 }], ['top-k', { k: 2 }]),
  },
  {
    id: 'arrow-mttl',
    label: 'Arrow (mttl)',
    source: 'arrow_selector.py of microsoft/mttl',
    summary: 'Arrow as its authors’ code runs it: all experts, and their factors A and B mixed apart.',
    policy: policy(['arrow', { t: 1 }], ['all'], 'factors'),
  },
  {
    id: 'arrow-peft',
    label: 'Arrow (PEFT)',
    source: 'Arrow of huggingface/peft',
    summary: 'Arrow as PEFT runs it: the three best experts, their outputs mixed.',
    policy: policy(['arrow', { t: 1 }], ['top-k', { k: 3 }]),
  },
  {
    id: 'glider',
    label: 'GLIDER',
    source: 'Li et al. 2024, arXiv 2410.07172',
    summary: 'PHATGOOSE with a global term: the prompt’s meaning against each expert’s card; the two best experts.',
    policy: policy(['glider', { c: 3 }], ['top-k', { k: 2 }]),
  },
  {
    id: 'retrieval',
    label: 'Retrieval',
    source: 'baseline of PHATGOOSE, arXiv 2402.05859',
    summary: 'One expert for the whole input: the one with the stored example nearest to the prompt.',
    policy: policy(['retrieval'], ['single']),
  },
]);

/** A preset as a policy without edits, every parameter written out. Throws on an unknown id, naming those there are. */
export function presetPolicy(id: string): Policy {
  const preset = PRESETS.get(id);
  if (!preset) throw new Error(`there is no policy ${id}; there are ${PRESETS.ids.join(', ')}`);
  return { method: id, ...preset.policy, edits: [] };
}
