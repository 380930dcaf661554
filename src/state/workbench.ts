/** The page without its looks: facts, and everything that a user can do to them (`actions.ts`). Made once, by `main.tsx`. */
import { QueryClient } from '@tanstack/react-query';
import { defaultExperiment, LETTERS, LIMITS } from '../core/experiment/defaults.ts';
import type { Experiment } from '../core/experiment/experiment.ts';
import { fitToPackage, type PackageFacts } from '../core/experiment/fit.ts';
import type { Parsed } from '../core/experiment/parse.ts';
import { baseChoice, presetOf, presetPolicy, withParam } from '../core/experiment/policies.ts';
import type { Edit, Policy } from '../core/routing/policy.ts';
import type { BackendId } from '../protocol/engine.ts';
import type { Change, Workbench, WorkbenchOptions } from './actions.ts';
import { createAddress } from './address.ts';
import { createFacts, emptyLane, type ShownRun } from './facts.ts';
import { changed, redo, undo } from './history.ts';
import { choose, hasFailed } from './choice.ts';
import { createMeasuring } from './measuring.ts';
import { createModelLife } from './model.ts';
import { keepPreferences, readPreferences } from './preferences.ts';
import type { Recorded } from './recorded.ts';
import { computeLikelihoods } from './likelihoods.ts';
import { checkDigests, exportRuns, shareHash } from './sharing.ts';
import { samePolicy } from './requests.ts';
import { createRuns } from './runs.ts';

/** Digests speak of the experiment that was sent; a changed one has none. */
function withoutDigests(experiment: Experiment): Experiment {
  const { digests, packageHash, ...rest } = experiment;
  return digests === undefined && packageHash === undefined ? experiment : rest;
}

const fromStart = (edit: Edit): Edit => {
  const { since, ...rest } = edit;
  return since === undefined ? edit : rest;
};

export function createWorkbench(options: WorkbenchOptions): Workbench {
  const { engine, rules, clock, keep } = options;
  const store = createFacts(defaultExperiment(rules), readPreferences(keep));
  const unkeep = keepPreferences(store, keep);
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Infinity, gcTime: Infinity } },
  });
  let recorded: Recorded | undefined;
  /** Gesture of the last change of any kind: the next of the same gesture replaces its entry in the history. */
  let gesture: string | undefined;
  /** Whether runs follow the settings: after the first run, or when a link was opened. */
  let following = false;
  /** Whether the first address has been read: what comes later can be undone. */
  let begun = false;

  const runs = createRuns({
    store,
    engine,
    queries,
    clock,
    onAmended(index, policy) {
      const { experiment } = store.getState();
      const policies = experiment.policies.map((p, i) => (i === index ? policy : p));
      setExperiment({ ...experiment, policies });
      address.write(store.getState().experiment, 'replace');
    },
  });
  const model = createModelLife({
    store,
    engine,
    clock,
    manifest: options.manifest,
    onReady() {
      fit();
      if (following) runs.refresh();
      runs.modelReady();
      rest();
    },
    onTested: () => measuring?.auto(),
  });
  const measuring =
    options.measuring &&
    createMeasuring({
      ...options.measuring,
      store,
      engine,
      clock,
      manifest: options.manifest,
      onChosen: computeBy,
    });
  runs.onIdle(() => {
    const facts = store.getState();
    if (facts.experiment.digests) store.setState({ digests: checkDigests(facts) });
    rest();
  });
  // Likelihoods speak of two runs: with another run they are void.
  const unwatch = store.subscribe((now, before) => {
    if ([0, 1].some((i) => now.lanes[i]?.shown !== before.lanes[i]?.shown) && now.likelihoods === before.likelihoods)
      store.setState({ likelihoods: {} });
  });
  const address = createAddress(options.bar, rules, (parsed) => {
    gesture = undefined;
    if (parsed === undefined) arrive({ experiment: recorded?.experiment ?? defaultExperiment(rules), problems: [] });
    else arrive(parsed);
  });

  /** What is done while nothing runs. */
  function rest(): void {
    if (runs.busy) return;
    model.test();
    measuring?.auto();
  }

  /** A run is not held up by what is done while nothing runs. */
  function makeWay(): void {
    model.pauseTest();
    measuring?.stop();
  }

  function computeBy(backend: BackendId): void {
    if (backend === store.getState().backend) return;
    runs.drop(0);
    // Runs of another backend are not this one's.
    queries.removeQueries({
      predicate: (query) => (query.state.data as ShownRun | undefined)?.source !== 'recorded',
    });
    store.setState({ backend });
    model.load();
  }

  // ---- the experiment -----------------------------------------------------------------------------------------------

  /** Sets the experiment and keeps as many lanes as it has policies. */
  function setExperiment(experiment: Experiment): void {
    store.setState(({ lanes, active }) => ({
      experiment,
      lanes:
        lanes.length === experiment.policies.length ? lanes : experiment.policies.map((_, i) => lanes[i] ?? emptyLane),
      active: Math.min(active, experiment.policies.length - 1),
    }));
  }

  /** A change by the user: into the facts, the address, and (for policies) the list of undo. */
  function commit(next: Experiment, how: Change = {}): void {
    const { experiment, history } = store.getState();
    const rest = withoutDigests(next);
    const joined = how.gesture !== undefined && how.gesture === gesture;
    gesture = how.gesture;
    if (next.policies !== experiment.policies) {
      store.setState({ history: changed(history, experiment.policies, how.gesture ?? null), digests: [] });
    }
    setExperiment(rest);
    address.write(rest, joined ? 'replace' : 'push');
  }

  /** An experiment from outside: a link, back and forward. */
  function arrive(parsed: Parsed): void {
    const before = store.getState().experiment;
    const facts = packageFacts();
    const fitted = facts ? fitToPackage(parsed.experiment, facts) : { experiment: parsed.experiment, problems: [] };
    const moved = before.policies.length !== fitted.experiment.policies.length;
    if (moved) runs.drop(0);
    if (begun && before.policies !== fitted.experiment.policies)
      store.setState({ history: changed(store.getState().history, before.policies, null) });
    store.setState({ problems: [...parsed.problems, ...fitted.problems], digests: [] });
    setExperiment(fitted.experiment);
    runs.refresh();
  }

  const packageFacts = (): PackageFacts | undefined => {
    const { model: m } = store.getState();
    return m.kind === 'ready' ? { ...m.model.package, library: m.model.library } : recorded?.facts;
  };

  /** Once the model is there, its own package decides what fits. */
  function fit(): void {
    const facts = packageFacts();
    if (facts === undefined) return;
    const { experiment, problems } = fitToPackage(store.getState().experiment, facts);
    if (problems.length > 0) store.setState((s) => ({ problems: [...s.problems, ...problems] }));
    setExperiment(experiment);
  }

  const settle = (index?: number): void => {
    void queries.cancelQueries({ queryKey: ['likelihood'] });
    if (!following) return;
    makeWay();
    runs.refresh(index === undefined ? undefined : [index]);
  };

  function setPolicy(index: number, next: Policy, how: Change = {}): void {
    const { experiment } = store.getState();
    const before = experiment.policies[index];
    if (before === undefined || samePolicy(before, next)) return;
    commit({ ...experiment, policies: experiment.policies.map((p, i) => (i === index ? next : p)) }, how);
    following = true;
    if (!runs.amend(index, before, next)) settle(index);
  }

  const change = (index: number, by: (policy: Policy) => Policy, how?: Change): void => {
    const policy = store.getState().experiment.policies[index];
    if (policy) setPolicy(index, by(policy), how);
  };

  const step = (by: typeof undo): void => {
    const { history, experiment } = store.getState();
    const taken = by(history, experiment.policies);
    if (taken === undefined) return;
    gesture = undefined;
    if (taken.policies.length !== experiment.policies.length) runs.drop(0);
    store.setState({ history: taken.history });
    setExperiment({ ...experiment, policies: taken.policies });
    address.write(store.getState().experiment, 'push');
    settle();
  };

  return {
    store,
    queries,
    rules,
    async begin(from) {
      recorded = from;
      store.setState({ recordedLibrary: from?.facts.library ?? null });
      for (const run of from?.runs ?? []) runs.remember(run);
      const parsed = await address.read();
      if (parsed === undefined) {
        if (from) {
          setExperiment(from.experiment);
          store.setState({
            lanes: from.experiment.policies.map((_, i) => ({ ...emptyLane, shown: from.runs[i] ?? null })),
          });
        }
      } else {
        following = parsed.experiment.prompt.text !== '';
        arrive(parsed);
      }
      begun = true;
    },
    beginLoad(device) {
      model.begin(device);
    },

    setPrompt(prompt, how = { gesture: 'prompt' }) {
      const { experiment } = store.getState();
      const { system, ...next } = { ...experiment.prompt, ...prompt };
      const text = next.text.slice(0, LIMITS.text);
      commit(
        { ...experiment, prompt: { ...next, text, ...(system === undefined || system === '' ? {} : { system }) } },
        how,
      );
    },
    setSampling(sampling, how) {
      const { experiment } = store.getState();
      commit({ ...experiment, sampling: { ...experiment.sampling, ...sampling } }, how);
      settle();
    },
    setSeed(seed, how) {
      commit({ ...store.getState().experiment, seed }, how);
      settle();
    },
    setView(view) {
      const { experiment } = store.getState();
      setExperiment({ ...experiment, view: { ...experiment.view, ...view } });
      address.write(store.getState().experiment, 'replace');
    },
    select(cell) {
      const { experiment } = store.getState();
      const { panel, heatMode, template } = experiment.view;
      setExperiment({ ...experiment, view: { panel, heatMode, template, ...(cell ? { cell } : {}) } });
      address.write(store.getState().experiment, 'replace');
    },
    addLook(id) {
      const { experiment } = store.getState();
      const { looks = [] } = experiment;
      if (looks.includes(id) || looks.length >= LIMITS.looks) return;
      setExperiment({ ...experiment, looks: [...looks, id].sort() });
      address.write(store.getState().experiment, 'replace');
    },
    open(experiment) {
      if (experiment.policies.length !== store.getState().experiment.policies.length) runs.drop(0);
      commit(experiment);
      store.setState({ active: experiment.policies.length - 1 });
      following = true;
      settle();
    },

    setMethod(index, method) {
      const preset = presetOf(rules, method);
      if (preset) change(index, ({ edits }) => ({ ...presetPolicy(rules, preset), edits }));
    },
    setRule(index, part, id) {
      change(index, (policy) => {
        const preset = presetOf(rules, policy.method);
        return preset ? { ...policy, [part]: baseChoice(rules, preset, part, id) } : policy;
      });
    },
    setMix(index, mix) {
      change(index, (policy) => ({ ...policy, mix }));
    },
    setParam(index, part, name, value, how) {
      change(index, (policy) => withParam(policy, part, name, value), how);
    },
    setEdits(index, edits, how) {
      change(index, (policy) => ({ ...policy, edits }), how);
    },
    addEdit(index, edit) {
      change(index, (policy) => ({ ...policy, edits: [...policy.edits, edit] }));
    },
    removeEdit(index, edit) {
      change(index, (policy) => ({ ...policy, edits: policy.edits.filter((e) => e !== edit) }));
    },
    applyFromStart(index) {
      change(index, (policy) => ({ ...policy, edits: policy.edits.map(fromStart) }));
    },
    resetPolicy(index) {
      change(index, (policy) => {
        const preset = presetOf(rules, policy.method);
        return preset ? presetPolicy(rules, preset) : policy;
      });
    },

    addPolicy() {
      const { experiment, lanes, active } = store.getState();
      const copy = experiment.policies[active];
      if (copy === undefined || experiment.policies.length >= LETTERS.length) return;
      commit({ ...experiment, policies: [...experiment.policies, copy] });
      // The copy would run to the same end: it begins with the same picture.
      const shown = lanes[active]?.shown ?? null;
      store.setState((s) => ({
        active: experiment.policies.length,
        lanes: s.lanes.map((lane, i) => (i === experiment.policies.length ? { ...emptyLane, shown } : lane)),
      }));
    },
    removePolicy(index) {
      const { experiment, lanes } = store.getState();
      if (experiment.policies.length < 2) return;
      runs.drop(index);
      store.setState({ lanes: lanes.filter((_, i) => i !== index).map((lane) => ({ ...lane, state: 'idle' })) });
      commit({ ...experiment, policies: experiment.policies.filter((_, i) => i !== index) });
      settle();
    },
    copyPolicy(from, to) {
      const policy = store.getState().experiment.policies[from];
      if (policy) change(to, () => policy);
    },
    activate(index) {
      if (store.getState().experiment.policies[index]) store.setState({ active: index });
    },
    undo: () => {
      step(undo);
    },
    redo: () => {
      step(redo);
    },

    run() {
      following = true;
      gesture = undefined;
      makeWay();
      runs.run();
      // Asking for a run is asking for the model.
      const { kind } = store.getState().model;
      if (kind !== 'ready' && kind !== 'loading') model.load();
    },
    stop() {
      runs.stop();
    },
    loadModel() {
      model.load();
    },
    cancelLoad() {
      model.cancel();
    },
    setBackend(choice) {
      measuring?.stop();
      const { measured: before } = store.getState();
      // The user's word is another try.
      const measured = choice !== 'auto' && hasFailed(before[choice]) ? { ...before, [choice]: undefined } : before;
      store.setState({ choice, measured });
      computeBy(choose(choice, measured).backend);
    },
    measureBackends() {
      makeWay();
      void measuring?.all();
    },
    stopMeasuring() {
      measuring?.stop();
    },
    setTheme(theme) {
      store.setState({ theme });
    },
    async makeLink() {
      const hash = await shareHash(store.getState(), packageFacts()?.hash, rules);
      const { location } = options.bar;
      return hash === undefined ? undefined : `${location.origin}${location.pathname}${location.search}${hash}`;
    },
    exportRuns: () => exportRuns(store.getState(), rules),
    async computeLikelihoods() {
      makeWay();
      await computeLikelihoods(store, engine, queries);
      rest();
    },
    dismiss(what) {
      switch (what) {
        case 'problems':
          store.setState({ problems: [] });
          break;
        case 'incident':
          store.setState({ incident: null });
          break;
        case 'remarks':
          store.setState({ remarksSeen: true });
          break;
      }
    },
    dispose() {
      unkeep();
      unwatch();
      measuring?.stop();
      address.dispose();
      engine.dispose();
    },
  };
}
