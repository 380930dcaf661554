/** A whole comparison from a request: the package opened on a backend, what was asked for compared, the backend freed. */
import type { ParityBounds, PolicyParity } from '../../src/core/parity.ts';
import type { BackendId, LoadProgress, ParityReport } from '../../src/protocol/engine.ts';
import { EngineError } from '../../src/protocol/error.ts';
import { openModel, type Platform } from '../model.ts';
import { boundsOf, checkParity, reportOf, type ParityChoice, type ParityInput } from '../parity.ts';

/** Plain data: it crosses to a worker. */
export interface SuiteRequest {
  /** As in `LoadRequest`. */
  readonly manifest: string;
  readonly backend: BackendId;
  readonly threads?: number;
  /** The first so many of the reference; all of them when absent. */
  readonly prompts?: number;
  /** Ids of the reference's policies; all of them when absent. */
  readonly policies?: readonly string[];
  /** Most tokens of an answer; all of them when absent. */
  readonly tokens?: number;
  /** Both when absent. */
  readonly halves?: ParityChoice['halves'];
}

export interface SuiteResult {
  readonly report: ParityReport;
  readonly bounds: ParityBounds;
  /** What computed the reference. */
  readonly reference: string;
  /** Where the backend ran. */
  readonly provider: string;
  readonly threads: number;
  readonly policies: readonly PolicyParity[];
}

export interface SuiteListener {
  onLoad(progress: LoadProgress): void;
  /** A prompt under a policy is done. */
  onDone(prompt: string, policy: string): void;
}

/** @throws EngineError, code `policy` for a policy that the reference has not; FormatError */
export async function runSuite(
  platform: Platform,
  request: SuiteRequest,
  listener: SuiteListener,
  signal: AbortSignal,
): Promise<SuiteResult> {
  const began = performance.now();
  const model = await openModel(
    platform,
    request,
    new Map(),
    (p) => {
      listener.onLoad(p);
    },
    signal,
  );
  const { backend, library, prototypes, manifest, embed } = model;
  try {
    const reference = await model.reference();
    const own = manifest.embedder === undefined ? {} : { embed };
    const input: ParityInput = { backend, library, prototypes, reference, signal, ...own };
    const choice = choiceOf(request, input);
    const policies = await checkParity(input, choice, (prompt, { policy }) => {
      listener.onDone(prompt, policy);
    });
    return {
      report: reportOf(backend, choice.prompts.length, policies, performance.now() - began),
      bounds: boundsOf(backend),
      reference: reference.madeWith,
      provider: backend.report.provider,
      threads: backend.report.threads,
      policies,
    };
  } finally {
    await backend.dispose();
  }
}

function choiceOf({ prompts, policies, tokens, halves }: SuiteRequest, { reference }: ParityInput): ParityChoice {
  const known = reference.policies.map(({ id }) => id);
  const unknown = policies?.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new EngineError('policy', `The reference has no policy ${unknown}; it has ${known.join(', ')}.`);
  }
  return {
    prompts: reference.prompts.slice(0, prompts),
    policies: policies ?? known,
    tokens: tokens ?? Infinity,
    halves: halves ?? ['replayed', 'free'],
  };
}
