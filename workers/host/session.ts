/** A loaded model: runs, one at a time, each taking over what it can from the two before it. */
import type { Library } from '../../src/core/library.ts';
import { PolicyError } from '../../src/core/routing/error.ts';
import type { Policy, PolicyRun } from '../../src/core/routing/policy.ts';
import type { Template } from '../../src/formats/template.ts';
import type { Tokenizer } from '../../src/formats/tokenizer.ts';
import type { Measurement } from '../../src/core/evaluation/measurement.ts';
import type { MeasureRequest, RunEvent, RunRequest, RunResult } from '../../src/protocol/engine.ts';
import { EngineError } from '../../src/protocol/error.ts';
import type { Backend, Sequence } from '../backends/backend.ts';
import { traceOf } from './blocks.ts';
import { checkMeasurable, measure } from './measure.ts';
import { Stopped, unlessStopped } from './pause.ts';
import { preparePrompt, type EncodedPrompt } from './prompt.ts';
import { planReuse, type Kept, type ReusePlan } from './reuse.ts';
import type { Routing } from './routing.ts';
import { runOnce, type RunControl } from './run.ts';

export interface SessionInput {
  readonly backend: Backend;
  readonly library: Library;
  readonly tokenizer: Tokenizer;
  readonly template: Template;
  readonly context: number;
  readonly routing: Routing;
  /** `[site][expert][width]`; asked for when a score needs it, and then kept. */
  readonly prototypes: () => Promise<Float32Array>;
  /** Unit-length embedding of a text; asked for when a score needs it. */
  readonly embed: (text: string) => Promise<Float32Array>;
}

export interface Session {
  /** @throws EngineError; the session stays usable. */
  run(request: RunRequest, onEvent: (event: RunEvent) => void, control: RunControl): Promise<RunResult>;
  /** Leaves what runs have kept as it is. @throws EngineError; Stopped when `signal` says so */
  measure(request: MeasureRequest, signal: AbortSignal): Promise<readonly Measurement[]>;
  dispose(): Promise<void>;
}

/** Runs whose caches are kept: the A and the B of a comparison, and apart from them the last one whose answer was given. */
const MOST_KEPT = { generated: 2, given: 1 } as const;
const kindOf = ({ answer }: RunRequest): keyof typeof MOST_KEPT => (answer === undefined ? 'generated' : 'given');
/** Embeddings are 1.5 kB each. */
const MOST_EMBEDDINGS = 256;

export function createSession(input: SessionInput): Session {
  const { backend, tokenizer, template, routing } = input;
  let { library } = input;
  const context = Math.min(input.context, backend.shape.context);
  const endOfTurn = tokenizer.idOf(template.end_of_turn) ?? -1;
  const embeddings = new Map<string, Float32Array>();
  /** The latest last. */
  let kept: Kept[] = [];

  async function embed(text: string): Promise<Float32Array> {
    const known = embeddings.get(text) ?? (await input.embed(text));
    embeddings.delete(text);
    embeddings.set(text, known);
    for (const [oldest] of embeddings) {
      if (embeddings.size <= MOST_EMBEDDINGS) break;
      embeddings.delete(oldest);
    }
    return known;
  }

  async function prepare(
    policy: Policy,
    request: Pick<RunRequest, 'prompt' | 'seed'>,
    promptTokens: number,
    stop: AbortSignal,
  ): Promise<PolicyRun> {
    const needs = routing.needs(policy);
    if (needs.includes('prototypes') && library.prototypes === undefined) {
      library = { ...library, prototypes: await unlessStopped(stop, input.prototypes()) };
    }
    const promptEmbedding = needs.includes('prompt-embedding')
      ? await unlessStopped(stop, embed(request.prompt.text))
      : undefined;
    return routing.compile(policy, {
      library,
      seed: request.seed,
      promptTokens,
      ...(promptEmbedding === undefined ? {} : { promptEmbedding }),
    });
  }

  /** The earlier run that saves most, with a sequence the new run may change. */
  async function takeOver(
    request: RunRequest,
    ids: Int32Array,
  ): Promise<{ sequence: Sequence; from?: { kept: Kept; plan: ReusePlan } }> {
    const sites = library.sites.length;
    const candidates = kept.map((old) => {
      const difference = (before: Policy, after: Policy) => routing.difference(before, after, library, ids.length);
      const plan = planReuse(old, request, ids, sites, sameText(old, request, routing), difference);
      const again = Math.max(0, ids.length - plan.tokens);
      return { old, plan, saved: plan.tokens * sites + (plan.site > 0 ? again * plan.site : 0) };
    });
    const [best] = candidates.sort((a, b) => b.saved - a.saved);
    const alike = kept.filter((old) => kindOf(old.request) === kindOf(request));
    const oldest = alike.length < MOST_KEPT[kindOf(request)] ? undefined : alike[0];
    kept = kept.filter((old) => old !== oldest);
    if (best === undefined || best.saved === 0) {
      oldest?.sequence.release();
      return { sequence: await backend.open() };
    }
    const from = { kept: best.old, plan: best.plan };
    if (best.old === oldest) return { sequence: oldest.sequence, from };
    oldest?.sequence.release();
    return { sequence: await best.old.sequence.fork(), from };
  }

  function forget(): void {
    for (const { sequence } of kept) sequence.release();
    kept = [];
  }

  return {
    async run(request, onEvent, control) {
      const more = request.answer?.length ?? request.sampling.maxTokens;
      const prompt = preparePrompt(request.prompt, template, tokenizer, context, more);
      const ready = (policy: Policy): Promise<PolicyRun> => prepare(policy, request, prompt.ids.length, control.signal);
      let compiled: PolicyRun;
      try {
        compiled = await ready(request.policy);
      } catch (error) {
        if (error instanceof Stopped) return stoppedBefore(request, prompt, library);
        throw error;
      }
      const { sequence, from } = await takeOver(request, prompt.ids);
      try {
        const done = await runOnce({
          request,
          prompt,
          sequence,
          ...(from === undefined ? {} : { from }),
          sites: library.sites,
          units: library.experts.length,
          tokenizer,
          endOfTurn,
          compiled,
          prepare: ready,
          control,
          onEvent,
        });
        kept.push(done.kept);
        return done.result;
      } catch (error) {
        sequence.release();
        // An error of ours leaves the other caches as they were; after one of the backend's they may be damaged.
        const ours = error instanceof PolicyError || (error instanceof EngineError && error.code !== 'gpu');
        if (!ours) forget();
        throw error;
      }
    },
    async measure(request, signal) {
      checkMeasurable(request);
      const answers = [request.gold, ...(request.options ?? [])].map((text) => tokenizer.encode(text).length + 1);
      const more = Math.max(...answers) + (request.beyond ?? 0);
      const { ids } = preparePrompt(request.prompt, template, tokenizer, context, more);
      const sequence = await backend.open();
      try {
        return await measure({
          request,
          prompt: ids,
          sequence,
          sites: library.sites,
          units: library.experts.length,
          tokenizer,
          endOfTurn,
          prepare: (policy) => prepare(policy, request, ids.length, signal),
          context,
          firstSite: (before, after) => routing.difference(before, after, library, ids.length)?.site,
          signal,
        });
      } finally {
        sequence.release();
      }
    },
    async dispose() {
      forget();
      await backend.dispose();
    },
  };
}

/** A policy that reads the prompt's meaning routes every token by the whole text. */
function sameText(old: Kept, request: RunRequest, routing: Routing): boolean {
  if (old.request.prompt.text === request.prompt.text) return true;
  const policies = [request.policy, ...old.policies.map(({ policy }) => policy)];
  return !policies.some((policy) => routing.needs(policy).includes('prompt-embedding'));
}

/** Told to stop while the embedder or the prototypes were on their way. */
function stoppedBefore(request: RunRequest, prompt: EncodedPrompt, library: Library): RunResult {
  return {
    prompt: { text: prompt.text, tokens: prompt.tokens },
    answer: { text: '', tokens: [] },
    trace: traceOf([], { sites: library.sites.length, units: library.experts.length }, request.scores),
    terms: [],
    policy: request.policy,
    end: 'stopped',
    milliseconds: { prefill: 0, decode: 0, policy: 0, total: 0 },
    reused: { tokens: 0, site: 0 },
  };
}
