/** Made-up measurements for work on the views of an evaluation; the tally that adds them up is the product's own. */
import { askedContestant, parseAsked } from '../../src/core/evaluation/asked.ts';
import { matrixContestants, matrixTask, type ExpertMatrix } from '../../src/core/evaluation/matrix.ts';
import type { Measurement } from '../../src/core/evaluation/measurement.ts';
import type { Contestant, EvaluatedTask, Evaluation } from '../../src/core/evaluation/plan.ts';
import type { Result } from '../../src/core/evaluation/runner.ts';
import { createTally, type Tally } from '../../src/core/evaluation/tally.ts';
import { draws } from '../../src/core/tasks/random.ts';
import { TASKS } from '../../src/core/tasks/registry.ts';
import type { TaskDocument } from '../../src/core/tasks/task.ts';

export const EXPERTS = TASKS.filter(({ split }) => split === 'held-in').map(({ id }) => id);

function document(task: string, n: number, chance: number): TaskDocument {
  const common = { id: `${task}/${String(n)}`, items: [], prompt: `Synthetic question ${String(n)} of ${task}?` };
  if (chance === 0) return { ...common, answer: `answer ${String(n)}` };
  const options = Array.from({ length: Math.round(1 / chance) }, (_, i) => `option ${String(i + 1)}`);
  const gold = n % options.length;
  return { ...common, answer: options[gold] ?? '', options, gold };
}

export function syntheticTasks(documents: number, most = TASKS.length): readonly EvaluatedTask[] {
  return TASKS.slice(0, most).map(({ id, label, split: half, metric, chance }) => ({
    ...{ id, label, half, metric, chance, split: 'validation' },
    documents: Array.from({ length: documents }, (_, n) => document(id, n, chance)),
  }));
}

/** @param skill chance to be right, 0 to 1 */
function measurement(of: TaskDocument, seed: number, skill: number, own: number): Measurement {
  const luck = draws(0, of.id).int(1000) / 1000;
  const right = 0.7 * luck + 0.3 * (draws(seed, of.id).int(1000) / 1000) < skill;
  const logprob = (i: number): number => -2 - draws(seed + 100 * i, of.id).int(400) / 100;
  const options = of.options?.map((_, i) => ({ logprob: logprob(i) + (right === (i === of.gold) ? 8 : 0), tokens: 3 }));
  const weight = 0.2 + 0.6 * (draws(seed + 7, of.id).int(1000) / 1000);
  const share = EXPERTS.map((_, unit) => (unit === own ? weight : (1 - weight) / (EXPERTS.length - (own < 0 ? 0 : 1))));
  return {
    gold: options?.[of.gold ?? 0] ?? { logprob: logprob(0), tokens: 3 },
    ...(options === undefined ? { answer: right ? of.answer : 'something else' } : { options }),
    routing: { share, first: share, entropy: 0.8, chosen: 2 },
    milliseconds: 40,
  };
}

const results = (tasks: readonly EvaluatedTask[], contestants: readonly Contestant[]): Result[] =>
  tasks.flatMap((task, t) =>
    task.documents.flatMap((document) =>
      contestants.map(({ name }, i) => {
        const skill = 0.35 + (task.half === 'held-in' ? 0.06 * i : 0.05 * i - 0.009 * i * i) + ((t * 7) % 5) * 0.03;
        const own = EXPERTS.indexOf(task.id);
        return { task, document, contestant: name, measurement: measurement(document, i, skill, own), reused: false };
      }),
    ),
  );

export function syntheticEvaluation(
  policies: string,
  documents: number,
  most?: number,
): { readonly evaluation: Evaluation; readonly tally: Tally } {
  const tasks = syntheticTasks(documents, most);
  const contestants = parseAsked(policies).flatMap(({ names }) =>
    names.map((name) => askedContestant(name, { tasks, experts: EXPERTS, best: {} })),
  );
  const conditions = { package: 'synthetic', backend: 'simd', seed: 0, raw: false, beyond: 4 };
  const tally = createTally(
    tasks,
    contestants.map(({ name }) => name),
    EXPERTS,
  );
  tally.add(results(tasks, contestants));
  return { evaluation: { tasks, contestants, conditions }, tally };
}

export function syntheticMatrix(documents: number, experts: number, most: number): ExpertMatrix {
  const ids = EXPERTS.slice(0, experts);
  const contestants = matrixContestants(ids);
  const tasks = syntheticTasks(documents, most);
  const tally = createTally(
    tasks,
    contestants.map(({ name }) => name),
    ids,
  );
  const made = tasks.flatMap((task, t) =>
    task.documents.flatMap((document) =>
      contestants.map(({ name }, i): Result => {
        const skill = i === 0 ? 0.4 : i === t + 1 ? 0.85 : 0.4 + (((i * 5 + t * 3) % 7) - 3) * 0.08;
        return { task, document, contestant: name, measurement: measurement(document, 3, skill, -1), reused: false };
      }),
    ),
  );
  tally.add(made);
  return {
    conditions: { package: 'synthetic', backend: 'simd', seed: 0, beyond: 4 },
    split: 'validation',
    date: '2026-01-31T09:30:00.000Z',
    experts: ids,
    tasks: tasks.map((task) => matrixTask(task, ids, (name) => tally.outcomes(task.id, name))),
  };
}
