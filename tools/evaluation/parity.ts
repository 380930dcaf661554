/**
 * `npm run parity:evaluation`: validation documents of six tasks under three policies through the product's own evaluation, beside what
 * PyTorch answered (tools/evaluation/parity/reference.json, made by models/recipe/evaluation_reference.py). Prints a table and every
 * difference with how near a tie PyTorch was there; exit code 1 when fewer than 99.5 % of the documents have the same answer.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { namedTasks, readTask } from '../../src/cli/documents.ts';
import { runOn, withWork } from '../../src/cli/evaluation-run.ts';
import { modelChoice, modelHelp, modelOptions } from '../../src/cli/options.ts';
import { askedContestant } from '../../src/core/evaluation/asked.ts';
import type { Outcome } from '../../src/core/evaluation/tally.ts';
import { root } from '../ensure.mjs';
import { io } from './terminal.ts';

const help = `npm run parity:evaluation -- [options]
  --documents DIR    documents as npm run tasks writes them (default: data/tasks)
  --out DIR          where measurements are kept (default: results/parity)
${modelHelp}
`;
const LEAST_SAME = 0.995;

const Row = v.union([
  v.strictTuple([v.string(), v.number(), v.array(v.number())]),
  v.strictTuple([v.string(), v.number()]),
]);
type Row = v.InferOutput<typeof Row>;
const Reference = v.object({
  package: v.string(),
  split: v.literal('validation'),
  beyond: v.number(),
  tasks: v.record(v.string(), v.record(v.string(), v.array(Row))),
});

const { values } = parseArgs({
  options: {
    ...modelOptions,
    documents: { type: 'string', default: join(root, 'data', 'tasks') },
    out: { type: 'string', default: join(root, 'results', 'parity') },
    help: { type: 'boolean', default: false },
  },
});
const largest = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));
/** Distance of the two likeliest options: how near a tie. */
function lead(scores: readonly number[]): number {
  const [first = NaN, second = NaN] = [...scores].sort((a, b) => b - a);
  return first - second;
}

interface Compared {
  readonly same: boolean;
  /** Largest difference of an option's log-likelihood, natural logarithm. */
  readonly apart: number;
  readonly told: string;
}

/** A free answer by its text; options by the likeliest one. */
function compare({ document, measurement }: Outcome, [answer, margin, scores]: Row): Compared {
  if (scores === undefined)
    return {
      same: measurement.answer === answer,
      apart: 0,
      told: `${document}: ${JSON.stringify(measurement.answer)}, PyTorch ${JSON.stringify(answer)}, where two logits lay ${margin.toExponential(1)} apart`,
    };
  const own = measurement.options?.map(({ logprob }) => logprob) ?? [];
  return {
    same: largest(own) === largest(scores),
    apart: Math.max(...scores.map((score, i) => Math.abs(score - (own[i] ?? NaN)))),
    told: `${document}: option ${String(largest(own))}, PyTorch ${String(largest(scores))}, where two options lay ${lead(scores).toExponential(1)} apart`,
  };
}

async function main(): Promise<number> {
  const file = join(root, 'tools', 'evaluation', 'parity', 'reference.json');
  const reference = v.parse(Reference, JSON.parse(readFileSync(file, 'utf8')));
  const choice = modelChoice({ ...values, backend: values.backend ?? 'simd' }, io);
  const tasks = await Promise.all(
    namedTasks(Object.keys(reference.tasks).join(',')).map((task) =>
      readTask(values.documents, task, reference.split, Infinity),
    ),
  );
  mkdirSync(values.out, { recursive: true });
  return withWork({ choice, io, folder: values.out, seed: 0, beyond: reference.beyond }, async (work) => {
    const { experts, conditions } = work;
    if (conditions.package !== reference.package)
      throw new Error(`${file} was made with another version of the package: make it again (models/recipe/README.md)`);
    const names = Object.keys(Object.values(reference.tasks)[0] ?? {});
    const contestants = names.map((name) => askedContestant(name, { tasks, experts, best: {} }));
    const tally = await runOn(work, { tasks, contestants, conditions }, '');
    let [same, all] = [0, 0];
    io.out(
      `${choice.backend}, ${String(choice.threads)} threads; documents with the same answer; ln p of options at most so far apart`,
    );
    for (const task of tasks)
      for (const name of names) {
        const outcomes = new Map(tally.outcomes(task.id, name).map((outcome) => [outcome.document, outcome]));
        const rows = reference.tasks[task.id]?.[name] ?? [];
        const compared = task.documents.flatMap((document, i) => {
          const [outcome, row] = [outcomes.get(document.id), rows[i]];
          return outcome === undefined || row === undefined ? [] : [compare(outcome, row)];
        });
        const equal = compared.filter((one) => one.same).length;
        same += equal;
        all += rows.length;
        const apart = Math.max(0, ...compared.map((one) => one.apart));
        io.out(
          `${task.id.padEnd(12)} ${name.padEnd(12)} ${String(equal).padStart(4)} of ${String(rows.length)}${apart === 0 ? '' : `   ${apart.toExponential(1)}`}`,
        );
        for (const one of compared) if (!one.same) io.out(`  ${one.told}`);
      }
    io.out(`${String(same)} of ${String(all)} the same: ${((100 * same) / all).toFixed(2)} %`);
    return same / all >= LEAST_SAME ? 0 : 1;
  });
}

if (values.help) io.out(help.trimEnd());
else
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(2);
    },
  );
