/** The evaluation without its looks: facts, and what a user can do to them. Made once, when it is first opened. */
import type { ReportFacts } from '../../core/evaluation/export/facts.ts';
import { addLook, countedAs, lookOf, sealPolicy, type Looks } from '../../core/evaluation/looks.ts';
import type { EvaluatedTask, Evaluation } from '../../core/evaluation/plan.ts';
import { TASKS } from '../../core/tasks/registry.ts';
import type { Engine } from '../../engine/client.ts';
import type { Workbench } from '../actions.ts';
import { libraryOf } from '../facts.ts';
import { failureFrom } from '../failures.ts';
import type { Clock } from '../runs.ts';
import { contestantsOf, firstChoice, readChoice, type EvaluationChoice } from './choice.ts';
import type { DocumentSource } from './documents.ts';
import { createEvaluationFacts, type EvaluationStore, type Outcome } from './facts.ts';
import { keepFacts, readKept } from './keep.ts';
import { modelThere } from './measure.ts';
import { openedDocument, type Named } from './open.ts';
import { evaluatedOwn, forgetOwn, keepOwn, keptOwn, readOwn, type OwnReader, type OwnTaskFile } from './own-tasks.ts';
import { BEYOND, readPlan, type Plan } from './plan.ts';
import { reportOf } from './report.ts';
import { startSession, type Session } from './session.ts';
import type { Shelf } from './shelf.ts';
import { followSummaries, type Summarise } from './summaries.ts';
import { until } from './until.ts';

export interface EvaluationOptions {
  readonly workbench: Pick<Workbench, 'store' | 'rules' | 'loadModel' | 'open' | 'addLook'>;
  readonly engine: Pick<Engine, 'measure'>;
  readonly documents: DocumentSource;
  readonly readOwn: OwnReader;
  /** Measurements by key. */
  readonly results: Shelf;
  /** Everything else that is kept. */
  readonly shelf: Shelf;
  readonly clock: Clock;
  /** UTC, as `Date.toISOString` writes it. */
  readonly date: () => string;
  /** Averages with their intervals; off the page's thread where there is another. */
  readonly summarise: Summarise;
  /** Said in exports. */
  readonly program: ReportFacts['program'];
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
  /** Opens a document in the workbench, under the first contestant and the one named. False where it is not there. */
  open(named: Named): boolean;
  /** Puts a policy down before its look at held-out test; where it was seen before, says so. */
  seal(name: string, hash: string): void;
  /** Reads files of the user's own documents, one after the other; good ones are kept and chosen. */
  addOwn(files: readonly File[]): Promise<void>;
  markOwn(id: string, half: OwnTaskFile['half']): void;
  removeOwn(id: string): void;
  dismissOwnFaults(): void;
  /** What has been measured so far, as the facts that every export is made from; takes seconds. */
  report(outcome: Outcome, looks: Looks): Promise<ReportFacts>;
}

const PLAN = 'plan';

export function createEvaluation(options: EvaluationOptions): EvaluationState {
  const { workbench, shelf } = options;
  const store = createEvaluationFacts();
  followSummaries(store, options.summarise);
  let session: Session | undefined;
  let last: Plan | undefined;
  let asked: AbortController | undefined;
  const life = new AbortController();
  let written: () => Promise<void> = () => Promise.resolve();

  const experts = (): readonly string[] | undefined =>
    libraryOf(workbench.store.getState())?.experts.map(({ id }) => id);

  async function documentsOf({ tasks, split, documents }: Plan): Promise<readonly EvaluatedTask[]> {
    const chosen = TASKS.filter(({ id }) => tasks.includes(id));
    const loaded = await Promise.all(chosen.map((task) => options.documents.task(task, split, documents)));
    return [...loaded, ...evaluatedOwn(store.getState().own, tasks, documents)];
  }

  /** Documents of held-out test are about to be shown: that is counted before it happens. */
  async function begun(plan: Plan, evaluation: Evaluation): Promise<void> {
    const look = lookOf(evaluation, plan.begun);
    if (look !== undefined) {
      store.setState(({ looks }) => ({ looks: addLook(looks, look) }));
      for (const id of countedAs(store.getState().looks, look)) workbench.addLook(id);
    }
    await shelf.setMany([[PLAN, plan]]);
    await written();
  }

  function run(plan: Plan, paused: boolean): void {
    session?.stop();
    last = plan;
    const { engine, results, clock } = options;
    const onBegun = (evaluation: Evaluation) => begun(plan, evaluation);
    session = startSession(
      { store, workbench: workbench.store, engine, results, clock, documents: documentsOf, onBegun },
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
    const { id, label, hash } = model.package;
    return {
      version: 1,
      begun: options.date(),
      tasks: choice.tasks,
      documents: choice.documents,
      split: choice.split,
      contestants: contestantsOf(choice, { experiment, rules: workbench.rules, experts: ids }),
      conditions: { package: hash, backend: model.backend.id, seed: experiment.seed, raw: false, beyond: BEYOND },
      model: { id, label, hash },
      experts: ids,
    };
  }

  const choose = (change: Partial<EvaluationChoice>): void => {
    const { choice } = store.getState();
    if (choice !== null) store.setState({ choice: { ...choice, ...change } });
  };

  async function addOne(file: File): Promise<void> {
    store.setState((s) => ({ reading: [...s.reading, file.name] }));
    const read = await readOwn(file, store.getState().own, options.readOwn);
    store.setState((s) => ({ reading: s.reading.filter((name) => name !== file.name) }));
    if ('fault' in read) {
      store.setState((s) => ({ ownFaults: [...s.ownFaults, read.fault] }));
      return;
    }
    store.setState((s) => ({ own: [...s.own, read.task] }));
    choose({ tasks: [...(store.getState().choice?.tasks ?? []), read.task.id] });
    await keepOwn(shelf, store.getState().own, [read.task]);
  }

  async function start(): Promise<void> {
    const { choice } = store.getState();
    if (choice === null) return;
    session?.stop();
    await session?.ended;
    last = undefined;
    asked?.abort();
    const own = new AbortController();
    asked = own;
    store.setState({ run: { kind: 'running', waits: 'model' }, outcome: null });
    try {
      run(await makePlan(choice, own.signal), false);
    } catch (thrown) {
      if (asked !== own) return;
      store.setState({ run: own.signal.aborted ? { kind: 'idle' } : { kind: 'failed', failure: failureFrom(thrown) } });
    } finally {
      if (asked === own) asked = undefined;
    }
  }

  return {
    store,
    async begin() {
      const { choice, ...kept } = await readKept(shelf);
      store.setState({ ...kept, own: await keptOwn(shelf) });
      written = keepFacts(store, shelf);
      const [before] = await shelf.getMany([PLAN]);
      const plan = readPlan(before);
      if (plan !== undefined) run(plan, true);
      const there = await until(workbench.store, life.signal, experts);
      store.setState({ choice: readChoice(choice, firstChoice(TASKS, there)) });
    },
    choose,
    start,
    pause() {
      session?.pause();
    },
    resume() {
      if (store.getState().run.kind === 'paused') session?.resume();
      else if (last !== undefined) run(last, false);
      else void start();
    },
    stop() {
      asked?.abort();
      session?.stop();
    },
    putAway() {
      session?.stop();
      last = undefined;
      void (session?.ended ?? Promise.resolve()).then(() => {
        store.setState({ run: { kind: 'idle' }, outcome: null });
      });
      void shelf.delete(PLAN);
    },
    open(named) {
      const { outcome } = store.getState();
      const opened = outcome === null ? undefined : openedDocument(outcome.evaluation, named);
      if (opened === undefined) return false;
      workbench.open({ ...workbench.store.getState().experiment, ...opened });
      return true;
    },
    seal(name, hash) {
      try {
        const seal = { name, hash, at: options.date() };
        store.setState(({ looks }) => ({ looks: sealPolicy(looks, seal), looksFault: null }));
      } catch (error) {
        store.setState({ looksFault: error instanceof Error ? error.message : String(error) });
      }
    },
    async addOwn(files) {
      for (const file of files) await addOne(file);
    },
    markOwn(id, half) {
      const own = store.getState().own.map((task) => (task.id === id ? { ...task, half } : task));
      store.setState({ own });
      void keepOwn(
        shelf,
        own,
        own.filter((task) => task.id === id),
      );
    },
    removeOwn(id) {
      const own = store.getState().own.filter((task) => task.id !== id);
      store.setState({ own });
      choose({ tasks: (store.getState().choice?.tasks ?? []).filter((task) => task !== id) });
      void forgetOwn(shelf, id, own);
    },
    dismissOwnFaults() {
      store.setState({ ownFaults: [] });
    },
    report: (outcome, looks) => reportOf(outcome, looks, options.program, options.summarise),
  };
}
