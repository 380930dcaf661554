/** `switchyard evaluate`: tasks under policies, with intervals and verdicts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  askedContestant,
  AskedError,
  bestExperts,
  ORACLE,
  parseAsked,
  pick,
  singleContestants,
  type Asked,
  type Picked,
} from '../core/evaluation/asked.ts';
import type { ReportFacts } from '../core/evaluation/export/facts.ts';
import { exportFiles } from '../core/evaluation/export/files.ts';
import { evaluationHash } from '../core/evaluation/export/json.ts';
import { reportMarkdown } from '../core/evaluation/export/markdown.ts';
import { RESAMPLES, summariesOf } from '../core/evaluation/half.ts';
import { looksNotes, lookOf, type Looks } from '../core/evaluation/looks.ts';
import type { Contestant, EvaluatedTask, Evaluation } from '../core/evaluation/plan.ts';
import { LETTERS } from '../core/experiment/defaults.ts';
import { isObject } from '../core/experiment/json.ts';
import type { Policy } from '../core/routing/policy.ts';
import { SPLITS, type Split, type Task } from '../core/tasks/task.ts';
import { namedTasks, readTask } from './documents.ts';
import { runOn, withWork, type Work } from './evaluation-run.ts';
import { UsageError, type CliIo } from './io.ts';
import { keepLook, readLooks } from './looks-file.ts';
import { modelChoice, modelHelp, modelOptions, number, wholeExperiment } from './options.ts';
import { readOwnTasks } from './own-tasks.ts';

export const evaluateHelp = `switchyard evaluate --policies LIST --out DIR
Measures documents of tasks under policies and compares them with the first. Documents that were measured before (same
package, backend, policy, seed) are read from DIR. Prints a table; DIR gets measurements.jsonl, looks.json, results.json,
table.md, table.tex, cells.csv, documents.csv, and in lm-eval/ the same in the shape of lm-evaluation-harness.

  --policies LIST    ids with parameters, e.g. base,phatgoose,glider:c=3:select.k=1; a sweep in quotes, e.g.
                     'glider:c={0,1,3}'; single:EXPERT (one expert for everything); oracle (the task's own expert; for a task
                     without one the single expert that is best on its validation documents, which are measured first)
  --experiment FILE  an experiment of the page: its policies, edits included, as A, B, … behind those of --policies
  --pick             of every sweep take only the setting that does most on validation documents of held-in tasks
                     (those of --tasks, or all)
  --tasks LIST       ids of tasks, held-in, held-out or all (default: all; with --own: none)
  --own FILE:HALF    your own task (JSONL, CSV, samples of lm-evaluation-harness), HALF held-in or held-out; repeatable
  --split NAME       ${SPLITS.join(', ')} (default: validation, which tuning may use; test is for the last look)
  --docs N           most documents of each task (default 50)
  --beyond N         tokens that a greedy answer may have beyond those of the right one (default 4)
  --seed N           seed of random policies and of the bootstrap (default 0)
  --sealed           put the policies down (hash and date) before this look; one that was seen on held-out test is refused
  --looks FILE       where looks at held-out test are counted (default: looks.json in DIR); one file for one experiment
  --controls FILE    manifest of a second package, e.g. models/smollm2-135m/controls.json: its adapters, which no router
                     meets, may be named as single:ID
  --documents DIR    documents as npm run tasks writes them (default: data/tasks)
  --out DIR          where results are kept
${modelHelp}
`;

function readOptions(args: readonly string[], io: CliIo) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...modelOptions,
      policies: { type: 'string' },
      experiment: { type: 'string' },
      pick: { type: 'boolean', default: false },
      tasks: { type: 'string' },
      own: { type: 'string', multiple: true, default: [] },
      split: { type: 'string' },
      docs: { type: 'string' },
      beyond: { type: 'string' },
      seed: { type: 'string' },
      sealed: { type: 'boolean', default: false },
      looks: { type: 'string' },
      controls: { type: 'string' },
      documents: { type: 'string' },
      out: { type: 'string' },
    },
  });
  if (positionals.length > 0)
    throw new UsageError(`${positionals[0] ?? ''} belongs to no option; put a sweep in quotes: 'glider:c={0,1,3}'.`);
  const { policies, experiment, out } = values;
  if (policies === undefined && experiment === undefined)
    throw new UsageError('--policies is missing, e.g. --policies base,phatgoose,glider:c=3');
  if (out === undefined) throw new UsageError('--out is missing: the folder in which results are kept');
  const split = SPLITS.find((name) => name === (values.split ?? 'validation'));
  if (split === undefined) throw new UsageError(`--split: ${values.split ?? ''} is none of ${SPLITS.join(', ')}`);
  return {
    choice: modelChoice({ ...values, backend: values.backend ?? 'simd' }, io),
    asked: policies === undefined ? [] : naming('--policies', () => parseAsked(policies)),
    experiment,
    pick: values.pick,
    tasks: values.tasks === undefined && values.own.length > 0 ? [] : namedTasks(values.tasks ?? 'all'),
    own: values.own,
    split,
    docs: number('docs', values.docs, { min: 1, max: 100_000, integer: true }) ?? 50,
    beyond: number('beyond', values.beyond, { min: 0, max: 512, integer: true }) ?? 4,
    seed: number('seed', values.seed, { min: 0, max: 2 ** 31 - 1, integer: true }) ?? 0,
    sealed: values.sealed,
    controls: values.controls === undefined ? undefined : resolve(values.controls),
    looks: resolve(values.looks ?? join(out, 'looks.json')),
    folder: resolve(values.documents ?? join(io.root, 'data', 'tasks')),
    out,
  };
}
type Options = ReturnType<typeof readOptions>;

/** What was asked for wrongly is told with the option that asked. */
function naming<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof AskedError ? new UsageError(`${option}: ${error.message}`) : error;
  }
}

export async function evaluateCommand(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, io);
  const { choice, controls, out, seed, beyond } = options;
  const built = await readAll(options, options.tasks, options.split);
  const tasks = [...built, ...(await readOwnTasks(options.own, options.docs, io))];
  const given = options.experiment === undefined ? undefined : await wholeExperiment(options.experiment);
  mkdirSync(out, { recursive: true });
  mkdirSync(dirname(options.looks), { recursive: true });
  // A log that cannot be read is told before hours of work.
  readLooks(options.looks);
  return withWork({ choice, controls, io, folder: out, seed, beyond }, async (work, model) => {
    const { conditions, experts } = work;
    const known = { tasks, experts, controls: work.controls?.ids ?? [] };
    // Names are checked before anything is measured.
    contestantsOf(options.asked, { ...known, best: {} });
    const { names, picked } = await pickedNames(work, options);
    const best = names.includes(ORACLE) ? await oracleExperts(work, options) : {};
    const contestants = [
      ...contestantsOf([{ spec: '', names }], { ...known, best }),
      ...byLetter(given?.policies ?? []),
    ];
    const evaluation: Evaluation = { tasks, contestants, conditions };
    const now = new Date().toISOString();
    const date = dateOf(evaluation, out, now);
    const looks = keepLook(options.looks, evaluation, {
      sealed: options.sealed,
      elsewhere: given?.looks ?? [],
      at: now,
    });
    tellLooks(evaluation, looks, io);
    const tally = await runOn(work, evaluation, '');
    const summaries = summariesOf(contestants, tally, { resamples: RESAMPLES.kept, seed });
    const facts: ReportFacts = {
      ...{ evaluation, tally, summaries, experts, model: model.package, seed, oracle: best, picked, looks, date },
      program: { name: 'switchyard', version: versionOf(io.root) },
    };
    writeExports(facts, out);
    io.out(reportMarkdown(facts).trimEnd());
    return 0;
  });
}

const readAll = ({ folder, docs }: Options, tasks: readonly Task[], split: Split): Promise<EvaluatedTask[]> =>
  Promise.all(tasks.map((task) => readTask(folder, task, split, docs)));

const contestantsOf = (asked: readonly Asked[], context: Parameters<typeof askedContestant>[1]): Contestant[] =>
  naming('--policies', () => asked.flatMap(({ names }) => names.map((name) => askedContestant(name, context))));

/** Policies of an experiment by their letters. */
const byLetter = (policies: readonly Policy[]): Contestant[] =>
  policies.map((policy, i) => {
    const name = LETTERS[i] ?? String(i + 1);
    return { name, label: `${name}, ${policy.method}`, policy };
  });

/** The policies of the list, of a sweep all or, with `--pick`, the setting that held-in validation chooses. */
async function pickedNames(
  work: Work,
  options: Options,
): Promise<{ readonly names: readonly string[]; readonly picked: readonly Picked[] }> {
  const { asked } = options;
  const sweeps = asked.filter(({ names }) => names.length > 1);
  if (!options.pick) return { names: asked.flatMap(({ names }) => names), picked: [] };
  if (sweeps.length === 0)
    throw new UsageError("--pick: there is no sweep to pick from, e.g. --policies 'glider:c={0,1,3}'");
  const chosen = options.tasks.filter(({ split }) => split === 'held-in');
  const held = chosen.length > 0 ? chosen : namedTasks('held-in');
  const tasks = await readAll(options, held, 'validation');
  const contestants = contestantsOf(sweeps, { tasks, experts: work.experts, best: {} });
  const tally = await runOn(work, { tasks, contestants, conditions: work.conditions }, 'search, ');
  const picked = sweeps.map((sweep) => naming('--pick', () => pick(sweep, tally, tasks)));
  const names = asked.flatMap((one) => picked.find(({ spec }) => spec === one.spec)?.chosen ?? one.names);
  return { names: [...new Set(names)], picked };
}

/** Of tasks without an expert of their own; a user's own tasks have no validation documents, and the oracle leaves them out. */
async function oracleExperts(work: Work, options: Options): Promise<Readonly<Record<string, string>>> {
  const open = options.tasks.filter(({ id }) => !work.experts.includes(id));
  if (open.length === 0) return {};
  const tasks = await readAll(options, open, 'validation');
  const contestants = singleContestants(work.experts);
  const tally = await runOn(work, { tasks, contestants, conditions: work.conditions }, 'single experts, ');
  return bestExperts(tally, tasks, work.experts);
}

/** When this very evaluation was begun, if its results are already there: repeated, it writes the same files again. */
function dateOf(evaluation: Evaluation, out: string, now: string): string {
  try {
    const json: unknown = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
    if (isObject(json) && json.hash === evaluationHash(evaluation) && typeof json.date === 'string') return json.date;
  } catch {
    // None yet, or another program's: they are written anew.
  }
  return now;
}

function tellLooks(evaluation: Evaluation, looks: Looks, io: CliIo): void {
  if (lookOf(evaluation, '') === undefined) return;
  for (const note of looksNotes(looks, evaluation.contestants)) io.err(note);
}

function versionOf(root: string): string {
  const json: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return isObject(json) && typeof json.version === 'string' ? json.version : 'unknown';
}

function writeExports(facts: ReportFacts, out: string): void {
  for (const { path, text } of exportFiles(facts)) {
    const file = join(out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
