/** Compares a backend with the package's reference: all of it for `npm run parity`, a short self-test for the page's badge. */
import type { Library } from '../src/core/library.ts';
import {
  compareFree,
  joinParity,
  within,
  type FreeResult,
  type ParityBounds,
  type PolicyParity,
} from '../src/core/parity.ts';
import type { PolicyRun } from '../src/core/routing/policy.ts';
import type { ParityReport } from '../src/protocol/engine.ts';
import type { Backend } from './backends/backend.ts';
import { coreRouting } from './host/routing.ts';
import { replay, runFree, type Comparison } from './parity/passes.ts';
import type { Reference, ReferencePrompt, RunFigures } from './parity/reference.ts';

export interface ParityInput {
  readonly backend: Backend;
  readonly library: Library;
  /** Asked for when a policy needs them and the library has none yet. */
  readonly prototypes: () => Promise<Float32Array>;
  /** The product's own embedder; without it the reference's embedding of each prompt is taken. */
  readonly embed?: (text: string) => Promise<Float32Array>;
  readonly reference: Reference;
  readonly signal: AbortSignal;
}

export interface ParityChoice {
  readonly prompts: readonly ReferencePrompt[];
  /** Ids of the reference's policies. */
  readonly policies: readonly string[];
  /** Most tokens of an answer, in both halves. */
  readonly tokens: number;
  readonly halves: readonly ('replayed' | 'free')[];
}

/** Of their site's range, for a backend that is not less exact by its own account; the logits' bound is the backend's own. */
const SCORE_BOUND = 1e-4;
const LEAST_SHARE = 0.999;

export const boundsOf = (backend: Backend): ParityBounds => ({
  logits: backend.logitError,
  scores: Math.max(SCORE_BOUND, backend.scoreError),
  scoreError: backend.scoreError,
  share: LEAST_SHARE,
});

/** Prompt after prompt, and for each all policies; `onDone` hears of every pair. @throws Stopped, EngineError */
export async function checkParity(
  input: ParityInput,
  choice: ParityChoice,
  onDone: (prompt: string, result: PolicyParity) => void = () => undefined,
): Promise<readonly PolicyParity[]> {
  const { reference } = input;
  const found = new Map<string, PolicyParity[]>(choice.policies.map((id) => [id, []]));
  let { library } = input;
  for (const prompt of choice.prompts) {
    for (const id of choice.policies) {
      const figures = await reference.figures(prompt, id);
      if (needs(reference, id).includes('prototypes') && library.prototypes === undefined) {
        library = { ...library, prototypes: await input.prototypes() };
      }
      const policy = await compile(input, library, prompt, id, figures);
      const result = await comparePair(input, choice, prompt, figures, policy, id);
      found.get(id)?.push(result);
      onDone(prompt.id, result);
    }
  }
  return [...found].map(([id, parts]) => ({ ...joinParity(id, parts), prompts: parts.length }));
}

function policyOf(reference: Reference, id: string) {
  const found = reference.policies.find((policy) => policy.id === id);
  if (found === undefined) {
    const known = reference.policies.map((policy) => policy.id).join(', ');
    throw new RangeError(`there is no reference for the policy ${id}; there is one for ${known}`);
  }
  return found.policy;
}

const needs = (reference: Reference, id: string) => coreRouting.needs(policyOf(reference, id));

async function compile(
  { reference, embed }: ParityInput,
  library: Library,
  prompt: ReferencePrompt,
  id: string,
  figures: RunFigures,
): Promise<PolicyRun> {
  const meaning = needs(reference, id).includes('prompt-embedding');
  const promptEmbedding = meaning ? ((await embed?.(prompt.text)) ?? figures.embedding) : undefined;
  return coreRouting.compile(policyOf(reference, id), {
    library,
    seed: 0,
    promptTokens: prompt.ids.length,
    ...(promptEmbedding === undefined ? {} : { promptEmbedding }),
  });
}

async function comparePair(
  { backend, library, reference, signal }: ParityInput,
  { tokens, halves }: ParityChoice,
  prompt: ReferencePrompt,
  figures: RunFigures,
  policy: PolicyRun,
  id: string,
): Promise<PolicyParity> {
  const most = Math.min(tokens, figures.answer.length);
  const { bannedIds: banned } = reference;
  const sites = library.sites;
  const comparison: Comparison = { backend, sites, prompt, figures, policy, banned, tokens: most, signal };
  const nothing = { largest: 0, compared: 0 };
  const fed = halves.includes('replayed') ? await replay(comparison) : { logits: nothing, scores: nothing };
  const free: FreeResult = halves.includes('free')
    ? compareFree(await runFree(comparison), figures, boundsOf(backend))
    : { choices: { equal: 0, compared: 0 }, tokens: { equal: 0, compared: 0 }, nearTies: 0 };
  const { choices, tokens: answer, nearTies } = free;
  const parted = free.parted?.nearTie === true ? 1 : 0;
  const constant = figures.gaps === undefined;
  return { policy: id, prompts: 1, constant, ...fed, choices, tokens: answer, nearTies, parted };
}

/** For the badge a few tokens; the reference says under which policies, such as need neither embedder nor prototypes. */
const SELF_TEST_TOKENS = 8;

/** @param prompts how many of those whose figures lie in the reference's first file */
export async function selfTest(input: ParityInput, prompts: number): Promise<ParityReport> {
  const began = performance.now();
  const { backend, reference } = input;
  const chosen = reference.prompts.filter((prompt) => prompt.here.length > 0).slice(0, Math.max(1, prompts));
  const found = await checkParity(input, {
    prompts: chosen,
    policies: chosen[0]?.here ?? [],
    tokens: SELF_TEST_TOKENS,
    halves: ['replayed', 'free'],
  });
  return reportOf(backend, chosen.length, found, performance.now() - began);
}

export function reportOf(
  backend: Backend,
  prompts: number,
  policies: readonly PolicyParity[],
  milliseconds: number,
): ParityReport {
  const bounds = boundsOf(backend);
  const all = joinParity('all', policies);
  return {
    backend: backend.label,
    prompts,
    logits: { largest: all.logits.largest, bound: bounds.logits, compared: all.logits.compared },
    scores: { largest: all.scores.largest, bound: bounds.scores },
    choices: {
      equal: all.choices.equal + all.tokens.equal,
      compared: all.choices.compared + all.tokens.compared,
      bound: bounds.share,
    },
    passed: policies.length > 0 && policies.every((policy) => within(policy, bounds)),
    milliseconds,
  };
}
