/** One evaluation from its plan to its end: reads documents and kept results, measures the rest, pauses, stops. */
import type { Measurement } from '../../core/evaluation/measurement.ts';
import type { EvaluatedTask, Evaluation } from '../../core/evaluation/plan.ts';
import { runEvaluation, type Progress, type Result, type ResultStore } from '../../core/evaluation/runner.ts';
import { createTally, type Tally } from '../../core/evaluation/tally.ts';
import type { Engine } from '../../engine/client.ts';
import type { Facts, FactStore } from '../facts.ts';
import { failureFrom } from '../failures.ts';
import type { Clock } from '../runs.ts';
import type { Cost, EvaluationFailure, EvaluationStore, LeftOut } from './facts.ts';
import { ConditionsChanged, createMeasure } from './measure.ts';
import type { Plan } from './plan.ts';
import type { Shelf } from './shelf.ts';
import { until } from './until.ts';

/** Milliseconds between two pictures of the results. */
const PICTURE = 250;

export interface SessionOptions {
  readonly store: EvaluationStore;
  readonly workbench: FactStore;
  readonly engine: Pick<Engine, 'measure'>;
  readonly results: Shelf;
  readonly clock: Clock;
  readonly documents: (plan: Plan) => Promise<readonly EvaluatedTask[]>;
  /** Told once documents and results so far are there, before anything is measured. */
  readonly onBegun: (evaluation: Evaluation) => Promise<void>;
}

export interface Session {
  /** Holds still before the next document; the one in hand is finished. */
  pause(): void;
  resume(): void;
  stop(): void;
  /** Resolves, never rejects, when it is done, stopped or failed. */
  readonly ended: Promise<void>;
}

/** The workbench computes something that somebody waits for, or something that would disturb and be disturbed. */
const workbenchBusy = ({ lanes, measuring, parity }: Facts): boolean =>
  lanes.some(({ state }) => state !== 'idle') || measuring !== null || parity.kind === 'running';

export function startSession(options: SessionOptions, plan: Plan, paused: boolean): Session {
  const { store, workbench, clock } = options;
  const stop = new AbortController();
  let holding = paused;
  let go: () => void = () => undefined;

  const running = (waits: 'model' | 'workbench' | null): void => {
    store.setState({ run: holding ? { kind: 'paused' } : { kind: 'running', waits } });
  };

  /** Before each document: the user's pause, then the workbench's own runs. */
  async function turn(): Promise<void> {
    if (holding) {
      running(null);
      await new Promise<void>((resolve) => {
        go = resolve;
      });
    }
    if (!stop.signal.aborted && workbenchBusy(workbench.getState())) {
      running('workbench');
      await until(workbench, stop.signal, (facts) => (workbenchBusy(facts) ? undefined : true));
    }
    if (!stop.signal.aborted) running(null);
  }

  async function work(): Promise<void> {
    store.setState({ run: { kind: 'preparing' }, outcome: null });
    const tasks = await options.documents(plan);
    const { contestants, conditions, experts } = plan;
    const evaluation: Evaluation = { tasks, contestants, conditions };
    const tally = createTally(
      tasks,
      contestants.map(({ name }) => name),
      experts,
    );
    const picture = createPicture({ store, clock, plan, evaluation, tally });
    await options.onBegun(evaluation);
    const measure = createMeasure({
      store: workbench,
      engine: options.engine,
      conditions,
      signal: stop.signal,
      onWait: running,
      onLeftOut: picture.leaveOut,
    });
    try {
      await runEvaluation({
        evaluation,
        store: resultStore(options.results),
        measure: async (job) => {
          const began = clock.now();
          const found = await measure(job);
          picture.cost(found.length, clock.now() - began);
          return found;
        },
        stopped: () => stop.signal.aborted,
        turn,
        onResults: picture.add,
        now: () => clock.now(),
      });
    } finally {
      picture.draw();
    }
    store.setState({ run: { kind: stop.signal.aborted ? 'stopped' : 'done' } });
  }

  const ended = work().catch((thrown: unknown) => {
    store.setState({
      run: stop.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', failure: failureOf(thrown) },
    });
  });

  return {
    pause() {
      holding = true;
      if (store.getState().run.kind === 'running') running(null);
    },
    resume() {
      holding = false;
      running(null);
      go();
    },
    stop() {
      stop.abort();
      go();
    },
    ended,
  };
}

function failureOf(thrown: unknown): EvaluationFailure {
  const kept = 'What was measured is kept.';
  if (thrown instanceof ConditionsChanged)
    return {
      what: 'The evaluation stopped',
      why: thrown.message,
      todo: `${kept} Change back and go on, or start anew.`,
    };
  const { code, what, why, todo } = failureFrom(thrown);
  // Documents that cannot be fetched are no fault of the engine's.
  return { what: code === 'internal' ? 'The evaluation stopped' : what, why, todo: `${todo} ${kept}`.trim() };
}

/** Measurements as the runner wants them; they are this program's own, under keys that hold the version of their shape. */
const resultStore = (shelf: Shelf): ResultStore => ({
  get: async (keys) => (await shelf.getMany(keys)) as (Measurement | undefined)[],
  put: (entries) => shelf.setMany(entries),
});

interface Picture {
  readonly add: (results: readonly Result[], progress: Progress) => void;
  readonly leaveOut: (document: LeftOut) => void;
  readonly cost: (pairs: number, milliseconds: number) => void;
  readonly draw: () => void;
}

interface PictureOptions {
  readonly store: EvaluationStore;
  readonly clock: Clock;
  readonly plan: Plan;
  readonly evaluation: Evaluation;
  readonly tally: Tally;
}

/** Results as they come, shown a few times a second at most. */
function createPicture({ store, clock, plan, evaluation, tally }: PictureOptions): Picture {
  let revision = 0;
  let progress: Progress | null = null;
  let leftOut: readonly LeftOut[] = [];
  let due: (() => void) | undefined;
  const draw = (): void => {
    due?.();
    due = undefined;
    revision += 1;
    store.setState({ outcome: { plan, evaluation, tally, revision, progress, leftOut } });
  };
  draw();
  return {
    add(results, now) {
      tally.add(results);
      progress = now;
      due ??= clock.after(PICTURE, draw);
    },
    leaveOut(document) {
      leftOut = [...leftOut, document];
      due ??= clock.after(PICTURE, draw);
    },
    cost(pairs, milliseconds) {
      const { backend } = plan.conditions;
      store.setState(({ costs }) => {
        const before: Cost = costs[backend] ?? { pairs: 0, milliseconds: 0 };
        const now = { pairs: before.pairs + pairs, milliseconds: before.milliseconds + milliseconds };
        return { costs: { ...costs, [backend]: now } };
      });
    },
    draw,
  };
}
