/**
 * Results in the shape that lm-evaluation-harness writes (read against its 0.4.13): for each policy a folder with `results_DATE.json` and for
 * each task `samples_TASK_DATE.jsonl`, so that its tables and the programs around it read them. Ours stands under `switchyard`.
 */
import { utf8Bytes } from '../../utf8.ts';
import { sha256Hex } from '../../sha256.ts';
import type { TaskDocument } from '../../tasks/task.ts';
import { contestantHash, countLooks, looksSentence, looksWhileTuned, validSeal } from '../looks.ts';
import { looksJson } from '../looks-json.ts';
import { documentsHash, HALVES, policyFor, type Contestant, type EvaluatedTask } from '../plan.ts';
import type { Outcome } from '../tally.ts';
import type { ExportFile, ReportFacts } from './facts.ts';

/** Columns of a sample and of the table, in the harness's names where it has one. */
const METRICS = {
  acc: { higher: true, of: ({ scores }: Outcome) => share(scores.acc) },
  acc_norm: { higher: true, of: ({ scores }: Outcome) => share(scores.accNorm) },
  acc_bytes: { higher: true, of: ({ scores }: Outcome) => share(scores.accBytes) },
  exact_match: { higher: true, of: ({ scores }: Outcome) => share(scores.exact) },
  gold_nll: { higher: false, of: ({ scores }: Outcome): number | undefined => scores.nll },
} as const;
type MetricName = keyof typeof METRICS;
const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

const share = (right: boolean | undefined): number | undefined => (right === undefined ? undefined : right ? 1 : 0);

/** SHA-256 of a text, as the harness hashes documents, prompts and targets. */
const textHash = (text: string): string => sha256Hex(utf8Bytes(text));

/** A file or folder name for a policy, by the harness's own rule. */
export const modelFolder = (name: string): string => name.replaceAll(/["<>:/|\\?*[\]]+/g, '__');

/** `2026-01-31T09-30-00.000000`: the harness's date in names of files. */
const fileDate = (date: string): string => date.replaceAll(':', '-').replace(/Z$/, '000');

interface TaskOutcomes {
  readonly task: EvaluatedTask;
  /** In the order of the task's documents, with the document's place. */
  readonly measured: readonly {
    readonly place: number;
    readonly document: TaskDocument;
    readonly outcome: Outcome;
  }[];
  /** Metrics that every document has. */
  readonly metrics: readonly MetricName[];
}

function outcomesOf({ evaluation, tally }: ReportFacts, contestant: Contestant): TaskOutcomes[] {
  return evaluation.tasks.flatMap((task): TaskOutcomes[] => {
    if (policyFor(contestant, task.id) === undefined) return [];
    const found = new Map(tally.outcomes(task.id, contestant.name).map((outcome) => [outcome.document, outcome]));
    const measured = task.documents.flatMap((document, place) => {
      const outcome = found.get(document.id);
      return outcome === undefined ? [] : [{ place, document, outcome }];
    });
    if (measured.length === 0) return [];
    const metrics = METRIC_NAMES.filter((name) =>
      measured.every(({ outcome }) => METRICS[name].of(outcome) !== undefined),
    );
    return [{ task, measured, metrics }];
  });
}

interface Estimate {
  readonly mean: number;
  /** Of the mean, sample standard deviation over √n; undefined for one document. */
  readonly stderr: number | undefined;
}

function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, stderr: n < 2 ? undefined : Math.sqrt(squares / (n - 1) / n) };
}

const estimateOf = ({ measured }: TaskOutcomes, metric: MetricName): Estimate =>
  estimate(measured.map(({ outcome }) => METRICS[metric].of(outcome) ?? Number.NaN));

const metricFields = (metric: string, { mean, stderr }: Estimate): Readonly<Record<string, number | string>> => ({
  [`${metric},none`]: mean,
  [`${metric}_stderr,none`]: stderr ?? 'N/A',
});

/** Of a half: every task weighs the same; the error of a mean of independent means. */
function groupEstimate(tasks: readonly TaskOutcomes[]): Estimate {
  const each = tasks.map(({ measured }) => estimate(measured.map(({ outcome }) => (outcome.right ? 1 : 0))));
  const errors = each.map(({ stderr }) => stderr);
  const squares = errors.reduce<number>((sum, error) => sum + (error ?? Number.NaN) ** 2, 0);
  return {
    mean: each.reduce((sum, { mean }) => sum + mean, 0) / each.length,
    stderr: Number.isNaN(squares) ? undefined : Math.sqrt(squares) / each.length,
  };
}

const byTask = <T>(tasks: readonly TaskOutcomes[], value: (of: TaskOutcomes) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(tasks.map((of) => [of.task.id, value(of)]));

const isChoice = ({ metric }: EvaluatedTask): boolean => metric !== 'exact match';

const configOf = (task: EvaluatedTask, metrics: readonly MetricName[], beyond: number) => ({
  task: task.id,
  task_alias: task.label,
  tag: [task.half],
  test_split: task.split,
  output_type: isChoice(task) ? 'multiple_choice' : 'generate_until',
  doc_to_text: 'prompt',
  doc_to_target: isChoice(task) ? 'gold' : 'answer',
  ...(isChoice(task)
    ? { doc_to_choice: 'options' }
    : { generation_kwargs: { do_sample: false, until: [], tokens_beyond_those_of_the_gold_answer: beyond } }),
  // Nothing stands between prompt and answer but the template.
  target_delimiter: '',
  num_fewshot: 0,
  metric_list: metrics.map((metric) => ({
    metric,
    aggregation: 'mean',
    higher_is_better: METRICS[metric].higher,
  })),
  repeats: 1,
  should_decontaminate: false,
  metadata: { chance: task.chance, documents_sha256: documentsHash(task) },
});

interface Asked {
  readonly doc: object;
  readonly target: string;
  readonly doc_hash: string;
  readonly prompt_hash: string;
  readonly target_hash: string;
}

/** What a sample says of its document, whoever answered. */
function askedOf({ id, prompt, answer, options, gold }: TaskDocument, choice: boolean): Asked {
  const doc = { id, prompt, answer, ...(options === undefined ? {} : { options, gold }) };
  const target = choice ? String(gold) : answer;
  return {
    doc,
    target,
    doc_hash: textHash(JSON.stringify(doc, null, 2)),
    prompt_hash: textHash(prompt),
    target_hash: textHash(target),
  };
}

/** By document: its hashes are the same under every policy. */
type AskedOf = WeakMap<TaskDocument, Asked>;

/** One for each document that was measured. */
function samplesOf({ task, measured, metrics }: TaskOutcomes, beyond: number, known: AskedOf) {
  return measured.map(({ place, document, outcome }) => {
    const { prompt, options } = document;
    const choice = isChoice(task) && options !== undefined;
    const asked = known.get(document) ?? askedOf(document, choice);
    known.set(document, asked);
    const requests: readonly unknown[] = choice
      ? options
      : [{ do_sample: false, until: [], tokens_beyond_those_of_the_gold_answer: beyond }];
    const responses: readonly unknown[] = choice
      ? // Whether an option is the greedy answer is not measured.
        (outcome.measurement.options ?? []).map(({ logprob }) => [String(logprob), 'N/A'])
      : [outcome.measurement.answer ?? ''];
    return {
      doc_id: place,
      ...asked,
      arguments: Object.fromEntries(
        requests.map((request, i) => [`gen_args_${String(i)}`, { arg_0: prompt, arg_1: request }]),
      ),
      resps: responses.map((response) => [response]),
      filtered_resps: responses,
      filter: 'none',
      metrics,
      ...Object.fromEntries(metrics.map((metric) => [metric, METRICS[metric].of(outcome)])),
    };
  });
}

function filesOf(facts: ReportFacts, contestant: Contestant, known: AskedOf): ExportFile[] {
  const tasks = outcomesOf(facts, contestant);
  if (tasks.length === 0) return [];
  const { conditions } = facts.evaluation;
  const folder = modelFolder(contestant.name);
  const date = fileDate(facts.date);
  const samples = new Map(tasks.map((of) => [of.task.id, samplesOf(of, conditions.beyond, known)]));
  const hashes = byTask(tasks, ({ task }) =>
    textHash(
      (samples.get(task.id) ?? [])
        .map(({ doc_hash, prompt_hash, target_hash }) => doc_hash + prompt_hash + target_hash)
        .join(''),
    ),
  );
  return [
    {
      path: `${folder}/results_${date}.json`,
      text: `${floats(JSON.stringify(resultsOf(facts, contestant, tasks, hashes), null, 2))}\n`,
    },
    ...tasks.map(({ task }) => ({
      path: `${folder}/samples_${task.id}_${date}.jsonl`,
      text: (samples.get(task.id) ?? []).map((sample) => `${JSON.stringify(sample)}\n`).join(''),
    })),
  ];
}

/** 1 as 1.0: Python reads whole numbers as another type, and the harness's table prints them without decimals. */
const floats = (json: string): string => json.replaceAll(/(,none": -?\d+)(?=,?$)/gm, '$1.0');

function resultsOf(
  facts: ReportFacts,
  contestant: Contestant,
  tasks: readonly TaskOutcomes[],
  hashes: Readonly<Record<string, string>>,
): object {
  const { model, seed, date } = facts;
  const { conditions } = facts.evaluation;
  const halves = HALVES.flatMap((half) => {
    const own = tasks.filter(({ task }) => task.half === half);
    return own.length === 0 ? [] : [{ half, own }];
  });
  const groups = Object.fromEntries(
    halves.map(({ half, own }) => [half, { name: half, alias: half, ...metricFields('right', groupEstimate(own)) }]),
  );
  const results = byTask(tasks, (of) => ({
    name: of.task.id,
    alias: of.task.label,
    sample_len: of.measured.length,
    ...Object.fromEntries(of.metrics.flatMap((metric) => Object.entries(metricFields(metric, estimateOf(of, metric))))),
  }));
  const groupIds = halves.map(({ half }) => half);
  const milliseconds = tasks
    .flatMap(({ measured }) => measured.map(({ outcome }) => outcome.measurement.milliseconds))
    .reduce((sum, each) => sum + each, 0);
  return {
    results: { ...results, ...groups },
    groups,
    group_subtasks: Object.fromEntries(halves.map(({ half, own }) => [half, own.map(({ task }) => task.id)])),
    configs: byTask(tasks, ({ task, metrics }) => configOf(task, metrics, conditions.beyond)),
    versions: byTask(tasks, ({ task }) => documentsHash(task)),
    'n-shot': { ...byTask(tasks, () => 0), ...Object.fromEntries(groupIds.map((half) => [half, 0])) },
    higher_is_better: {
      ...byTask(tasks, ({ metrics }) => Object.fromEntries(metrics.map((metric) => [metric, METRICS[metric].higher]))),
      ...Object.fromEntries(groupIds.map((half) => [half, { right: true }])),
    },
    'n-samples': byTask(tasks, ({ task, measured }) => ({
      original: task.documents.length,
      effective: measured.length,
    })),
    config: {
      model: 'switchyard',
      model_args: `package=${model.id},policy=${contestant.name},backend=${conditions.backend}`,
      model_revision: conditions.package,
      batch_size: 1,
      device: conditions.backend,
      limit: null,
      bootstrap_iters: 0,
      gen_kwargs: null,
      random_seed: conditions.seed,
      numpy_seed: null,
      torch_seed: null,
      fewshot_seed: null,
    },
    date: Date.parse(date) / 1000,
    task_hashes: hashes,
    model_source: 'switchyard',
    model_name: contestant.name,
    model_name_sanitized: modelFolder(contestant.name),
    system_instruction: conditions.system ?? null,
    system_instruction_sha: conditions.system === undefined ? null : textHash(conditions.system),
    total_evaluation_time_seconds: String(milliseconds / 1000),
    switchyard: ours(facts, contestant, seed),
  };
}

/** What the harness has no place for. */
function ours(facts: ReportFacts, contestant: Contestant, seed: number): object {
  const hash = contestantHash(contestant);
  return {
    program: facts.program,
    package: facts.model,
    conditions: facts.evaluation.conditions,
    seed,
    experts: facts.experts,
    policy: contestant.policy,
    policy_hash: hash,
    sealed: validSeal(facts.looks, hash)?.at ?? null,
    looks: {
      count: countLooks(facts.looks),
      while_tuned: looksWhileTuned(facts.looks, hash),
      sentence: looksSentence(facts.looks, contestant.name, hash),
      ...looksJson(facts.looks),
    },
  };
}

/** For each policy with results a folder of its own. */
export function lmEvalFiles(facts: ReportFacts): readonly ExportFile[] {
  const known: AskedOf = new WeakMap();
  return facts.evaluation.contestants.flatMap((contestant) => filesOf(facts, contestant, known));
}
