/** For tests: an evaluation of three tasks under three policies whose measurements are made up, so that every export has all of its cases. */
import { presetPolicy } from '../../routing/presets.ts';
import type { TaskDocument } from '../../tasks/task.ts';
import { draws } from '../../tasks/random.ts';
import { RESAMPLES, summariesOf } from '../half.ts';
import { addLook, contestantHash, lookOf, noLooks, sealPolicy } from '../looks.ts';
import type { Measurement } from '../measurement.ts';
import type { Contestant, EvaluatedTask, Evaluation } from '../plan.ts';
import { singleExpert } from '../single.ts';
import { createTally } from '../tally.ts';
import type { ReportFacts } from './facts.ts';

const EXPERTS = ['past-tense', 'other'];

const document = (task: string, n: number, fields: Omit<TaskDocument, 'id' | 'items' | 'prompt'>): TaskDocument => ({
  id: `${task}/test/${String(n)}`,
  prompt: `“${task}”, number ${String(n)}:\n50 % of {x_1}, $2 & "more"?`,
  items: [],
  ...fields,
});

const tasks: readonly EvaluatedTask[] = [
  {
    id: 'past-tense',
    label: 'Past tense',
    half: 'held-in',
    split: 'test',
    metric: 'exact match',
    chance: 0,
    documents: Array.from({ length: 12 }, (_, n) => document('past-tense', n, { answer: `went, ${String(n)}` })),
  },
  {
    id: 'synonym',
    label: 'Synonym | among four',
    half: 'held-out',
    split: 'test',
    metric: 'accuracy over options',
    chance: 0.25,
    documents: Array.from({ length: 10 }, (_, n) => {
      const options = ['größe', '大きさ', 'size', 'a "b"'];
      return document('synonym', n, { answer: options[n % 4] ?? '', options, gold: n % 4 });
    }),
  },
  {
    id: 'own-one',
    label: '[one]_document.csv',
    half: 'held-out',
    split: 'test',
    metric: 'exact match',
    chance: 0,
    documents: [document('own-one', 0, { answer: '=1+1' })],
  },
];

const contestants: readonly Contestant[] = [
  { name: 'base', label: 'Base alone', policy: presetPolicy('none') },
  { name: 'glider:c=3', label: 'GLIDER, c=3', policy: presetPolicy('glider') },
  {
    name: 'oracle',
    label: 'Oracle',
    policy: { 'past-tense': singleExpert('past-tense'), synonym: singleExpert('other') },
  },
];

function measurement(of: TaskDocument, contestant: number): Measurement {
  const draw = draws(contestant, of.id);
  const right = draw.int(4) < contestant + 1;
  const tokens = 2 + draw.int(3);
  const logprob = () => -(1 + draw.int(1000)) / 128;
  const options = of.options?.map((_, i) => ({ logprob: logprob() - (right && i !== of.gold ? 10 : 0), tokens }));
  return {
    gold: options?.[of.gold ?? 0] ?? { logprob: logprob(), tokens },
    ...(options === undefined ? { answer: right ? of.answer : 'go;\r\n"went"' } : { options }),
    routing: { share: [0.75, 0.25], first: [1, 0], entropy: 0.5, chosen: 2 },
    milliseconds: 40,
  };
}

/** @param hide documents without results, as in an evaluation that was stopped */
export function fixtureFacts(hide: (document: string, contestant: string) => boolean = () => false): ReportFacts {
  const conditions = { package: 'ab'.repeat(32), backend: 'simd', seed: 1, raw: false, beyond: 4 };
  const evaluation: Evaluation = { tasks, contestants, conditions };
  const tally = createTally(
    tasks,
    contestants.map(({ name }) => name),
    EXPERTS,
  );
  for (const task of tasks)
    contestants.forEach(({ name, policy }, i) => {
      if (name === 'oracle' && !(task.id in policy)) return;
      for (const of of task.documents)
        if (!hide(of.id, name))
          tally.add([{ task, document: of, contestant: name, measurement: measurement(of, i), reused: false }]);
    });
  const date = '2026-01-31T09:30:00.000Z';
  const sealed = contestants
    .slice(1, 2)
    .reduce(
      (log, contestant) => sealPolicy(log, { hash: contestantHash(contestant), name: contestant.name, at: date }),
      noLooks,
    );
  const look = lookOf(evaluation, date);
  return {
    evaluation,
    tally,
    summaries: summariesOf(contestants, tally, { resamples: RESAMPLES.kept, seed: 1 }),
    experts: EXPERTS,
    model: { id: 'tiny', label: 'A made-up model', hash: conditions.package },
    seed: 1,
    oracle: { synonym: 'other' },
    picked: [
      {
        spec: 'glider:c={0,3}',
        chosen: 'glider:c=3',
        tasks: 1,
        documents: 12,
        scores: [
          { name: 'glider:c=0', score: 0.25 },
          { name: 'glider:c=3', score: 0.5 },
        ],
      },
    ],
    looks: look === undefined ? sealed : addLook(sealed, look),
    date,
    program: { name: 'switchyard', version: '0.0.0' },
  };
}
