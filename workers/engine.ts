/** The engine behind its protocol: one queue, one loaded session, runs that hear of stops and edits. The same in a worker and under Node. */
import type { Policy } from '../src/core/routing/policy.ts';
import type { EngineApi, LoadProgress, LoadRequest, LoadedModel, ParityReport } from '../src/protocol/engine.ts';
import { EngineError, engineErrorFrom } from '../src/protocol/error.ts';
import { Stopped } from './host/pause.ts';
import { coreRouting } from './host/routing.ts';
import { createSession, type Session } from './host/session.ts';
import { openModel, type OpenModel, type Platform } from './model.ts';
import type { Held } from './package/reader.ts';
import { selfTest } from './parity.ts';
import { createQueue } from './queue.ts';

export type { Platform } from './model.ts';

interface Loaded {
  readonly key: string;
  readonly model: OpenModel;
  readonly session: Session;
}

interface Active {
  readonly stop: AbortController;
  amendment: Policy | undefined;
}

export interface Engine extends EngineApi {
  /** Answers at once: whoever asks learns that this thread is alive and not starved. */
  ping(): boolean;
  /** The token that ends an answer; none when the vocabulary lacks the template's. */
  endOfTurn(): Promise<readonly number[]>;
  dispose(): Promise<void>;
}

/** @param platform see `inference.worker.ts` for a browser, `src/cli/node-engine.ts` for Node */
export function createEngine(platform: Platform): Engine {
  const queue = createQueue();
  const runs = new Map<string, Active>();
  const measuring = new Map<string, AbortController>();
  const held: Held = new Map();
  const never = new AbortController().signal;
  let loading: AbortController | undefined;
  let testing: AbortController | undefined;
  let loaded: Loaded | undefined;

  const ready = (): Loaded => {
    if (loaded === undefined) throw new EngineError('not-loaded', 'No model is loaded: load one first.');
    return loaded;
  };

  async function load(
    request: LoadRequest,
    onProgress: (progress: LoadProgress) => void,
    signal: AbortSignal,
  ): Promise<LoadedModel> {
    const key = JSON.stringify([request.manifest, request.backend, request.threads, request.experts]);
    if (loaded?.key === key) return loaded.model.info;
    // Two models at a time would not fit the memory of many devices.
    await loaded?.session.dispose();
    loaded = undefined;
    const model = await openModel(platform, request, held, onProgress, signal);
    const { backend, library, tokenizer, context, manifest, prototypes, embed } = model;
    const { template } = manifest;
    const session = createSession({
      backend,
      library,
      tokenizer,
      template,
      context,
      routing: coreRouting,
      prototypes,
      embed,
    });
    loaded = { key, model, session };
    return model.info;
  }

  async function parity(prompts: number, signal: AbortSignal): Promise<ParityReport> {
    const { backend, library, prototypes, reference } = ready().model;
    try {
      return await selfTest({ backend, library, prototypes, reference: await reference(), signal }, prompts);
    } catch (error) {
      if (error instanceof Stopped) throw new EngineError('aborted', 'The self-test was cancelled.');
      throw error;
    }
  }

  return {
    async load(request, onProgress) {
      const control = new AbortController();
      loading = control;
      try {
        return await queue.add(control.signal, () => load(request, onProgress, control.signal));
      } catch (error) {
        if (control.signal.aborted) throw new EngineError('aborted', 'Loading was cancelled.', { cause: error });
        throw engineErrorFrom(error);
      } finally {
        if (loading === control) loading = undefined;
      }
    },
    async run(request, onEvent) {
      if (runs.has(request.id))
        throw new EngineError('internal', `A run with the id ${request.id} is under way already.`);
      const active: Active = { stop: new AbortController(), amendment: undefined };
      runs.set(request.id, active);
      const control = {
        signal: active.stop.signal,
        amendment: () => {
          const next = active.amendment;
          active.amendment = undefined;
          return next;
        },
      };
      try {
        return await queue.add(active.stop.signal, () => ready().session.run(request, onEvent, control));
      } catch (error) {
        throw engineErrorFrom(error);
      } finally {
        runs.delete(request.id);
      }
    },
    async measure(request) {
      const stop = new AbortController();
      measuring.set(request.id, stop);
      try {
        return await queue.add(stop.signal, () => ready().session.measure(request, stop.signal));
      } catch (error) {
        if (error instanceof Stopped) throw new EngineError('aborted', 'The measurement was cancelled.');
        throw engineErrorFrom(error);
      } finally {
        measuring.delete(request.id);
      }
    },
    amend(run, policy) {
      const active = runs.get(run);
      if (active === undefined || active.stop.signal.aborted) return false;
      active.amendment = policy;
      return true;
    },
    cancel(what) {
      if (what === 'load') loading?.abort();
      if (what === 'parity') testing?.abort();
      runs.get(what)?.stop.abort();
      measuring.get(what)?.abort();
    },
    async tokenize(texts) {
      const { tokenizer } = (await Promise.resolve().then(ready)).model;
      return texts.map((text) =>
        tokenizer.encode(text).map((id) => ({ id, text: tokenizer.text(id), template: false })),
      );
    },
    async parity(prompts) {
      const control = new AbortController();
      testing = control;
      try {
        return await queue.add(control.signal, () => parity(prompts, control.signal));
      } catch (error) {
        throw engineErrorFrom(error);
      } finally {
        if (testing === control) testing = undefined;
      }
    },
    ping: () => true,
    async endOfTurn() {
      const { tokenizer, manifest } = (await Promise.resolve().then(ready)).model;
      const id = tokenizer.idOf(manifest.template.end_of_turn);
      return id === undefined ? [] : [id];
    },
    async dispose() {
      loading?.abort();
      testing?.abort();
      for (const active of runs.values()) active.stop.abort();
      for (const stop of measuring.values()) stop.abort();
      await queue.add(never, async () => {
        await loaded?.session.dispose();
        loaded = undefined;
      });
    },
  };
}
