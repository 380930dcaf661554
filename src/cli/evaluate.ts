/** `switchyard evaluate`: tasks under policies, with intervals and verdicts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { reportJson, reportMarkdown, type ReportFacts } from '../core/evaluation/report.ts';
import { oracle, singleExpert } from '../core/evaluation/single.ts';
import { createTally, type Tally } from '../core/evaluation/tally.ts';
import { runEvaluation, type Progress } from '../core/evaluation/runner.ts';
import type { Conditions, Contestant, EvaluatedTask, Evaluation } from '../core/evaluation/plan.ts';
import { SPLITS, type Split } from '../core/tasks/task.ts';
import type { LoadedModel } from '../protocol/engine.ts';
import type { Engine } from '../../workers/engine.ts';
import { namedTasks, readTask } from './documents.ts';
import { UsageError, type CliIo } from './io.ts';
import { createNodeEngine } from './node-engine.ts';
import { modelChoice, modelHelp, modelOptions, namedPolicy, number } from './options.ts';
import { loadProgress } from './progress.ts';
import { fileStore } from './result-store.ts';

export const evaluateHelp = `switchyard evaluate --policies LIST --out DIR
Measures documents of tasks under policies and compares them with the first. Documents that were measured before (same
package, backend, policy, seed) are read from DIR. Prints a table; DIR gets measurements.jsonl, results.json and table.md.

  --policies LIST    ids with parameters, e.g. none,phatgoose,glider:c=3:select.k=1; also single:EXPERT (one expert for
                     everything) and oracle (the task's own expert; for held-out tasks the single expert that is best on
                     validation, which is measured first)
  --tasks LIST       ids of tasks, held-in, held-out or all (default: all)
  --split NAME       ${SPLITS.join(', ')} (default: validation, which tuning may use; test is for the last look)
  --docs N           most documents of each task (default 50)
  --beyond N         tokens that a greedy answer may have beyond those of the right one (default 4)
  --seed N           seed of random policies and of the bootstrap (default 0)
  --documents DIR    documents as npm run tasks writes them (default: data/tasks)
  --out DIR          where results are kept
${modelHelp}
`;

export async function evaluateCommand(args: readonly string[], io: CliIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...modelOptions,
      policies: { type: 'string' },
      tasks: { type: 'string' },
      split: { type: 'string' },
      docs: { type: 'string' },
      beyond: { type: 'string' },
      seed: { type: 'string' },
      documents: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const choice = modelChoice({ ...values, backend: values.backend ?? 'simd' }, io);
  const { policies: list, out } = values;
  if (list === undefined) throw new UsageError('--policies is missing, e.g. --policies none,phatgoose,glider:c=3');
  if (out === undefined) throw new UsageError('--out is missing: the folder in which results are kept');
  const split = SPLITS.find((name) => name === (values.split ?? 'validation'));
  if (split === undefined) throw new UsageError(`--split: ${values.split ?? ''} is none of ${SPLITS.join(', ')}`);
  const docs = number('docs', values.docs, { min: 1, max: 100_000, integer: true }) ?? 50;
  const seed = number('seed', values.seed, { min: 0, max: 2 ** 31 - 1, integer: true }) ?? 0;
  const beyond = number('beyond', values.beyond, { min: 0, max: 512, integer: true }) ?? 4;
  const folder = resolve(values.documents ?? join(io.root, 'data', 'tasks'));
  const tasks = namedTasks(values.tasks ?? 'all');
  const evaluated = await Promise.all(tasks.map((task) => readTask(folder, task, split, docs)));

  mkdirSync(out, { recursive: true });
  const engine = createNodeEngine();
  try {
    const model = await engine.load(
      { manifest: choice.folder, backend: choice.backend, threads: choice.threads },
      loadProgress(io),
    );
    const experts = model.library.experts.map(({ id }) => id);
    const conditions: Conditions = { package: model.package.hash, backend: model.backend.id, seed, raw: false, beyond };
    const work: Work = { engine, io, model, conditions, experts, store: fileStore(join(out, 'measurements.jsonl')) };
    const specs = list.split(',').map((spec) => spec.trim());
    const best = specs.includes('oracle') ? await bestExperts(work, evaluated, folder, docs) : {};
    const contestants = specs.map((spec) => contestant(spec, evaluated, experts, best));
    const evaluation: Evaluation = { tasks: evaluated, contestants, conditions };
    const tally = await run(work, evaluation, '');
    const facts: ReportFacts = { evaluation, tally, experts, model: model.package, seed, oracle: best };
    writeFileSync(join(out, 'results.json'), `${JSON.stringify(reportJson(facts), null, 1)}\n`);
    const table = reportMarkdown(facts);
    writeFileSync(join(out, 'table.md'), table);
    io.out(table.trimEnd());
    return 0;
  } finally {
    await engine.dispose();
  }
}

interface Work {
  readonly engine: Engine;
  readonly io: CliIo;
  readonly model: LoadedModel;
  readonly conditions: Conditions;
  readonly experts: readonly string[];
  readonly store: ReturnType<typeof fileStore>;
}

/** @throws UsageError for a name, parameter or expert that there is not */
function contestant(
  spec: string,
  tasks: readonly EvaluatedTask[],
  experts: readonly string[],
  best: Readonly<Record<string, string>>,
): Contestant {
  if (spec === 'oracle') return { name: spec, label: 'Oracle', policy: oracle(tasks, experts, best) };
  const [id = '', ...settings] = spec.split(':');
  if (id === 'single') {
    const [expert = ''] = settings;
    if (!experts.includes(expert))
      throw new UsageError(`--policies ${spec}: there is no expert ${expert}; there are ${experts.join(', ')}.`);
    return { name: spec, label: spec, policy: singleExpert(expert) };
  }
  return { name: spec, label: spec, policy: namedPolicy(id, settings) };
}

/** For each task without an expert of its own the one that answers most of its validation documents. */
async function bestExperts(
  work: Work,
  tasks: readonly EvaluatedTask[],
  folder: string,
  docs: number,
): Promise<Readonly<Record<string, string>>> {
  const open = namedTasks(tasks.map(({ id }) => id).join(',')).filter(({ id }) => !work.experts.includes(id));
  if (open.length === 0) return {};
  const validation: Split = 'validation';
  const evaluated = await Promise.all(open.map((task) => readTask(folder, task, validation, docs)));
  const contestants = work.experts.map((id) => ({ name: id, label: id, policy: singleExpert(id) }));
  const tally = await run(work, { tasks: evaluated, contestants, conditions: work.conditions }, 'single experts, ');
  const right = (task: string, expert: string): number =>
    tally.outcomes(task, expert).filter((outcome) => outcome.right).length;
  return Object.fromEntries(
    evaluated.map(({ id }) => {
      const [first = ''] = [...work.experts].sort((a, b) => right(id, b) - right(id, a));
      return [id, first];
    }),
  );
}

async function run(work: Work, evaluation: Evaluation, what: string): Promise<Tally> {
  const { engine, io, store } = work;
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
      engine.measure({
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
