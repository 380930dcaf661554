/** One evaluation on an engine: progress on standard error, measurements kept in a file. */
import { join } from 'node:path';
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { Conditions, Evaluation } from '../core/evaluation/plan.ts';
import { runEvaluation, type Progress, type ResultStore } from '../core/evaluation/runner.ts';
import { createTally, type Tally } from '../core/evaluation/tally.ts';
import type { LoadedModel, MeasureRequest } from '../protocol/engine.ts';
import { engineErrorFrom } from '../protocol/error.ts';
import { measureRequest } from '../protocol/measure-request.ts';
import type { Engine } from '../../workers/engine.ts';
import type { CliIo } from './io.ts';
import { createNodeEngine } from './node-engine.ts';
import type { ModelChoice } from './options.ts';
import { loadProgress } from './progress.ts';
import { fileStore } from './result-store.ts';

export interface Work {
  readonly engine: Engine;
  readonly io: CliIo;
  readonly conditions: Conditions;
  /** Ids, in the order of the measurements' units. */
  readonly experts: readonly string[];
  readonly store: ResultStore;
}

export interface WorkOptions extends Pick<Conditions, 'seed' | 'beyond'> {
  readonly choice: ModelChoice;
  readonly io: CliIo;
  /** Folder in which measurements are kept; it must be there. */
  readonly folder: string;
}

/** Loads the model, and lets it go when `task` is over. */
export async function withWork<T>(
  { choice, io, folder, seed, beyond }: WorkOptions,
  task: (work: Work, model: LoadedModel) => Promise<T>,
): Promise<T> {
  const engine = createNodeEngine();
  try {
    const model = await engine.load(
      { manifest: choice.folder, backend: choice.backend, threads: choice.threads },
      loadProgress(io),
    );
    const conditions = { package: model.package.hash, backend: model.backend.id, seed, raw: false, beyond };
    const experts = model.library.experts.map(({ id }) => id);
    const store = fileStore(join(folder, 'measurements.jsonl'));
    return await task({ engine, io, conditions, experts, store }, model);
  } finally {
    await engine.dispose();
  }
}

/** @param what comes before the progress, e.g. `single experts, ` */
export async function runOn(work: Work, evaluation: Evaluation, what: string): Promise<Tally> {
  const { io, store } = work;
  const { tasks, contestants, conditions } = evaluation;
  const tally = createTally(
    tasks,
    contestants.map(({ name }) => name),
    work.experts,
  );
  let told = performance.now();
  const tell = ({ done, total, reused, secondsLeft }: Progress): void => {
    if (performance.now() - told < 10_000 && done < total) return;
    told = performance.now();
    const left =
      secondsLeft === null || done === total ? '' : `, about ${String(Math.ceil(secondsLeft / 60))} min left`;
    io.err(`${what}${String(done)} of ${String(total)} (${String(reused)} from before)${left}`);
  };
  await runEvaluation({
    evaluation,
    store,
    stopped: () => false,
    measure: (job) => measureOrLeaveOut(work, measureRequest(job, conditions)),
    onResults(results, progress) {
      tally.add(results);
      tell(progress);
    },
    now: () => performance.now(),
  });
  return tally;
}

/** A document that the model's context cannot hold is told and left out, under all policies alike, as the page does; the rest goes on. */
async function measureOrLeaveOut({ engine, io }: Work, request: MeasureRequest): Promise<readonly Measurement[]> {
  try {
    return await engine.measure(request);
  } catch (thrown) {
    const { code, message } = engineErrorFrom(thrown);
    if (code !== 'context') throw thrown;
    io.err(`${request.id} is left out: ${message}`);
    return [];
  }
}
