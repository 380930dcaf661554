/** Everything that a user can do to the facts, and what the page must be given for it. */
import type { QueryClient } from '@tanstack/react-query';
import type { Experiment, Prompt, Sampling, ViewState } from '../core/experiment/experiment.ts';
import type { Part, Rules } from '../core/experiment/policies.ts';
import type { ParamValue } from '../core/params.ts';
import type { Edit, Policy } from '../core/routing/policy.ts';
import type { Engine } from '../engine/client.ts';
import type { AddressBar } from './address.ts';
import type { Choice } from './choice.ts';
import type { FactStore, Theme } from './facts.ts';
import type { MeasuringOptions } from './measuring.ts';
import type { Device } from './model.ts';
import type { Keep } from './preferences.ts';
import type { Recorded } from './recorded.ts';
import type { Clock } from './runs.ts';

export interface WorkbenchOptions {
  readonly engine: Engine;
  readonly rules: Rules;
  readonly bar: AddressBar;
  readonly keep: Keep | undefined;
  readonly clock: Clock;
  /** Absolute address of the package's manifest. */
  readonly manifest: string;
  /** Absent: speeds are never measured. */
  readonly measuring?: Pick<MeasuringOptions, 'spawn' | 'hasGpu'>;
}

export interface Change {
  /** Changes of the same gesture (one drag, one word typed) are one step of the history and of undo. */
  readonly gesture?: string;
}

export interface Workbench {
  readonly store: FactStore;
  readonly queries: QueryClient;
  readonly rules: Rules;
  /** Takes the address, or the recorded experiment where it is empty. */
  begin(recorded: Recorded | undefined): Promise<void>;
  /** Loads the model, or asks first where the device may be too small for it. */
  beginLoad(device: Device): void;

  setPrompt(change: Partial<Prompt>, how?: Change): void;
  setSampling(change: Partial<Sampling>, how?: Change): void;
  setSeed(seed: number, how?: Change): void;
  setView(change: Partial<Omit<ViewState, 'cell'>>): void;
  select(cell: ViewState['cell'] | null): void;
  /** Held-out test was looked at while this experiment was open: its link tells of it from now on. `id` is a look's (`lookId`). */
  addLook(id: string): void;
  /** Takes a whole experiment, e.g. an example; its last policy becomes the active one. */
  open(experiment: Experiment): void;

  setMethod(index: number, method: string): void;
  setRule(index: number, part: Part, id: string): void;
  setMix(index: number, mix: Policy['mix']): void;
  setParam(index: number, part: Part, name: string, value: ParamValue, how?: Change): void;
  setEdits(index: number, edits: readonly Edit[], how?: Change): void;
  addEdit(index: number, edit: Edit): void;
  removeEdit(index: number, edit: Edit): void;
  /** Edits made on the way hold from the start of a new run. */
  applyFromStart(index: number): void;
  /** Everything that differs from the method's own goes. */
  resetPolicy(index: number): void;

  /** A copy of the active policy joins the list and becomes the active one. */
  addPolicy(): void;
  removePolicy(index: number): void;
  copyPolicy(from: number, to: number): void;
  activate(index: number): void;
  undo(): void;
  redo(): void;

  run(): void;
  stop(): void;
  loadModel(): void;
  cancelLoad(): void;
  setBackend(choice: Choice): void;
  /** Measures all backends that this device has. */
  measureBackends(): void;
  stopMeasuring(): void;
  setTheme(theme: Theme): void;
  /** The address of this experiment with digests of what is on screen; undefined when it is too long. */
  makeLink(): Promise<string | undefined>;
  /** JSON of the runs on screen. */
  exportRuns(): string;
  /** Computes how likely each answer is under the other policy. */
  computeLikelihoods(): Promise<void>;
  dismiss(what: 'problems' | 'incident' | 'remarks'): void;
  dispose(): void;
}
