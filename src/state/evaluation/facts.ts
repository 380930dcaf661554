/** All facts of the evaluation, each with the place where it is kept. Apart from the workbench's, as most visits never need them. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Summaries } from '../../core/evaluation/half.ts';
import { noLooks, type Looks } from '../../core/evaluation/looks.ts';
import type { Evaluation } from '../../core/evaluation/plan.ts';
import type { Progress } from '../../core/evaluation/runner.ts';
import type { Tally } from '../../core/evaluation/tally.ts';
import type { Failure } from '../failures.ts';
import type { EvaluationChoice } from './choice.ts';
import type { OwnFault, OwnTaskFile } from './own-tasks.ts';
import type { Plan } from './plan.ts';

export type EvaluationFailure = Pick<Failure, 'what' | 'why' | 'todo'>;

export type RunState =
  | { readonly kind: 'idle' }
  /** Reads documents and what was measured before. */
  | { readonly kind: 'preparing' }
  /** Measures; `waits` says for whom it holds still. */
  | { readonly kind: 'running'; readonly waits: 'model' | 'workbench' | null }
  /** The user's word is waited for; nothing is lost. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly failure: EvaluationFailure }
  | { readonly kind: 'done' };

/** A document that could not be measured. */
export interface LeftOut {
  readonly task: string;
  readonly document: string;
  readonly why: string;
}

/** What is on screen: partial or whole, of this plan. */
export interface Outcome {
  readonly plan: Plan;
  readonly evaluation: Evaluation;
  /** Changes in place: `revision` says when. */
  readonly tally: Tally;
  readonly revision: number;
  readonly progress: Progress | null;
  readonly leftOut: readonly LeftOut[];
}

/** What documents cost on this device. */
export interface Cost {
  /** Pairs of document and contestant measured, and how long they took in all. */
  readonly pairs: number;
  readonly milliseconds: number;
}

export interface EvaluationFacts {
  /** Null until it is known which experts there are. */
  readonly choice: EvaluationChoice | null;
  readonly run: RunState;
  readonly outcome: Outcome | null;
  /** Averages of `outcome`, a moment behind it: they are computed in a thread of their own. */
  readonly summaries: Summaries;
  /** By backend. */
  readonly costs: Readonly<Record<string, Cost>>;
  readonly own: readonly OwnTaskFile[];
  /** Files that could not be used, until they are put away. */
  readonly ownFaults: readonly OwnFault[];
  /** Files that are being read. */
  readonly reading: readonly string[];
  /** Of this browser's policies: how often held-out test was seen, and which are sealed. */
  readonly looks: Looks;
  /** Why a policy cannot be sealed, or kept looks could not all be read; null when all is well. */
  readonly looksFault: string | null;
  /** Why results cannot be kept beyond this page; null while they are. */
  readonly unkept: string | null;
}

export const EVALUATION_HOMES: { readonly [K in keyof EvaluationFacts]: 'browser' | 'memory' } = {
  choice: 'browser',
  run: 'memory',
  // Its plan is kept, and its measurements by key: the rest is made of these.
  outcome: 'memory',
  summaries: 'memory',
  costs: 'browser',
  own: 'browser',
  ownFaults: 'memory',
  reading: 'memory',
  looks: 'browser',
  looksFault: 'memory',
  unkept: 'memory',
};

export type EvaluationStore = StoreApi<EvaluationFacts>;

export const createEvaluationFacts = (): EvaluationStore =>
  createStore<EvaluationFacts>(() => ({
    choice: null,
    run: { kind: 'idle' },
    outcome: null,
    summaries: new Map(),
    costs: {},
    own: [],
    ownFaults: [],
    reading: [],
    looks: noLooks,
    looksFault: null,
    unkept: null,
  }));
