/** `switchyard route`: one prompt under one policy. */
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';
import { answerBytes, routeBytes } from '../core/experiment/digests.ts';
import type { Experiment } from '../core/experiment/experiment.ts';
import { fitToPackage } from '../core/experiment/fit.ts';
import type { LoadedModel, RunRequest, RunResult } from '../protocol/engine.ts';
import { UsageError, type CliIo } from './io.ts';
import { createNodeEngine } from './node-engine.ts';
import {
  modelChoice,
  modelHelp,
  modelOptions,
  number,
  policyHelp,
  policyOptions,
  readExperiment,
  samplingRanges,
} from './options.ts';
import { loadProgress } from './progress.ts';
import { routeOutput } from './route-output.ts';
import { routeTable } from './route-table.ts';

export const routeHelp = `switchyard route --prompt TEXT [options]
Runs one prompt under one policy and prints the answer and the routes.

  --prompt TEXT      what the user says; "-" reads it from standard input
  --raw              leave the chat template out
  --system TEXT      a system turn in front
${policyHelp}
  --max-tokens N     longest answer (default 48)
  --temperature T    0 is greedy (default)
  --top-p P          1 keeps the whole distribution (default)
  --seed N           seed of the draws (default 0)
  --logits N         largest logits to print for each token of the answer (default 10)
  --trace            experts and weights of every site and token
  --scores           with --trace, also the raw scores of all experts
  --json             JSON instead of a table (docs/schema/route.schema.json)
${modelHelp}
`;

const options = {
  ...modelOptions,
  ...policyOptions,
  prompt: { type: 'string' },
  raw: { type: 'boolean' },
  system: { type: 'string' },
  'max-tokens': { type: 'string' },
  temperature: { type: 'string' },
  'top-p': { type: 'string' },
  seed: { type: 'string' },
  logits: { type: 'string' },
  trace: { type: 'boolean' },
  scores: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options }).values;
type Values = ReturnType<typeof parse>;

const MOST_LOGITS = 1000;

/** @throws UsageError, EngineError, TypeError of `parseArgs` */
export async function routeCommand(args: readonly string[], io: CliIo): Promise<number> {
  const values = parse(args);
  const choice = modelChoice(values, io);
  const wanted = await experimentOf(values, io);
  const top = number('logits', values.logits, { min: 0, max: MOST_LOGITS, integer: true }) ?? 10;
  const engine = createNodeEngine();
  try {
    const model = await engine.load(
      { manifest: choice.folder, backend: choice.backend, threads: choice.threads },
      loadProgress(io),
    );
    const experiment = fit(wanted, model, io);
    const result = await engine.run(requestOf(experiment, values, top), () => undefined);
    compareDigests(experiment, result, io);
    const withTrace = values.trace === true || values.scores === true;
    io.out(
      values.json === true
        ? JSON.stringify(routeOutput(experiment, model, result, withTrace))
        : routeTable(model, result, withTrace),
    );
    return 0;
  } finally {
    await engine.dispose();
  }
}

async function experimentOf(values: Values, io: CliIo): Promise<Experiment> {
  const from = await readExperiment(values);
  const text = values.prompt === '-' ? await io.stdin() : (values.prompt ?? from.prompt.text);
  if (text === '') throw new UsageError('--prompt: say something, or give an --experiment that holds a prompt.');
  const system = values.system ?? from.prompt.system;
  const { temperature, topP, maxTokens } = from.sampling;
  return {
    ...from,
    prompt: { text, raw: values.raw ?? from.prompt.raw, ...(system === undefined ? {} : { system }) },
    seed: number('seed', values.seed, samplingRanges.seed) ?? from.seed,
    sampling: {
      temperature: number('temperature', values.temperature, samplingRanges.temperature) ?? temperature,
      topP: number('top-p', values['top-p'], samplingRanges['top-p']) ?? topP,
      maxTokens: number('max-tokens', values['max-tokens'], samplingRanges['max-tokens']) ?? maxTokens,
    },
  };
}

/** An experiment made for another package is run all the same, and that is said; edits that do not fit are an error. */
function fit(wanted: Experiment, model: LoadedModel, io: CliIo): Experiment {
  const { id, hash } = model.package;
  const named = wanted.package === id || wanted.packageHash !== undefined ? wanted : { ...wanted, package: id };
  const { experiment, problems } = fitToPackage(named, { id, hash, library: model.library });
  const [about, others] = [
    problems.filter(({ field }) => field.startsWith('package')),
    problems.filter(({ field }) => !field.startsWith('package')),
  ];
  for (const { message } of about) io.err(`note: ${message}`);
  if (others.length > 0) throw new UsageError(others.map(({ field, message }) => `${field}: ${message}`).join('\n'));
  return experiment;
}

const requestOf = (experiment: Experiment, values: Values, top: number): RunRequest => {
  const [policy] = experiment.policies;
  if (policy === undefined) throw new UsageError('the experiment holds no policy');
  const { prompt, seed, sampling } = experiment;
  return { id: 'route', prompt, policy, seed, sampling, scores: values.scores === true, top };
};

/** A link may say what its sender saw. */
function compareDigests(experiment: Experiment, result: RunResult, io: CliIo): void {
  const seen = experiment.digests?.[0];
  if (seen == null) return;
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const answer = digest(answerBytes(result.answer.tokens.map(({ id }) => id)));
  if (answer !== seen.answer) io.err("note: the answer is not the one of the experiment's sender.");
  if (digest(routeBytes(result.trace)) !== seen.routes) {
    io.err("note: the routes are not the ones of the experiment's sender.");
  }
}
