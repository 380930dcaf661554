/** What the engine is asked for one document of an evaluation: the same from the page and from the command line. */
import type { Conditions, Job } from '../core/evaluation/plan.ts';
import type { MeasureRequest } from './engine.ts';

export const measureRequest = ({ task, document, contestants }: Job, conditions: Conditions): MeasureRequest => ({
  id: document.id,
  prompt: {
    text: document.prompt,
    raw: conditions.raw,
    ...(conditions.system === undefined ? {} : { system: conditions.system }),
  },
  policies: contestants.map(({ policy }) => policy),
  seed: conditions.seed,
  gold: document.answer,
  ...(document.options === undefined ? {} : { options: document.options }),
  // Options are ranked by their likelihood: an answer in free text would only cost time.
  ...(task.metric === 'exact match' ? { beyond: conditions.beyond } : {}),
});
