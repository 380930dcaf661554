/** Documents of the tasks, as `npm run tasks` writes them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HALVES, type EvaluatedTask } from '../core/evaluation/plan.ts';
import { TASKS } from '../core/tasks/registry.ts';
import type { Split, Task, TaskDocument } from '../core/tasks/task.ts';
import { UsageError } from './io.ts';

/**
 * The tasks that a list names: ids, `held-in`, `held-out`, `all`.
 * @throws UsageError on a name that is none
 */
export function namedTasks(list: string): readonly Task[] {
  const chosen = list.split(',').flatMap((name) => {
    const found = TASKS.filter(({ id, split }) => name === 'all' || split === name || id === name);
    if (found.length === 0)
      throw new UsageError(
        `--tasks: there is no ${name}; there are ${[...HALVES, 'all', ...TASKS.map(({ id }) => id)].join(', ')}.`,
      );
    return found;
  });
  return [...new Set(chosen)];
}

/** The first documents of a split. @throws UsageError when they are not there */
export async function readTask(folder: string, task: Task, split: Split, most: number): Promise<EvaluatedTask> {
  const file = join(folder, task.id, `${split}.jsonl`);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`the documents ${file} cannot be read: make them with \`npm run tasks\`.`);
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const documents = lines.slice(0, most).map((line) => JSON.parse(line) as TaskDocument);
  const { id, label, split: half, metric, chance } = task;
  return { id, label, half, split, metric, chance, documents };
}
