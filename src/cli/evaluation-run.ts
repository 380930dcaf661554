/** One evaluation on an engine: progress on standard error, measurements kept in a file. */
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { Conditions, Evaluation } from '../core/evaluation/plan.ts';
import { runEvaluation, type Progress, type ResultStore } from '../core/evaluation/runner.ts';
import { createTally, type Tally } from '../core/evaluation/tally.ts';
import type { MeasureRequest } from '../protocol/engine.ts';
import { engineErrorFrom } from '../protocol/error.ts';
import type { Engine } from '../../workers/engine.ts';
import type { CliIo } from './io.ts';

export interface Work {
  readonly engine: Engine;
  readonly io: CliIo;
  readonly conditions: Conditions;
  /** Ids, in the order of the measurements' units. */
  readonly experts: readonly string[];
  readonly store: ResultStore;
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
    measure: ({ task, document, contestants: own }) =>
      measureOrLeaveOut(work, {
        id: document.id,
        prompt: { text: document.prompt, raw: conditions.raw },
        policies: own.map(({ policy }) => policy),
        seed: conditions.seed,
        gold: document.answer,
        ...(document.options === undefined ? {} : { options: document.options }),
        // Options are ranked by their likelihood: an answer in free text would only cost time.
        ...(task.metric === 'exact match' ? { beyond: conditions.beyond } : {}),
      }),
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
