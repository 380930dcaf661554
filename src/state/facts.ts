/** All facts of the page, small and serialisable apart from runs, each with the place where it is kept. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Experiment } from '../core/experiment/experiment.ts';
import type { Problem } from '../core/experiment/json.ts';
import type { LibraryInfo } from '../core/library.ts';
import type { BackendId, LoadedModel, LoadProgress, ParityReport, RunResult } from '../protocol/engine.ts';
import { choose, type Choice, type Measurements } from './choice.ts';
import type { Failure } from './failures.ts';
import type { CrossLikelihoods } from './likelihoods.ts';
import { emptyHistory, type History } from './history.ts';

export type Theme = 'system' | 'light' | 'dark';

/** How far the model is. The page works with recorded runs in every state. */
export type ModelState =
  | { readonly kind: 'idle' }
  /** Waits for the user's word, as the device may be too small or data may cost money. */
  | { readonly kind: 'asking'; readonly reason: string }
  | { readonly kind: 'loading'; readonly progress: LoadProgress | null; readonly secondsLeft: number | null }
  | { readonly kind: 'ready'; readonly model: LoadedModel }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type ParityState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly report: ParityReport }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A run as far as it has come, for one policy. */
export interface ShownRun extends Pick<RunResult, 'prompt' | 'answer' | 'trace' | 'terms' | 'policy'> {
  /** Everything that the run depends on (`requestKey`): another key than the experiment's means it is stale. */
  readonly key: string;
  readonly source: 'live' | 'recorded';
  /** Null while it is being computed. */
  readonly end: RunResult['end'] | null;
  readonly milliseconds?: RunResult['milliseconds'];
  readonly reused?: RunResult['reused'];
}

/** What goes on for one policy of the list. */
export interface Lane {
  readonly state: 'idle' | 'waiting' | 'running';
  /** The last good run, or the one being computed; kept while the next one is waited for. */
  readonly shown: ShownRun | null;
  readonly failure: Failure | null;
}

export const emptyLane: Lane = { state: 'idle', shown: null, failure: null };

export interface Facts {
  readonly experiment: Experiment;
  readonly theme: Theme;
  /** What computes, or will once it is loaded. */
  readonly backend: BackendId;
  /** What the user wants to compute. */
  readonly choice: Choice;
  readonly measured: Measurements;
  /** The backend whose speed is being measured. */
  readonly measuring: BackendId | null;
  /** Index of the policy whose panel is open for editing. */
  readonly active: number;
  readonly history: History;
  readonly model: ModelState;
  readonly parity: ParityState;
  /** One for each policy, in the same order. */
  readonly lanes: readonly Lane[];
  /** Fields of the opened link that could not be taken as they stood. */
  readonly problems: readonly Problem[];
  /** Whether the runs came out as the sender of the link said; null where the link did not say or the run is not there yet. */
  readonly digests: readonly (boolean | null)[];
  /** How likely each answer is under the other policy; empty as soon as a run changes. */
  readonly likelihoods: CrossLikelihoods;
  /** Experts and sites of the recorded runs, for the page before the model is there. */
  readonly recordedLibrary: LibraryInfo | null;
  /** Remarks of the engine that the reader has put away. */
  readonly remarksSeen: boolean;
  /** Something that was lost and mended meanwhile, such as a crashed worker. */
  readonly incident: Failure | null;
}

export type Home = 'link' | 'browser' | 'memory';

/** Where each fact is kept: in the address, in this browser, or only as long as the page is open. */
export const HOMES: { readonly [K in keyof Facts]: Home } = {
  experiment: 'link',
  theme: 'browser',
  backend: 'memory',
  choice: 'browser',
  measured: 'browser',
  measuring: 'memory',
  active: 'memory',
  history: 'memory',
  model: 'memory',
  parity: 'memory',
  lanes: 'memory',
  problems: 'memory',
  digests: 'memory',
  likelihoods: 'memory',
  recordedLibrary: 'memory',
  remarksSeen: 'memory',
  incident: 'memory',
};

/** Facts whose home is the browser. */
export type Kept = Pick<Facts, 'theme' | 'choice' | 'measured'>;

export type FactStore = StoreApi<Facts>;

/** Experts and sites of the model, or of the recorded runs before it is there. */
export const libraryOf = ({ model, recordedLibrary }: Facts): LibraryInfo | null =>
  model.kind === 'ready' ? model.model.library : recordedLibrary;

export const createFacts = (experiment: Experiment, kept: Kept): FactStore =>
  createStore<Facts>(() => ({
    experiment,
    ...kept,
    backend: choose(kept.choice, kept.measured).backend,
    measuring: null,
    active: 0,
    history: emptyHistory,
    model: { kind: 'idle' },
    parity: { kind: 'none' },
    lanes: experiment.policies.map(() => emptyLane),
    problems: [],
    digests: [],
    likelihoods: {},
    recordedLibrary: null,
    remarksSeen: false,
    incident: null,
  }));
