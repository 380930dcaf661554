/** What crosses between the page (or the command line) and the engine. Types only. */
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { Prompt, Sampling } from '../core/experiment/experiment.ts';
import type { LibraryInfo } from '../core/library.ts';
import type { Policy, ScoreTerm } from '../core/routing/policy.ts';
import type { RoutingTrace, TokenPosition, TraceBlock } from '../core/trace.ts';

export type BackendId = 'simd' | 'onnx-wasm' | 'onnx-webgpu';

export interface LoadRequest {
  /** Absolute URL (page) or folder path (Node) of the package's manifest.json. */
  readonly manifest: string;
  readonly backend: BackendId;
  /** Upper bound; what is used stands in `LoadedModel.report`. */
  readonly threads?: number;
  /** For measurements alone: as many experts, the package's own and, beyond them, copies with perturbed gates. */
  readonly experts?: number;
}

export type LoadPhase = 'manifest' | 'base' | 'experts' | 'sessions' | 'self-test';

export interface LoadProgress {
  readonly phase: LoadPhase;
  /** Bytes (or steps, for phases without bytes) done and in all. */
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes' | 'steps';
  /** Bytes that came from this browser's own copy. */
  readonly cached?: number;
}

export interface LoadedModel {
  readonly package: { readonly id: string; readonly label: string; readonly licence: string; readonly hash: string };
  readonly library: LibraryInfo;
  readonly context: number;
  readonly backend: {
    readonly id: BackendId;
    readonly label: string;
    readonly threads: number;
    readonly scoreError: number;
    readonly logitError: number;
    readonly notices: readonly string[];
    readonly milliseconds: Readonly<Record<string, number>>;
    readonly bytes: number;
  };
}

export interface TokenText {
  readonly id: number;
  /** Its own bytes as text; a part of a character shows as U+FFFD. */
  readonly text: string;
  /** Belongs to the template rather than to what the user typed. */
  readonly template: boolean;
}

export interface TopToken {
  readonly id: number;
  readonly text: string;
  readonly logit: number;
  readonly logprob: number;
}

export interface AnswerToken extends TokenText {
  /** Natural logarithm of its probability, before temperature. */
  readonly logprob: number;
  /** The largest logits from which it was chosen, falling. */
  readonly top: readonly TopToken[];
}

export interface RunRequest {
  readonly id: string;
  readonly prompt: Prompt;
  readonly policy: Policy;
  readonly seed: number;
  readonly sampling: Sampling;
  /** Keep the raw scores of all units in the trace. */
  readonly scores: boolean;
  /** How many of the next tokens to report with each answer token. */
  readonly top: number;
  /** Take these tokens as the answer instead of sampling: the answer's likelihood and routes under this policy. */
  readonly answer?: readonly number[];
}

export type RunEvent =
  | { readonly kind: 'prompt'; readonly tokens: readonly TokenText[] }
  | { readonly kind: 'block'; readonly block: TraceBlock }
  | { readonly kind: 'token'; readonly token: AnswerToken }
  /** An edit made while the answer was being generated has taken effect from this position on. */
  | { readonly kind: 'policy'; readonly policy: Policy; readonly since: TokenPosition };

export interface RunResult {
  readonly prompt: { readonly text: string; readonly tokens: readonly TokenText[] };
  readonly answer: { readonly text: string; readonly tokens: readonly AnswerToken[] };
  readonly trace: RoutingTrace;
  readonly terms: readonly ScoreTerm[];
  /** The policy as it stood at the end, with edits made on the way (each with its `since`). */
  readonly policy: Policy;
  readonly end: 'end-of-turn' | 'limit' | 'stopped';
  readonly milliseconds: {
    readonly prefill: number;
    readonly decode: number;
    readonly policy: number;
    readonly total: number;
  };
  /** What was taken over from an earlier run: tokens, and for the recomputed ones the first site that was run. */
  readonly reused: { readonly tokens: number; readonly site: number };
}

/** One document under several policies. */
export interface MeasureRequest {
  readonly id: string;
  readonly prompt: Prompt;
  readonly policies: readonly Policy[];
  readonly seed: number;
  /** The right answer. */
  readonly gold: string;
  /** All answers to choose from, the gold one among them; absent for a free answer. */
  readonly options?: readonly string[];
  /** How many tokens a greedy answer may have beyond those of the gold one; absent: none is generated. */
  readonly beyond?: number;
  /** False computes the prompt anew for each policy and each option: the slow way, for comparison. */
  readonly share?: boolean;
}

/** Compared in the self-test and by `npm run parity`. */
export interface ParityReport {
  readonly backend: string;
  readonly prompts: number;
  readonly logits: { readonly largest: number; readonly bound: number; readonly compared: number };
  readonly scores: { readonly largest: number; readonly bound: number };
  readonly choices: { readonly equal: number; readonly compared: number; readonly bound: number };
  readonly passed: boolean;
  readonly milliseconds: number;
}

/** Errors keep a code, so that the page can say what to do. */
export type EngineErrorCode =
  | 'fetch'
  | 'hash'
  | 'format'
  | 'memory'
  | 'gpu'
  /** The device lacks what a backend is made of: another one may do. */
  | 'unsupported'
  | 'context'
  | 'policy'
  | 'aborted'
  | 'worker'
  | 'not-loaded'
  | 'internal';

export interface EngineApi {
  load(request: LoadRequest, onProgress: (progress: LoadProgress) => void): Promise<LoadedModel>;
  run(request: RunRequest, onEvent: (event: RunEvent) => void): Promise<RunResult>;
  /** One measurement for each policy, in their order. @throws EngineError, `aborted` when it was cancelled by id */
  measure(request: MeasureRequest): Promise<readonly Measurement[]>;
  /** Replaces the policy of a run in progress from its next token on; edits new to it get that position as `since`. False when the run is over. */
  amend(run: string, policy: Policy): boolean;
  /** Cancels a load (`'load'`) or a run by id; a run answers within 200 ms with what it has, `end: 'stopped'`. */
  cancel(what: string): void;
  tokenize(texts: readonly string[]): Promise<readonly (readonly TokenText[])[]>;
  parity(prompts: number): Promise<ParityReport>;
}
