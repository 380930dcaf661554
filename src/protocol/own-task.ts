/** What reading a file of the user's own documents gives. Types only; `src/formats/own-task.ts` reads it, in a thread of its own. */
import type { TaskDocument } from '../core/tasks/task.ts';

export interface OwnRowProblem {
  /** Line of the file, from 1, where the row begins. */
  readonly row: number;
  /** Column or field, where one is to blame. */
  readonly column?: string;
  /** What is wrong and what to do, one sentence. */
  readonly message: string;
}

export interface OwnTaskRead {
  readonly documents: readonly TaskDocument[];
  readonly problems: readonly OwnRowProblem[];
  /** Rows left out, which may be more than `problems` lists. */
  readonly refused: number;
}

export interface OwnTaskApi {
  /** @throws Error that names file and field where nothing can be read */
  read(file: File, task: string): Promise<OwnTaskRead>;
}
