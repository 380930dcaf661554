/** Works through an evaluation: what is stored is reused, the rest is measured document by document and stored at once. */
import type { TaskDocument } from '../tasks/task.ts';
import type { Measurement } from './measurement.ts';
import { jobsOf, resultKeys, type EvaluatedTask, type Evaluation, type Job } from './plan.ts';

/** Keeps measurements; a result that cannot be kept is no reason to stop. */
export interface ResultStore {
  get(keys: readonly string[]): Promise<readonly (Measurement | undefined)[]>;
  put(entries: readonly (readonly [key: string, measurement: Measurement])[]): Promise<void>;
}

export interface Result {
  readonly task: EvaluatedTask;
  readonly document: TaskDocument;
  /** Name of the contestant. */
  readonly contestant: string;
  readonly measurement: Measurement;
  /** It was measured before. */
  readonly reused: boolean;
}

export interface Progress {
  /** Pairs of document and contestant. */
  readonly done: number;
  readonly total: number;
  /** Of those done. */
  readonly reused: number;
  /** From the mean of those measured in this run; null until one was. */
  readonly secondsLeft: number | null;
}

export interface RunnerOptions {
  readonly evaluation: Evaluation;
  readonly store: ResultStore;
  /** Measurements in the order of the job's contestants. */
  readonly measure: (job: Job) => Promise<readonly Measurement[]>;
  /** Asked before each document: an evaluation that is stopped resolves with what it has. */
  readonly stopped: () => boolean;
  /** Awaited before each document: resolves at once unless the user has paused. */
  readonly turn?: () => Promise<void>;
  readonly onResults: (results: readonly Result[], progress: Progress) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/** @throws what `measure` or `store` throw; what was measured until then is stored */
export async function runEvaluation(options: RunnerOptions): Promise<void> {
  const { evaluation, store, stopped, now } = options;
  const jobs = jobsOf(evaluation);
  const keyOf = resultKeys(evaluation.conditions);
  const total = jobs.reduce((sum, { contestants }) => sum + contestants.length, 0);
  let done = 0;
  let reused = 0;
  let spent = 0;
  const progress = (): Progress => {
    const measured = done - reused;
    return { done, total, reused, secondsLeft: measured === 0 ? null : ((spent / measured) * (total - done)) / 1000 };
  };
  const tell = (job: Job, found: readonly (Measurement | undefined)[], old: boolean): void => {
    const results = job.contestants.flatMap(({ name }, i): Result[] => {
      const measurement = found[i];
      return measurement === undefined
        ? []
        : [{ task: job.task, document: job.document, contestant: name, measurement, reused: old }];
    });
    if (results.length === 0) return;
    done += results.length;
    if (old) reused += results.length;
    options.onResults(results, progress());
  };

  // All that is known comes first: a resumed evaluation shows at once what it had.
  const open: { readonly job: Job; readonly keys: readonly string[] }[] = [];
  for (const job of jobs) {
    if (stopped()) return;
    const own = job.contestants.map(({ policy }) => keyOf(job.document, policy));
    const found = await store.get(own);
    tell(job, found, true);
    const missing = job.contestants.flatMap((contestant, i) => (found[i] === undefined ? [{ contestant, i }] : []));
    if (missing.length > 0)
      open.push({
        job: { ...job, contestants: missing.map(({ contestant }) => contestant) },
        keys: missing.map(({ i }) => own[i] ?? ''),
      });
  }
  for (const { job, keys: own } of open) {
    await options.turn?.();
    if (stopped()) return;
    const began = now();
    const found = await options.measure(job);
    spent += now() - began;
    await store.put(found.map((measurement, i) => [own[i] ?? '', measurement] as const));
    tell(job, found, false);
  }
}
