/** A user's own documents as tasks of an evaluation. */
import type { TaskDocument } from '../tasks/task.ts';
import type { EvaluatedTask } from './plan.ts';

/** A row of the user's file that cannot be used. */
export interface RowProblem {
  /** Line of the file, from 1, where the row begins. */
  readonly row: number;
  /** Column or field, where one is to blame. */
  readonly column?: string;
  /** What is wrong and what to do, one sentence. */
  readonly message: string;
}

export interface OwnDocuments {
  /** Begins with `own-`, so that it is none of the built-in tasks (see {@link ownTaskId}). */
  readonly id: string;
  readonly label: string;
  /** As the user marks it. */
  readonly half: EvaluatedTask['half'];
  readonly documents: readonly TaskDocument[];
}

/** An id made of a file's name: small letters, digits and hyphens, since it goes into names of files. */
export function ownTaskId(file: string): string {
  const stem = file.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '');
  const plain = stem
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  return `own-${plain === '' ? 'task' : plain}`;
}

/**
 * One task, or two where some documents have options and others have none: they are scored differently. Their split is test, as nobody
 * said which may be used for tuning.
 */
export function ownTasks({ id, label, half, documents }: OwnDocuments, most = Infinity): readonly EvaluatedTask[] {
  const free = documents.filter(({ options }) => options === undefined).slice(0, most);
  const choice = documents.filter(({ options }) => options !== undefined).slice(0, most);
  const guess = choice.reduce((sum, { options }) => sum + 1 / (options?.length ?? 1), 0);
  const both = free.length > 0 && choice.length > 0;
  const tasks: EvaluatedTask[] = [
    { id, label, half, split: 'test', metric: 'exact match', chance: 0, documents: free },
    {
      id: both ? `${id}-choice` : id,
      label: both ? `${label} (choices)` : label,
      half,
      split: 'test',
      metric: 'accuracy over options',
      chance: choice.length === 0 ? 0 : guess / choice.length,
      documents: choice,
    },
  ];
  return tasks.filter((task) => task.documents.length > 0);
}
