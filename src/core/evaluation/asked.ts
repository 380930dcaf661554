/**
 * Which policies an evaluation is asked to compare, as texts that the page, the command line and files share: `phatgoose`,
 * `glider:c=3:select.k=1`, a sweep `glider:c={0,1,3}`, `single:EXPERT`, `oracle`.
 */
import { withSetting, type Rules } from '../experiment/policies.ts';
import type { Policy } from '../routing/policy.ts';
import { PRESETS, presetPolicy } from '../routing/presets.ts';
import { SCORES } from '../routing/scores/registry.ts';
import { SELECTIONS } from '../routing/selection/registry.ts';
import { normalisedScore } from '../stats/index.ts';
import type { Contestant, EvaluatedTask } from './plan.ts';
import { oracle, singleExpert } from './single.ts';
import type { Tally } from './tally.ts';

/** What was asked for cannot be had; the message names it and says what there is. */
export class AskedError extends Error {
  override readonly name = 'AskedError';
}

export const ORACLE = 'oracle';
/** The preset without experts, by the word that tables use. */
const BASE = 'base';
const rules: Rules = { presets: PRESETS.list, scores: SCORES.list, selections: SELECTIONS.list };

/** Most policies of one evaluation. */
export const MOST_ASKED = 100;

/** One entry of the list; a sweep stands for several policies. */
export interface Asked {
  /** As it was typed. */
  readonly spec: string;
  /** The policies that it stands for, in order: one, or of a sweep one for each value. */
  readonly names: readonly string[];
}

/**
 * A list parted by commas outside braces, sweeps written out.
 * @throws AskedError for braces that do not close or hold nothing, a policy asked for twice, too many
 */
export function parseAsked(list: string): readonly Asked[] {
  const parts = list.match(/(?:\{[^{}]*\}|[^,])+/g) ?? [];
  const asked = parts
    .map((part) => part.trim())
    .filter((spec) => spec !== '')
    .map((spec): Asked => ({ spec, names: writtenOut(spec) }));
  const names = asked.flatMap((of) => of.names);
  if (names.length === 0) throw new AskedError('the list is empty: name policies, e.g. none,phatgoose,glider:c=3');
  if (names.length > MOST_ASKED)
    throw new AskedError(`${String(names.length)} policies are asked for, at most ${String(MOST_ASKED)} can be`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new AskedError(`${twice} is asked for twice: leave one out`);
  return asked;
}

/** Every combination of what stands in braces. */
function writtenOut(spec: string): string[] {
  const found = /\{([^{}]*)\}/.exec(spec);
  // The first that closes: another brace before it is open.
  if (/[{}]/.test(found === null ? spec : spec.slice(0, found.index)))
    throw new AskedError(`${show(spec)}: a brace is open; a sweep is written glider:c={0,1,3}`);
  if (found === null) return [spec];
  const values = (found[1] ?? '').split(',').map((value) => value.trim());
  if (values.includes(''))
    throw new AskedError(`${show(spec)}: the sweep lacks a value; it is written glider:c={0,1,3}`);
  if (values.length > MOST_ASKED)
    throw new AskedError(`${show(spec)}: the sweep has more than ${String(MOST_ASKED)} values`);
  const [from, to] = [found.index, found.index + found[0].length];
  const rest = writtenOut(spec.slice(to));
  if (values.length * rest.length > MOST_ASKED)
    throw new AskedError(`${show(spec)}: the sweep stands for more than ${String(MOST_ASKED)} policies`);
  return values.flatMap((value) => rest.map((end) => spec.slice(0, from) + value + end));
}

/** A preset with settings, e.g. `glider:c=3`. @throws AskedError */
function namedPolicy(name: string): Policy {
  const [id = '', ...settings] = name.split(':');
  const preset = PRESETS.get(id === BASE ? 'none' : id);
  if (preset === undefined)
    throw new AskedError(
      `there is no ${show(id)}; there are ${[BASE, ...PRESETS.ids, ORACLE].join(', ')} and single:EXPERT.`,
    );
  return settings.reduce((policy, setting) => {
    const checked = withSetting(rules, policy, setting);
    if (!checked.ok) throw new AskedError(`${name}: ${checked.reason}`);
    return checked.value;
  }, presetPolicy(preset.id));
}

const show = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

export interface AskedContext {
  readonly tasks: readonly EvaluatedTask[];
  /** Ids of the library's experts. */
  readonly experts: readonly string[];
  /** The oracle's experts for tasks without one of their own. */
  readonly best: Readonly<Record<string, string>>;
  /** Ids of the adapters of a second package, outside the library. */
  readonly controls?: readonly string[];
}

/** @throws AskedError for a name, parameter or expert that there is not */
export function askedContestant(name: string, { tasks, experts, best, controls = [] }: AskedContext): Contestant {
  if (name === ORACLE) return { name, label: 'Oracle', policy: oracle(tasks, experts, best) };
  if (!name.startsWith('single:')) {
    const policy = namedPolicy(name);
    const [, ...settings] = name.split(':');
    return { name, label: [PRESETS.get(policy.method)?.label ?? name, ...settings].join(', '), policy };
  }
  const expert = name.slice('single:'.length);
  if (controls.includes(expert)) return { name, label: `Control ${expert}`, policy: singleExpert(expert) };
  if (!experts.includes(expert))
    throw new AskedError(
      `${name}: there is no expert ${show(expert)}; there are ${[...experts, ...controls].join(', ')}.`,
    );
  return { name, label: `Expert ${expert} alone`, policy: singleExpert(expert) };
}

/** One contestant for each expert, to find the oracle's among them. */
export const singleContestants = (experts: readonly string[]): readonly Contestant[] =>
  experts.map((expert) => ({ name: expert, label: expert, policy: singleExpert(expert) }));

/** For each task the expert with most documents right, of {@link singleContestants} on *validation* documents; of equals the first. */
export const bestExperts = (
  tally: Tally,
  tasks: readonly EvaluatedTask[],
  experts: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    tasks.flatMap(({ id }) => {
      const right = experts.map((expert) => tally.outcomes(id, expert).filter((outcome) => outcome.right).length);
      const best = experts[right.indexOf(Math.max(...right))];
      return best === undefined ? [] : [[id, best] as const];
    }),
  );

/** A setting that a search chose. */
export interface Picked {
  /** The sweep as it was asked for. */
  readonly spec: string;
  readonly chosen: string;
  /** Held-in tasks and all their validation documents that it was chosen on. */
  readonly tasks: number;
  readonly documents: number;
  /** Mean over the tasks of the share right on a scale where guessing is 0, of each setting in order. */
  readonly scores: readonly { readonly name: string; readonly score: number }[];
}

/**
 * The setting of a sweep that does most on tasks; of equals the first.
 * @param tally of all its settings
 * @throws AskedError unless every task is held-in and of validation documents: a search may see no others
 */
export function pick(asked: Asked, tally: Tally, tasks: readonly EvaluatedTask[]): Picked {
  const wrong = tasks.find(({ half, split }) => half !== 'held-in' || split !== 'validation');
  if (wrong !== undefined || tasks.length === 0)
    throw new AskedError(
      `${asked.spec}: a setting is picked on validation documents of held-in tasks alone${wrong === undefined ? ', and there are none' : `; ${wrong.id} (${wrong.half}, ${wrong.split}) is none`}`,
    );
  const scores = asked.names.map((name) => ({ name, score: averageScore(tally, tasks, name) }));
  const [chosen] = [...scores].sort((a, b) => b.score - a.score);
  return {
    spec: asked.spec,
    chosen: chosen?.name ?? asked.spec,
    tasks: tasks.length,
    documents: tasks.reduce((sum, { documents }) => sum + documents.length, 0),
    scores,
  };
}

/** Without floors: a setting that does worse than guessing is worse than one that guesses. */
function averageScore(tally: Tally, tasks: readonly EvaluatedTask[], name: string): number {
  const each = tasks.map(({ id, chance }) => {
    const outcomes = tally.outcomes(id, name);
    const right = outcomes.filter((outcome) => outcome.right).length;
    return outcomes.length === 0 ? 0 : normalisedScore(right / outcomes.length, chance);
  });
  return each.reduce((sum, score) => sum + score, 0) / each.length;
}
