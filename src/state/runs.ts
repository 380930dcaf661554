/** Runs of the policies: when one is due, what is taken from memory, what is stopped, and how edits reach a run in progress. */
import type { QueryClient } from '@tanstack/react-query';
import type { Experiment } from '../core/experiment/experiment.ts';
import type { Policy } from '../core/routing/policy.ts';
import type { Engine } from '../engine/client.ts';
import type { RunResult } from '../protocol/engine.ts';
import { failureFrom } from './failures.ts';
import { emptyLane, type FactStore, type Lane, type ShownRun } from './facts.ts';
import { createLiveRun, type LiveRun } from './live-run.ts';
import { canonical, requestKey, requestOf, samePolicy } from './requests.ts';

/** Timers, injected so that tests can hold them. */
export interface Clock {
  now(): number;
  /** Returns how to call it off. */
  after(ms: number, task: () => void): () => void;
}

export interface Runs {
  /** Runs these lanes (all when left out) from the start, whatever is on screen; one that computes just this goes on. */
  run(lanes?: readonly number[]): void;
  /** Runs, after a pause, those of these lanes whose run no longer answers to the experiment; what is in memory shows at once. */
  refresh(lanes?: readonly number[]): void;
  stop(): void;
  /** Hands a changed policy to the lane's run in progress; false where that cannot be and the lane must run anew. */
  amend(lane: number, before: Policy, after: Policy): boolean;
  /** Gives up what runs or waits in this lane and all after it, as the list of policies moves. */
  drop(from: number): void;
  /** Lets a run be found again, e.g. a recorded one. */
  remember(run: ShownRun): void;
  /** The model has come: what waited for it starts. */
  modelReady(): void;
  readonly busy: boolean;
  /** Told when the last run in progress has ended. */
  onIdle(listener: () => void): void;
}

interface Job {
  readonly id: string;
  /** `requestKey` of what it computes; changes when an edit takes part on the way. */
  key: string;
  readonly stop: AbortController;
  readonly live: LiveRun;
  /** The policy sent last, until the engine says from which token it holds. */
  amended: Policy | undefined;
}

/** Drags and quick clicks are one run. */
const SETTLE = 140;
/** A streaming run is drawn at most this often. */
const FRAME = 60;
/** Runs kept in memory beside those on screen. */
const KEPT = 16;

export interface RunsOptions {
  readonly store: FactStore;
  readonly engine: Pick<Engine, 'run' | 'amend'>;
  readonly queries: QueryClient;
  readonly clock: Clock;
  /** The engine has said from which token an edit holds: the policy of the lane becomes this one. */
  readonly onAmended: (lane: number, policy: Policy) => void;
}

export function createRuns({ store, engine, queries, clock, onAmended }: RunsOptions): Runs {
  const jobs = new Map<number, Job>();
  /** Lanes that wait for the model. */
  const wanted = new Set<number>();
  const due = new Set<number>();
  const idle = new Set<() => void>();
  let settle: (() => void) | undefined;
  let count = 0;

  const setLane = (index: number, change: Partial<Lane>): void => {
    store.setState(({ lanes }) => ({
      lanes: lanes.map((lane, i) => (i === index ? { ...lane, ...change } : lane)),
    }));
  };
  const queryKey = (key: string) => ['run', key] as const;
  const remembered = (key: string) => queries.getQueryData<ShownRun>(queryKey(key));

  function remember(run: ShownRun): void {
    queries.setQueryData(queryKey(run.key), run);
    const all = queries.getQueryCache().findAll({ queryKey: ['run'] });
    const shown = new Set(store.getState().lanes.map((lane) => lane.shown?.key));
    const spare = all.filter(
      (q) => !shown.has(q.queryKey[1] as string) && (q.state.data as ShownRun).source === 'live',
    );
    spare
      .sort((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)
      .slice(KEPT)
      .forEach((q) => {
        queries.removeQueries({ queryKey: q.queryKey, exact: true });
      });
  }

  function halt(index: number): void {
    const job = jobs.get(index);
    jobs.delete(index);
    job?.stop.abort();
  }

  function start(index: number): void {
    const { experiment } = store.getState();
    const policy = experiment.policies[index];
    if (policy === undefined) return;
    if (store.getState().model.kind !== 'ready') {
      wanted.add(index);
      setLane(index, { state: 'waiting', failure: null });
      return;
    }
    const key = requestKey(experiment, policy);
    const running = jobs.get(index);
    if (running?.key === key && !running.stop.signal.aborted) return;
    halt(index);
    count += 1;
    const job: Job = {
      id: `run-${String(count)}`,
      key,
      stop: new AbortController(),
      live: createLiveRun(key, experiment.prompt.text, policy),
      amended: undefined,
    };
    jobs.set(index, job);
    setLane(index, { state: 'waiting', failure: null });
    void follow(index, job, experiment, policy);
  }

  /** Draws what has come, at most once a frame. */
  function drawer(index: number, job: Job): { draw(): void; cancel(): void } {
    let off: (() => void) | undefined;
    return {
      draw() {
        off ??= clock.after(FRAME, () => {
          off = undefined;
          const shown = job.live.shown();
          if (shown && jobs.get(index) === job) setLane(index, { shown });
        });
      },
      cancel: () => off?.(),
    };
  }

  async function follow(index: number, job: Job, experiment: Experiment, policy: Policy): Promise<void> {
    const frame = drawer(index, job);
    try {
      const result = await engine.run(job.stop.signal, requestOf(experiment, policy, job.id), (event) => {
        if (jobs.get(index) !== job) return;
        job.live.add(event);
        if (event.kind === 'prompt') setLane(index, { state: 'running' });
        if (event.kind === 'policy') {
          job.key = requestKey(experiment, event.policy);
          // A later edit may be under way already: then its own event settles the policy.
          const now = store.getState().experiment.policies[index];
          if (now && job.amended && samePolicy(now, job.amended)) onAmended(index, event.policy);
        }
        frame.draw();
      });
      frame.cancel();
      settled(index, job, result, experiment);
    } catch (thrown) {
      frame.cancel();
      if (jobs.get(index) !== job) return;
      jobs.delete(index);
      const failure = failureFrom(thrown);
      // Stopped before its turn: the last run simply stays.
      setLane(index, { state: 'idle', failure: failure.code === 'aborted' ? null : failure });
      ended();
    }
  }

  function settled(index: number, job: Job, result: RunResult, asked: Experiment): void {
    const shown: ShownRun = {
      key: requestKey(asked, result.policy),
      source: 'live',
      end: result.end,
      prompt: result.prompt,
      answer: result.answer,
      trace: result.trace,
      terms: result.terms,
      policy: result.policy,
      milliseconds: result.milliseconds,
      reused: result.reused,
    };
    if (result.end !== 'stopped') remember(shown);
    if (jobs.get(index) !== job) return;
    jobs.delete(index);
    // A run that was stopped while it still read the prompt has nothing to show.
    setLane(index, { state: 'idle', ...(result.trace.tokens > 0 ? { shown } : {}) });
    const now = store.getState().experiment.policies[index];
    // An edit came with the last token, too late to take part: it holds from the start of a new run.
    if (job.amended && result.end !== 'stopped' && now && !samePolicy(now, result.policy)) bring(index);
    ended();
  }

  function ended(): void {
    if (jobs.size > 0) return;
    for (const listener of idle) listener();
  }

  /** What is in memory shows at once; the rest runs. */
  function bring(index: number): void {
    const { experiment, lanes } = store.getState();
    const policy = experiment.policies[index];
    if (policy === undefined) return;
    const key = requestKey(experiment, policy);
    const running = jobs.get(index);
    if (running?.key === key) return;
    const lane = lanes[index] ?? emptyLane;
    const live = (run: ShownRun | null | undefined) => run?.key === key && run.source === 'live' && run.end !== null;
    if (running === undefined && live(lane.shown)) return;
    const known = remembered(key);
    if (known !== undefined) {
      halt(index);
      wanted.delete(index);
      setLane(index, { state: 'idle', shown: known, failure: null });
    }
    // A recorded run shows at once, and is computed here all the same.
    if (!live(known)) start(index);
  }

  const all = (): readonly number[] => store.getState().experiment.policies.map((_, i) => i);

  return {
    run(lanes = all()) {
      for (const index of lanes) {
        due.delete(index);
        start(index);
      }
    },
    refresh(lanes = all()) {
      for (const index of lanes) due.add(index);
      settle?.();
      settle = clock.after(SETTLE, () => {
        settle = undefined;
        const now = [...due];
        due.clear();
        for (const index of now) bring(index);
      });
    },
    stop() {
      settle?.();
      due.clear();
      wanted.clear();
      for (const job of jobs.values()) job.stop.abort();
      store.setState(({ lanes }) => ({
        lanes: lanes.map((lane, i) => (jobs.has(i) ? lane : { ...lane, state: 'idle' })),
      }));
    },
    amend(index, before, after) {
      const job = jobs.get(index);
      if (job === undefined || job.live.answered === 0 || job.stop.signal.aborted) return false;
      if (canonical({ ...before, edits: [] }) !== canonical({ ...after, edits: [] })) return false;
      job.amended = after;
      void engine.amend(job.id, after).then((taken) => {
        // The answer ended in the meantime: the edit holds from the start of a new run.
        if (!taken && jobs.get(index) === undefined) bring(index);
      });
      return true;
    },
    drop(from) {
      for (const index of [...jobs.keys(), ...wanted, ...due]) {
        if (index < from) continue;
        halt(index);
        wanted.delete(index);
        due.delete(index);
        setLane(index, { state: 'idle' });
      }
    },
    remember,
    modelReady() {
      const now = [...wanted];
      wanted.clear();
      for (const index of now) start(index);
    },
    get busy() {
      return jobs.size > 0 || wanted.size > 0;
    },
    onIdle(listener) {
      idle.add(listener);
    },
  };
}
