/** From JSON (a link's, a file's; whole or by difference) to an experiment. Never throws for bad data. */
import { checkParam } from '../params.ts';
import type { Choice, Policy, Preset } from '../routing/policy.ts';
import {
  defaultExperiment,
  defaultPolicy,
  defaultPreset,
  LETTERS,
  LIMITS,
  PACKAGE,
  SAMPLING,
  SEED,
  VERSION,
  VIEW,
} from './defaults.ts';
import type { Digests, Experiment, Prompt, Sampling, ViewState } from './experiment.ts';
import {
  allProblems,
  isObject,
  newProblems,
  readBoolean,
  readChoice,
  readNumber,
  readObject,
  readText,
  refuseOthers,
  report,
  type JsonObject,
  type Problem,
  type Problems,
  show,
} from './json.ts';
import { parseEdits } from './parse-edits.ts';
import {
  baseChoice,
  findParam,
  PARTS,
  presetOf,
  presetPolicy,
  ruleOf,
  rulesOf,
  withParam,
  type Part,
  type Rules,
} from './policies.ts';
import { upgrade } from './upgrades.ts';

export interface Parsed {
  readonly experiment: Experiment;
  /** Every field that was left out or replaced, with what is used instead. */
  readonly problems: readonly Problem[];
}

const KNOWN = [
  'version',
  'package',
  'packageHash',
  'prompt',
  'policies',
  'seed',
  'sampling',
  'view',
  'digests',
  'looks',
  '$schema',
];

/**
 * Reads an experiment, whole or as its difference from the defaults of its version. Older versions are lifted first.
 * A field that is unknown, malformed or out of range costs only itself and is named in `problems`.
 */
export function parseExperiment(json: unknown, rules: Rules): Parsed {
  const p = newProblems();
  if (!isObject(json)) {
    report(p, 'experiment', `${show(json)} is not an experiment; the default one is used.`);
    return { experiment: defaultExperiment(rules), problems: allProblems(p) };
  }
  const { experiment: e, from } = upgrade(json);
  if (from > VERSION) {
    report(
      p,
      'version',
      `this was written by a newer version of the page (format ${String(from)}, here ${String(VERSION)}): what is not known here is left out.`,
    );
  } else if (json.version !== undefined && json.version !== from) {
    report(p, 'version', `${show(json.version)} is no version; ${String(VERSION)} is assumed.`);
  }
  refuseOthers(e, '', KNOWN, p);
  const digests = readDigests(e.digests, p);
  const looks = readLooks(e.looks, p);
  const packageHash = readHash(e.packageHash, 'packageHash', 64, p);
  return {
    experiment: {
      version: VERSION,
      package: readText(e.package, 'package', 64, PACKAGE, p),
      ...(packageHash === undefined ? {} : { packageHash }),
      prompt: readPrompt(e.prompt, p),
      policies: readPolicies(e.policies, rules, p),
      seed: readNumber(e.seed, 'seed', LIMITS.seed, SEED, p),
      sampling: readSampling(e.sampling, p),
      view: readView(e.view, p),
      ...(digests === undefined ? {} : { digests }),
      ...(looks === undefined ? {} : { looks }),
    },
    problems: allProblems(p),
  };
}

function readPrompt(value: unknown, p: Problems): Prompt {
  const o = readObject(value, 'prompt', p);
  refuseOthers(o, 'prompt', ['text', 'raw', 'system'], p);
  const prompt = {
    text: readText(o.text, 'prompt.text', LIMITS.text, '', p),
    raw: readBoolean(o.raw, 'prompt.raw', false, p),
  };
  const system = readText(o.system, 'prompt.system', LIMITS.text, '', p);
  return system === '' ? prompt : { ...prompt, system };
}

function readSampling(value: unknown, p: Problems): Sampling {
  const o = readObject(value, 'sampling', p);
  refuseOthers(o, 'sampling', ['temperature', 'topP', 'maxTokens'], p);
  return {
    temperature: readNumber(o.temperature, 'sampling.temperature', LIMITS.temperature, SAMPLING.temperature, p),
    topP: readNumber(o.topP, 'sampling.topP', LIMITS.topP, SAMPLING.topP, p),
    maxTokens: readNumber(o.maxTokens, 'sampling.maxTokens', LIMITS.maxTokens, SAMPLING.maxTokens, p),
  };
}

const HEAT_MODES: readonly ViewState['heatMode'][] = ['top', 'weight', 'entropy', 'margin'];

function readView(value: unknown, p: Problems): ViewState {
  const o = readObject(value, 'view', p);
  refuseOthers(o, 'view', ['panel', 'heatMode', 'cell', 'template'], p);
  const cell = readCell(o.cell, p);
  return {
    panel: readText(o.panel, 'view.panel', 32, VIEW.panel, p),
    heatMode: readChoice(o.heatMode, 'view.heatMode', HEAT_MODES, VIEW.heatMode, p),
    template: readBoolean(o.template, 'view.template', VIEW.template, p),
    ...(cell === undefined ? {} : { cell }),
  };
}

function readCell(value: unknown, p: Problems): ViewState['cell'] {
  if (value === undefined) return undefined;
  const o = readObject(value, 'view.cell', p);
  refuseOthers(o, 'view.cell', ['token', 'site'], p);
  const token = readNumber(o.token, 'view.cell.token', LIMITS.token, -1, p);
  const site = readNumber(o.site, 'view.cell.site', LIMITS.site, -1, p);
  return token < 0 || site < 0 ? undefined : { token, site };
}

function readHash(value: unknown, field: string, length: number, p: Problems): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value)) return value;
  report(p, field, `${show(value)} is not a hash of ${String(length)} hexadecimal digits; it is left out.`);
  return undefined;
}

function readDigests(value: unknown, p: Problems): Experiment['digests'] {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > LIMITS.policies) {
    report(p, 'digests', `${show(value)} is not a list of at most ${String(LIMITS.policies)} digests; it is left out.`);
    return undefined;
  }
  const list = value.map((item: unknown, i): Digests | null => {
    if (item === null) return null;
    const field = `digests.${LETTERS[i] ?? String(i)}`;
    const o = readObject(item, field, p);
    refuseOthers(o, field, ['answer', 'routes'], p);
    const answer = readHash(o.answer, `${field}.answer`, 16, p);
    const routes = readHash(o.routes, `${field}.routes`, 16, p);
    return answer === undefined || routes === undefined ? null : { answer, routes };
  });
  const last = list.findLastIndex((d) => d !== null);
  return last < 0 ? undefined : list.slice(0, last + 1);
}

function readLooks(value: unknown, p: Problems): Experiment['looks'] {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > LIMITS.looks) {
    report(p, 'looks', `${show(value)} is not a list of at most ${String(LIMITS.looks)} looks; none is counted.`);
    return undefined;
  }
  const ids = value.flatMap((id: unknown, i) => readHash(id, `looks.${String(i)}`, 16, p) ?? []);
  return ids.length === 0 ? undefined : [...new Set(ids)].sort();
}

function readPolicies(value: unknown, rules: Rules, p: Problems): readonly Policy[] {
  if (value === undefined) return [defaultPolicy(rules)];
  if (!Array.isArray(value) || value.length === 0) {
    report(p, 'policies', `${show(value)} is not a list of policies; the default policy is used.`);
    return [defaultPolicy(rules)];
  }
  if (value.length > LIMITS.policies) {
    report(
      p,
      'policies',
      `${String(value.length)} policies are more than ${String(LIMITS.policies)}; the rest is left out.`,
    );
  }
  return value
    .slice(0, LIMITS.policies)
    .map((item: unknown, i) => parsePolicy(item, LETTERS[i] ?? String(i), rules, p));
}

/**
 * One policy, `{ method, score?, select?, mix?, set?, edits? }`: `score` and `select` are an id or `{ id, params }`,
 * `set` holds parameters by path. What is left out is the method's own.
 */
export function parsePolicy(value: unknown, field: string, rules: Rules, p: Problems): Policy {
  const o = readObject(value, field, p);
  refuseOthers(o, field, ['method', 'score', 'select', 'mix', 'set', 'edits'], p);
  const preset = readPreset(o.method, field, rules, p);
  let policy: Policy = {
    ...presetPolicy(rules, preset),
    score: readChoiceOf('score', o, field, preset, rules, p),
    select: readChoiceOf('select', o, field, preset, rules, p),
    mix: readChoice(o.mix, `${field}.mix`, ['outputs', 'factors'] as const, preset.policy.mix, p),
  };
  for (const part of PARTS) {
    const given = o[part];
    if (!isObject(given)) continue;
    refuseOthers(given, `${field}.${part}`, ['id', 'params'], p);
    for (const [name, v] of Object.entries(readObject(given.params, `${field}.${part}.params`, p)))
      policy = setParam(policy, `${part}.${name}`, v, field, rules, p);
  }
  for (const [path, v] of Object.entries(readObject(o.set, `${field}.set`, p)))
    policy = setParam(policy, path, v, field, rules, p);
  return { ...policy, edits: parseEdits(o.edits, `${field}.edits`, p) };
}

function readPreset(method: unknown, field: string, rules: Rules, p: Problems): Preset {
  const fallback = defaultPreset(rules);
  if (method === undefined) return fallback;
  const found = typeof method === 'string' ? presetOf(rules, method) : undefined;
  if (found === undefined)
    report(p, `${field}.method`, `there is no method ${show(method)} here; ${fallback.label} is used.`);
  return found ?? fallback;
}

function readChoiceOf(part: Part, o: JsonObject, field: string, preset: Preset, rules: Rules, p: Problems): Choice {
  const given = o[part];
  const id = isObject(given) ? given.id : given;
  const own = preset.policy[part].id;
  if (id !== undefined && (typeof id !== 'string' || ruleOf(rules, part, id) === undefined)) {
    const known = rulesOf(rules, part).map((r) => r.id);
    report(p, `${field}.${part}`, `${show(id)} is none of ${known.join(', ')}; ${own} is used.`);
    return baseChoice(rules, preset, part, own);
  }
  return baseChoice(rules, preset, part, id ?? own);
}

function setParam(policy: Policy, path: string, value: unknown, field: string, rules: Rules, p: Problems): Policy {
  const found = findParam(rules, policy, path);
  if (found === undefined) {
    report(
      p,
      `${field}.${path}`,
      'the chosen rules have no such parameter (or several of that short name); it is left out.',
    );
    return policy;
  }
  const { part, name, spec } = found;
  const checked = checkParam(spec, value);
  if (checked.ok) return withParam(policy, part, name, checked.value);
  const kept = String(policy[part].params[name] ?? spec.default);
  report(p, `${field}.${part}.${name}`, `${checked.reason}; ${kept} is used.`);
  return policy;
}
