/** Policies as links and files hold them: a method, and by path what differs from it. */
import { parseParam, type Checked, type ParamSpec, type ParamSpecs, type ParamValue } from '../params.ts';
import type { Choice, Policy, Preset } from '../routing/policy.ts';

/** What is needed of a score or a selection rule to read a policy: its name and its parameters. */
export interface RuleInfo {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  readonly params: ParamSpecs;
}

/** The registries of `core/routing`, or a part of them in tests. */
export interface Rules {
  readonly presets: readonly Preset[];
  readonly scores: readonly RuleInfo[];
  readonly selections: readonly RuleInfo[];
}

/** What a policy has in two kinds: how experts are scored, how they are selected. */
export type Part = 'score' | 'select';
export const PARTS: readonly Part[] = ['score', 'select'];

export const rulesOf = (rules: Rules, part: Part): readonly RuleInfo[] =>
  part === 'score' ? rules.scores : rules.selections;

export const ruleOf = (rules: Rules, part: Part, id: string): RuleInfo | undefined =>
  rulesOf(rules, part).find((r) => r.id === id);

/** A choice of this id with the preset's parameters where it is the preset's own rule, else with the rule's defaults. */
export function baseChoice(rules: Rules, preset: Preset, part: Part, id: string): Choice {
  const specs = ruleOf(rules, part, id)?.params ?? {};
  const own: Choice = preset.policy[part];
  const from = own.id === id ? own.params : {};
  return {
    id,
    params: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, from[name] ?? spec.default])),
  };
}

/** The policy that a method stands for, without edits, every parameter filled in. */
export function presetPolicy(rules: Rules, preset: Preset): Policy {
  return {
    method: preset.id,
    score: baseChoice(rules, preset, 'score', preset.policy.score.id),
    select: baseChoice(rules, preset, 'select', preset.policy.select.id),
    mix: preset.policy.mix,
    edits: [],
  };
}

export const presetOf = (rules: Rules, method: string): Preset | undefined =>
  rules.presets.find((p) => p.id === method);

export interface ParamPath {
  readonly part: Part;
  readonly name: string;
  readonly spec: ParamSpec;
}

/**
 * The parameter that a path names in this policy: `score.c`, `select.k`, or the short name where only one has it.
 * Undefined when there is none or a short name is not unique.
 */
export function findParam(rules: Rules, policy: Pick<Policy, Part>, path: string): ParamPath | undefined {
  const dot = path.indexOf('.');
  const parts = dot < 0 ? PARTS : PARTS.filter((part) => part === path.slice(0, dot));
  const name = path.slice(dot + 1);
  const found = parts.flatMap((part): ParamPath[] => {
    const specs = ruleOf(rules, part, policy[part].id)?.params ?? {};
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    return spec === undefined ? [] : [{ part, name, spec }];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** The policy with one parameter set; the value must fit (`checkParam`). */
export function withParam(policy: Policy, part: Part, name: string, value: ParamValue): Policy {
  const choice = policy[part];
  return { ...policy, [part]: { id: choice.id, params: { ...choice.params, [name]: value } } };
}

/** The policy with a setting as it is typed, e.g. `c=3` or `select.k=1`; the reason of a refusal names the parameter. */
export function withSetting(rules: Rules, policy: Policy, setting: string): Checked<Policy> {
  const at = setting.indexOf('=');
  const path = at < 0 ? setting : setting.slice(0, at);
  const found = findParam(rules, policy, path);
  if (at < 0 || found === undefined) {
    const names = PARTS.flatMap((part) => Object.keys(policy[part].params).map((name) => `${part}.${name}`));
    const fault = at < 0 ? 'NAME=VALUE is meant' : `this policy has no parameter ${path}`;
    return { ok: false, reason: `${setting}: ${fault}; it has ${names.length === 0 ? 'none' : names.join(', ')}.` };
  }
  const checked = parseParam(found.spec, setting.slice(at + 1));
  return checked.ok
    ? { ok: true, value: withParam(policy, found.part, found.name, checked.value) }
    : { ok: false, reason: `${path}: ${checked.reason}` };
}

/** How a policy differs from its method. */
export interface PolicyChanges {
  readonly score?: string;
  readonly select?: string;
  readonly mix?: Policy['mix'];
  /** Parameters that differ from the preset's (same rule) or the rule's default (another rule), by full path. */
  readonly set: Readonly<Record<string, ParamValue>>;
}

/** What a policy changes of its method; of a method that is not known, everything. */
export function policyChanges(rules: Rules, policy: Policy): PolicyChanges {
  const preset = presetOf(rules, policy.method);
  const set: Record<string, ParamValue> = {};
  for (const part of PARTS) {
    const choice = policy[part];
    const base = preset ? baseChoice(rules, preset, part, choice.id).params : {};
    const specs = ruleOf(rules, part, choice.id)?.params ?? {};
    for (const name of Object.keys(specs)) {
      const value = choice.params[name];
      if (value !== undefined && value !== base[name]) set[`${part}.${name}`] = value;
    }
  }
  return {
    ...(preset?.policy.score.id === policy.score.id ? {} : { score: policy.score.id }),
    ...(preset?.policy.select.id === policy.select.id ? {} : { select: policy.select.id }),
    ...(preset?.policy.mix === policy.mix ? {} : { mix: policy.mix }),
    set,
  };
}
