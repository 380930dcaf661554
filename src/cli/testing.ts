/** For tests: the tiny package opened under Node, and sessions on it. */
import { fileURLToPath } from 'node:url';
import type { Backend } from '../../workers/backends/backend.ts';
import { createSession, type Session } from '../../workers/host/session.ts';
import { coreRouting, type Routing } from '../../workers/host/routing.ts';
import type { RunControl } from '../../workers/host/run.ts';
import { openModel, type OpenModel } from '../../workers/model.ts';
import { presetPolicy } from '../core/routing/presets.ts';
import type { BackendId, RunEvent, RunRequest, RunResult } from '../protocol/engine.ts';
import { nodePlatform } from './node-engine.ts';

export const tinyFolder = fileURLToPath(new URL('../../models/tiny', import.meta.url));

export const openTiny = (backend: BackendId = 'onnx-wasm'): Promise<OpenModel> =>
  openModel(
    nodePlatform,
    { manifest: tinyFolder, backend, threads: 1 },
    new Map(),
    () => undefined,
    new AbortController().signal,
  );

/** A session that shares the model's backend: it is not to be disposed with it. */
export function sessionOn(
  model: OpenModel,
  changes: {
    readonly backend?: Backend;
    readonly routing?: Routing;
    readonly embed?: OpenModel['embed'];
  } = {},
): Session {
  const { backend, library, tokenizer, manifest, context, prototypes } = model;
  return createSession({
    backend,
    library,
    tokenizer,
    template: manifest.template,
    context,
    routing: coreRouting,
    prototypes,
    // Any vector of the right length will do: the tiny package has no embedder.
    embed: (text) => Promise.resolve(new Float32Array(8).fill(text.length / 100)),
    ...changes,
  });
}

export const request = (changes: Partial<RunRequest> = {}): RunRequest => ({
  id: 'test',
  prompt: { text: 'hello there', raw: false },
  policy: presetPolicy('phatgoose'),
  seed: 1,
  sampling: { temperature: 0, topP: 1, maxTokens: 12 },
  scores: true,
  top: 3,
  ...changes,
});

export const neverStopped = (): RunControl => ({ signal: new AbortController().signal, amendment: () => undefined });

export interface Recorded {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
}

export async function record(session: Session, wanted: RunRequest, control = neverStopped()): Promise<Recorded> {
  const events: RunEvent[] = [];
  const result = await session.run(wanted, (event) => events.push(event), control);
  return { result, events };
}
