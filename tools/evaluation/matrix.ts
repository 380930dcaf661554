/**
 * `npm run matrix`: every expert of the package alone on every task, and the base, through the product's own evaluation. Writes
 * `matrix.json` beside the package's manifest; measurements are kept, so that a run that was cut off goes on where it was.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { namedTasks, readTask } from '../../src/cli/documents.ts';
import { runOn, withWork, type Work } from '../../src/cli/evaluation-run.ts';
import { modelChoice, modelHelp, modelOptions, number } from '../../src/cli/options.ts';
import { matrixJson, parseMatrix } from '../../src/core/evaluation/matrix-json.ts';
import { matrixContestants, matrixTask, type ExpertMatrix, type MatrixTask } from '../../src/core/evaluation/matrix.ts';
import { canonical, documentsHash, type EvaluatedTask } from '../../src/core/evaluation/plan.ts';
import { TASKS } from '../../src/core/tasks/registry.ts';
import type { Task } from '../../src/core/tasks/task.ts';
import { root } from '../ensure.mjs';
import { expertsTable, withTable } from './experts-table.ts';
import { io } from './terminal.ts';

const help = `npm run matrix -- [options]
  --tasks LIST     ids of tasks, held-in, held-out or all (default: all)
  --controls FILE  manifest of adapters outside the library, which get columns too (default: controls.json beside the
                   manifest, where it is)
  --docs N         documents of each task under every expert (default 50)
  --docs-own N     documents of a task under its own expert and the base (default 200)
  --documents DIR  documents as npm run tasks writes them (default: data/tasks)
  --work DIR       where measurements are kept (default: results/matrix)
  --out FILE       default: matrix.json beside the manifest, and the table of docs/experts.md
Documents are those of the validation split: the matrix may guide choices, and held-out test is for the last look.
${modelHelp}
`;

const { values } = parseArgs({
  options: {
    ...modelOptions,
    tasks: { type: 'string', default: 'all' },
    controls: { type: 'string' },
    docs: { type: 'string' },
    'docs-own': { type: 'string' },
    documents: { type: 'string', default: join(root, 'data', 'tasks') },
    work: { type: 'string', default: join(root, 'results', 'matrix') },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function make(): Promise<void> {
  const choice = modelChoice({ ...values, backend: values.backend ?? 'simd' }, io);
  const range = { min: 1, max: 100_000, integer: true };
  const docs = number('docs', values.docs, range) ?? 50;
  const own = Math.max(docs, number('docs-own', values['docs-own'], range) ?? 200);
  const chosen = namedTasks(values.tasks);
  const read = (task: Task, most: number) => readTask(resolve(values.documents), task, 'validation', most);
  const tasks = await Promise.all(
    chosen.map(async (task) => ({ few: await read(task, docs), all: await read(task, own) })),
  );
  mkdirSync(values.work, { recursive: true });
  const beside = join(choice.folder, 'controls.json');
  const controls = values.controls ?? (existsSync(beside) ? beside : undefined);
  await withWork({ choice, controls, io, folder: values.work, seed: 0, beyond: 4 }, async (work) => {
    const { package: of, controls: also, backend, seed, beyond } = work.conditions;
    const experts = [...work.experts, ...(work.controls?.ids ?? [])];
    const facts: Omit<ExpertMatrix, 'tasks' | 'date'> = {
      conditions: { package: of, ...(also === undefined ? {} : { controls: also }), backend, seed, beyond },
      split: 'validation',
      experts,
    };
    const out = resolve(values.out ?? join(choice.folder, 'matrix.json'));
    const done = new Map(tasksBefore(out, facts).map((task) => [task.id, task]));
    for (const { few, all } of tasks) {
      if (covers(done.get(few.id), few, work.experts.includes(few.id) ? all : few)) continue;
      done.set(few.id, await measured(work, experts, few, all));
      // Task by task: what is there can be looked at while the rest is measured.
      const inOrder = TASKS.flatMap(({ id }) => done.get(id) ?? []);
      const matrix = { ...facts, date: new Date().toISOString(), tasks: inOrder };
      writeFileSync(out, matrixJson(matrix));
      if (values.out !== undefined) continue;
      const page = join(root, 'docs', 'experts.md');
      writeFileSync(page, withTable(readFileSync(page, 'utf8'), expertsTable(matrix, work.controls?.ids ?? [])));
    }
    io.err(`${String(done.size)} tasks × ${String(experts.length)} experts → ${out}`);
  });
}

/** Tasks of the file that is there, where it was made under the same conditions: it goes on from them. */
function tasksBefore(file: string, facts: Omit<ExpertMatrix, 'tasks' | 'date'>): readonly MatrixTask[] {
  if (!existsSync(file)) return [];
  const { tasks, date, ...before } = parseMatrix(JSON.parse(readFileSync(file, 'utf8')));
  if (canonical(before) !== canonical(facts)) return [];
  io.err(`${String(tasks.length)} tasks are there from ${date}.`);
  return tasks;
}

/** The row is of these documents: as many under all experts, `all` of them under the task's own. */
const covers = (row: MatrixTask | undefined, few: EvaluatedTask, all: EvaluatedTask): boolean =>
  row?.documents === documentsHash(all) && row.cells.some((cell) => cell?.n === few.documents.length);

/** @param all the same documents and more, for the task's own expert */
async function measured(
  work: Work,
  experts: readonly string[],
  few: EvaluatedTask,
  all: EvaluatedTask,
): Promise<MatrixTask> {
  const { conditions } = work;
  const everyone = await runOn(
    work,
    { tasks: [few], contestants: matrixContestants(experts), conditions },
    `${few.id}, `,
  );
  if (!work.experts.includes(few.id)) return matrixTask(few, experts, (name) => everyone.outcomes(few.id, name));
  const contestants = matrixContestants(experts, few.id);
  const itself = await runOn(work, { tasks: [all], contestants, conditions }, `${few.id}, its own expert, `);
  const names = new Set(contestants.map(({ name }) => name));
  return matrixTask(all, experts, (name) => (names.has(name) ? itself : everyone).outcomes(few.id, name));
}

if (values.help) io.out(help.trimEnd());
else await make();
