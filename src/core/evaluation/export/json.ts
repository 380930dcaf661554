import { contestantHash, countLooks, looksWhileTuned, validSeal } from '../looks.ts';
import { looksJson } from '../looks-json.ts';
import { documentsHash, HALVES, hashOf, policyFor, policyHash, type Evaluation } from '../plan.ts';
import type { ReportFacts } from './facts.ts';

/** Names what was asked: equal for the same documents under the same policies and conditions. */
export const evaluationHash = ({ tasks, contestants, conditions }: Evaluation): string =>
  hashOf({
    conditions,
    tasks: tasks.map((task) => ({ id: task.id, half: task.half, documents: documentsHash(task) })),
    policies: contestants.map((contestant) => ({ name: contestant.name, hash: contestantHash(contestant) })),
  });

/** All of an evaluation for programs: what was asked, how often held-out test was seen, and every number of the tables in full. */
export function reportJson(facts: ReportFacts): object {
  const { evaluation, tally, summaries, experts, model, seed, oracle, picked, looks, date, program } = facts;
  const { tasks, contestants, conditions } = evaluation;
  const rows = new Map(tally.rows().map((of) => [of.task.id, of]));
  return {
    format: 'switchyard-evaluation',
    version: 1,
    program,
    date,
    hash: evaluationHash(evaluation),
    model: { id: model.id, hash: model.hash },
    conditions,
    seed,
    experts,
    oracle,
    picked,
    looks: { count: countLooks(looks), ...looksJson(looks) },
    tasks: tasks.map((task) => ({
      id: task.id,
      label: task.label,
      half: task.half,
      split: task.split,
      metric: task.metric,
      chance: task.chance,
      documents: task.documents.length,
      documentsHash: documentsHash(task),
    })),
    policies: contestants.map((contestant) => {
      const hash = contestantHash(contestant);
      return {
        name: contestant.name,
        label: contestant.label,
        hash,
        looksWhileTuned: looksWhileTuned(looks, hash),
        sealed: validSeal(looks, hash)?.at ?? null,
        halves: Object.fromEntries(HALVES.map((half) => [half, summaries.get(contestant.name)?.[half] ?? null])),
        tasks: tasks.flatMap((task) => {
          const policy = policyFor(contestant, task.id);
          const cell = rows.get(task.id)?.cells.get(contestant.name);
          if (policy === undefined || cell === undefined) return [];
          const difference = rows.get(task.id)?.differences.get(contestant.name);
          return [
            { task: task.id, policy: policyHash(policy), ...cell, ...(difference === undefined ? {} : { difference }) },
          ];
        }),
      };
    }),
  };
}
