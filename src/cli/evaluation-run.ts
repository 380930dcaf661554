/** One evaluation on an engine: progress on standard error, measurements kept in a file. */
import { join } from 'node:path';
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { Conditions, Evaluation, Job } from '../core/evaluation/plan.ts';
import { runEvaluation, type Progress, type ResultStore } from '../core/evaluation/runner.ts';
import { createTally, type Tally } from '../core/evaluation/tally.ts';
import type { LoadedModel, MeasureRequest } from '../protocol/engine.ts';
import { engineErrorFrom } from '../protocol/error.ts';
import { measureRequest } from '../protocol/measure-request.ts';
import type { Engine } from '../../workers/engine.ts';
import { inTwo, isControl, withoutShares } from './controls.ts';
import { UsageError, type CliIo } from './io.ts';
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
  readonly controls?: { readonly engine: Engine; readonly ids: readonly string[] };
  readonly store: ResultStore;
}

export interface WorkOptions extends Pick<Conditions, 'seed' | 'beyond'> {
  readonly choice: ModelChoice;
  /** Manifest of the controls' package, where they take part. */
  readonly controls?: string | undefined;
  readonly io: CliIo;
  /** Folder in which measurements are kept; it must be there. */
  readonly folder: string;
}

/** Loads the model, and lets it go when `task` is over. */
export async function withWork<T>(
  { choice, controls, io, folder, seed, beyond }: WorkOptions,
  task: (work: Work, model: LoadedModel) => Promise<T>,
): Promise<T> {
  const engine = createNodeEngine();
  const second = controls === undefined ? undefined : createNodeEngine();
  const { backend, threads } = choice;
  try {
    const model = await engine.load({ manifest: choice.folder, backend, threads }, loadProgress(io));
    const experts = idsOf(model);
    const store = fileStore(join(folder, 'measurements.jsonl'));
    const conditions = { package: model.package.hash, backend: model.backend.id, seed, raw: false, beyond };
    if (second === undefined || controls === undefined)
      return await task({ engine, io, conditions, experts, store }, model);
    const other = await second.load({ manifest: controls, backend, threads }, loadProgress(io));
    const ids = idsOf(other);
    const both = ids.find((id) => experts.includes(id));
    if (both !== undefined) throw new UsageError(`--controls: ${both} is the name of an expert of the library, too.`);
    const whole = { ...conditions, controls: other.package.hash };
    return await task({ engine, io, conditions: whole, experts, controls: { engine: second, ids }, store }, model);
  } finally {
    await engine.dispose();
    await second?.dispose();
  }
}

const idsOf = ({ library }: LoadedModel): readonly string[] => library.experts.map(({ id }) => id);

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
    measure: (job) => measureJob(work, job, conditions),
    onResults(results, progress) {
      tally.add(results);
      tell(progress);
    },
    now: () => performance.now(),
  });
  return tally;
}

function measureJob(work: Work, job: Job, conditions: Conditions): Promise<readonly Measurement[]> {
  const { engine, io, controls, experts } = work;
  if (controls === undefined) return measureOrLeaveOut(engine, io, measureRequest(job, conditions));
  return inTwo(job.contestants, isControl(controls.ids), async (side, contestants) => {
    const request = measureRequest({ ...job, contestants }, conditions);
    if (side === 'library') return measureOrLeaveOut(engine, io, request);
    const found = await measureOrLeaveOut(controls.engine, io, request);
    return found.map((one) => withoutShares(one, experts.length));
  });
}

/** A document that the model's context cannot hold is told and left out, under all policies alike, as the page does; the rest goes on. */
async function measureOrLeaveOut(engine: Engine, io: CliIo, request: MeasureRequest): Promise<readonly Measurement[]> {
  try {
    return await engine.measure(request);
  } catch (thrown) {
    const { code, message } = engineErrorFrom(thrown);
    if (code !== 'context') throw thrown;
    io.err(`${request.id} is left out: ${message}`);
    return [];
  }
}
