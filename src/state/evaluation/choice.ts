/** What the user wants to evaluate, and the plan that it makes. */
import type { Contestant } from '../../core/evaluation/plan.ts';
import { oracle } from '../../core/evaluation/single.ts';
import { LETTERS } from '../../core/experiment/defaults.ts';
import type { Experiment } from '../../core/experiment/experiment.ts';
import { policyChanges, presetOf, presetPolicy, type Rules } from '../../core/experiment/policies.ts';
import type { Edit, Policy } from '../../core/routing/policy.ts';
import type { Task } from '../../core/tasks/task.ts';
import type { ShownSplit } from './documents.ts';

export interface EvaluationChoice {
  /** Ids, of built-in tasks and of own ones. */
  readonly tasks: readonly string[];
  /** Most documents of each task. */
  readonly documents: number;
  /** Of the built-in tasks. */
  readonly split: ShownSplit;
  /** Letters of the experiment's policies that stay out. */
  readonly without: readonly string[];
  /** The model without experts takes part. */
  readonly base: boolean;
  /** So does, on tasks that have an expert of their own, that expert. */
  readonly oracle: boolean;
}

export const MOST_DOCUMENTS = 200;
const DOCUMENTS = 20;
/** Of each half, to begin with. */
const TASKS_AT_FIRST = 2;

/** A few tasks of both halves, the held-in ones among those that have an expert here. */
export function firstChoice(tasks: readonly Task[], experts: readonly string[]): EvaluationChoice {
  const heldIn = tasks.filter(({ id, split }) => split === 'held-in' && experts.includes(id));
  const heldOut = tasks.filter(({ split }) => split === 'held-out');
  return {
    tasks: [...heldIn.slice(0, TASKS_AT_FIRST), ...heldOut.slice(0, TASKS_AT_FIRST)].map(({ id }) => id),
    documents: DOCUMENTS,
    split: 'validation',
    without: [],
    base: false,
    oracle: false,
  };
}

/** An edit made while an answer was being written has a first token of that answer; documents have others. */
const fromStart = (edit: Edit): Edit => {
  const { since, ...rest } = edit;
  return since === undefined ? edit : rest;
};

/** The method, what is set otherwise, and how many edits there are. */
export function policyLabel(policy: Policy, rules: Rules): string {
  const { set, score, select } = policyChanges(rules, policy);
  const settings = Object.entries(set).map(([path, value]) => `${path.slice(path.indexOf('.') + 1)} ${String(value)}`);
  const n = policy.edits.length;
  return [
    presetOf(rules, policy.method)?.label ?? policy.method,
    ...(score === undefined ? [] : [score]),
    ...(select === undefined ? [] : [select]),
    ...settings,
    ...(n === 0 ? [] : [n === 1 ? '1 edit' : `${String(n)} edits`]),
  ].join(', ');
}

export const BASE = 'base';
export const ORACLE = 'oracle';
/** The method without experts. */
const NO_EXPERTS = 'none';

export interface Given {
  readonly experiment: Pick<Experiment, 'policies'>;
  readonly rules: Rules;
  /** Ids of the library's experts. */
  readonly experts: readonly string[];
}

/** Those who take part, the experiment's policies before the others; the first is what the rest is compared with. */
export function contestantsOf(choice: EvaluationChoice, { experiment, rules, experts }: Given): readonly Contestant[] {
  const own = experiment.policies.flatMap((policy, i): Contestant[] => {
    const name = LETTERS[i] ?? String(i + 1);
    if (choice.without.includes(name)) return [];
    const whole = { ...policy, edits: policy.edits.map(fromStart) };
    return [{ name, label: policyLabel(whole, rules), policy: whole }];
  });
  const none = presetOf(rules, NO_EXPERTS);
  const base: Contestant[] =
    choice.base && none !== undefined ? [{ name: BASE, label: none.label, policy: presetPolicy(rules, none) }] : [];
  const experted = choice.tasks.filter((id) => experts.includes(id)).map((id) => ({ id }));
  const best: Contestant[] =
    choice.oracle && experted.length > 0
      ? [{ name: ORACLE, label: 'Oracle: the task’s own expert alone', policy: oracle(experted, experts, {}) }]
      : [];
  return [...own, ...base, ...best];
}

/** What the browser has kept, field by field; anything else is as at first. */
export function readChoice(stored: unknown, first: EvaluationChoice): EvaluationChoice {
  if (typeof stored !== 'object' || stored === null) return first;
  const { tasks, documents, without, base, oracle: best } = stored as Record<string, unknown>;
  const names = (value: unknown, other: readonly string[]): readonly string[] =>
    Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : other;
  const count = typeof documents === 'number' && Number.isInteger(documents) ? documents : first.documents;
  return {
    tasks: names(tasks, first.tasks),
    documents: Math.min(MOST_DOCUMENTS, Math.max(1, count)),
    // Test is chosen anew each time: nobody should look at it by habit.
    split: first.split,
    without: names(without, first.without),
    base: base === true,
    oracle: best === true,
  };
}
