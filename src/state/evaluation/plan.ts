/** An evaluation as the browser keeps it, so that a closed page can go on where it stopped. */
import type { Conditions, Contestant } from '../../core/evaluation/plan.ts';
import type { ShownSplit } from './documents.ts';

export interface Plan {
  readonly version: 1;
  /** UTC, as `Date.toISOString` writes it. */
  readonly begun: string;
  /** Ids, of built-in tasks and of own ones. */
  readonly tasks: readonly string[];
  /** Most documents of each. */
  readonly documents: number;
  /** Of the built-in tasks. */
  readonly split: ShownSplit;
  readonly contestants: readonly Contestant[];
  readonly conditions: Conditions;
  readonly model: { readonly id: string; readonly label: string; readonly hash: string };
  /** Ids of the library's experts, in the order of the measurements' units. */
  readonly experts: readonly string[];
}

/** Tokens that a greedy answer may have beyond those of the right one, as on the command line. */
export const BEYOND = 4;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A plan that this version wrote; undefined for anything else, which is then simply not offered. */
export function readPlan(stored: unknown): Plan | undefined {
  if (!isObject(stored) || stored.version !== 1) return undefined;
  const { tasks, contestants, experts, conditions, model, documents, split } = stored;
  const whole =
    Array.isArray(tasks) &&
    Array.isArray(contestants) &&
    contestants.every((of) => isObject(of) && typeof of.name === 'string' && isObject(of.policy)) &&
    Array.isArray(experts) &&
    isObject(conditions) &&
    isObject(model) &&
    typeof documents === 'number' &&
    (split === 'validation' || split === 'test');
  // What lies deeper was written by this program under this version.
  return whole ? (stored as unknown as Plan) : undefined;
}
