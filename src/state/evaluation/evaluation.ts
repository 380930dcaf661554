/** The evaluation without its looks: facts, and what a user can do to them. Made once, when it is first opened. */
import type { EvaluatedTask } from '../../core/evaluation/plan.ts';
import { TASKS } from '../../core/tasks/registry.ts';
import type { Engine } from '../../engine/client.ts';
import type { Workbench } from '../actions.ts';
import { failureFrom } from '../failures.ts';
import type { Clock } from '../runs.ts';
import { contestantsOf, firstChoice, readChoice, type EvaluationChoice } from './choice.ts';
import type { DocumentSource } from './documents.ts';
import {
  createEvaluationFacts,
  EVALUATION_HOMES,
  type Cost,
  type EvaluationFacts,
  type EvaluationStore,
} from './facts.ts';
import { modelThere } from './measure.ts';
import { openedDocument } from './open.ts';
import { BEYOND, readPlan, type Plan } from './plan.ts';
import { startSession, type Session } from './session.ts';
import type { Shelf } from './shelf.ts';
import { until } from './until.ts';

export interface EvaluationOptions {
  readonly workbench: Pick<Workbench, 'store' | 'rules' | 'loadModel' | 'open'>;
  readonly engine: Pick<Engine, 'measure'>;
  readonly documents: DocumentSource;
  /** Measurements by key. */
  readonly results: Shelf;
  /** Everything else that is kept. */
  readonly shelf: Shelf;
  readonly clock: Clock;
  /** UTC, as `Date.toISOString` writes it. */
  readonly date: () => string;
}

export interface EvaluationState {
  readonly store: EvaluationStore;
  /** Takes what the browser has kept; an evaluation that was under way shows what it has, and waits to go on. */
  begin(): Promise<void>;
  choose(change: Partial<EvaluationChoice>): void;
  /** Starts the chosen evaluation; what was measured before is reused. */
  start(): Promise<void>;
  pause(): void;
  /** Goes on after a pause, a stop or a failure. */
  resume(): void;
  stop(): void;
  /** Puts the evaluation on screen away; its measurements are kept. */
  putAway(): void;
  /** Opens a document in the workbench, under the first contestant and this one. False where it is not there. */
  open(task: string, document: string, contestant: string): boolean;
}

const PLAN = 'plan';
const KEPT = (Object.keys(EVALUATION_HOMES) as (keyof EvaluationFacts)[]).filter(
  (key) => EVALUATION_HOMES[key] === 'browser',
);

export function createEvaluation(options: EvaluationOptions): EvaluationState {
  const { workbench, shelf } = options;
  const store = createEvaluationFacts();
  let session: Session | undefined;
  let last: Plan | undefined;
  let asked: AbortController | undefined;
  const life = new AbortController();

  const experts = (): readonly string[] | undefined => {
    const { model, recordedLibrary } = workbench.store.getState();
    const library = model.kind === 'ready' ? model.model.library : recordedLibrary;
    return library?.experts.map(({ id }) => id);
  };

  async function documentsOf(plan: Plan): Promise<readonly EvaluatedTask[]> {
    const chosen = TASKS.filter(({ id }) => plan.tasks.includes(id));
    const loaded = chosen.map((task) => options.documents.task(task, plan.split, plan.documents));
    return Promise.all(loaded);
  }

  function run(plan: Plan, paused: boolean): void {
    session?.stop();
    last = plan;
    session = startSession(
      {
        store,
        workbench: workbench.store,
        engine: options.engine,
        results: options.results,
        clock: options.clock,
        documents: documentsOf,
        onBegun: () => shelf.setMany([[PLAN, plan]]),
      },
      plan,
      paused,
    );
  }

  /** @throws EngineError when the model will not come, or the wait was stopped */
  async function makePlan(choice: EvaluationChoice, signal: AbortSignal): Promise<Plan> {
    const { kind } = workbench.store.getState().model;
    // Asking for an evaluation is asking for the model.
    if (kind !== 'ready' && kind !== 'loading') workbench.loadModel();
    const model = await until(workbench.store, signal, modelThere);
    const { experiment } = workbench.store.getState();
    const ids = model.library.experts.map(({ id }) => id);
    return {
      version: 1,
      begun: options.date(),
      tasks: choice.tasks,
      documents: choice.documents,
      split: choice.split,
      contestants: contestantsOf(choice, { experiment, rules: workbench.rules, experts: ids }),
      conditions: {
        package: model.package.hash,
        backend: model.backend.id,
        seed: experiment.seed,
        raw: false,
        beyond: BEYOND,
      },
      experts: ids,
    };
  }

  /** Facts whose home is the browser are written whenever they change. */
  const keep = (): void => {
    store.subscribe((now, before) => {
      const changed = KEPT.filter((key) => now[key] !== before[key]);
      if (changed.length > 0) void shelf.setMany(changed.map((key) => [key, now[key]] as const));
    });
  };

  return {
    store,
    async begin() {
      const [choice, costs, plan] = await shelf.getMany(['choice', 'costs', PLAN]);
      store.setState({ costs: readCosts(costs) });
      const before = readPlan(plan);
      if (before !== undefined) run(before, true);
      const there = await until(workbench.store, life.signal, () => experts());
      store.setState({ choice: readChoice(choice, firstChoice(TASKS, there)) });
      keep();
    },
    choose(change) {
      const { choice } = store.getState();
      if (choice !== null) store.setState({ choice: { ...choice, ...change } });
    },
    async start() {
      const { choice } = store.getState();
      if (choice === null) return;
      session?.stop();
      await session?.ended;
      asked?.abort();
      const own = new AbortController();
      asked = own;
      store.setState({ run: { kind: 'running', waits: 'model' }, outcome: null });
      try {
        const plan = await makePlan(choice, own.signal);
        run(plan, false);
      } catch (thrown) {
        if (asked !== own) return;
        store.setState({
          run: own.signal.aborted ? { kind: 'idle' } : { kind: 'failed', failure: failureFrom(thrown) },
        });
      } finally {
        if (asked === own) asked = undefined;
      }
    },
    pause() {
      session?.pause();
    },
    resume() {
      if (store.getState().run.kind === 'paused') session?.resume();
      else if (last !== undefined) run(last, false);
    },
    stop() {
      asked?.abort();
      session?.stop();
    },
    putAway() {
      session?.stop();
      last = undefined;
      void session?.ended.then(() => {
        store.setState({ run: { kind: 'idle' }, outcome: null });
      });
      void shelf.delete(PLAN);
    },
    open(task, document, contestant) {
      const { outcome } = store.getState();
      const opened = outcome === null ? undefined : openedDocument(outcome.evaluation, { task, document, contestant });
      if (opened === undefined) return false;
      workbench.open({ ...workbench.store.getState().experiment, ...opened });
      return true;
    },
  };
}

/** By backend; what is not of its shape is left out. */
function readCosts(stored: unknown): Readonly<Record<string, Cost>> {
  if (typeof stored !== 'object' || stored === null) return {};
  const positive = (value: unknown): value is number =>
    typeof value === 'number' && Number.isFinite(value) && value > 0;
  return Object.fromEntries(
    Object.entries(stored as Record<string, Partial<Cost> | null>).flatMap(([backend, of]) => {
      const { pairs, milliseconds } = of ?? {};
      return positive(pairs) && positive(milliseconds) ? [[backend, { pairs, milliseconds }] as const] : [];
    }),
  );
}
