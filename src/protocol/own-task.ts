/** What reading a file of the user's own documents gives. Types only; `src/formats/own-task.ts` reads it, in a thread of its own. */
import type { RowProblem } from '../core/evaluation/own.ts';
import type { TaskDocument } from '../core/tasks/task.ts';

export interface OwnTaskRead {
  readonly documents: readonly TaskDocument[];
  readonly problems: readonly RowProblem[];
  /** Rows left out, which may be more than `problems` lists. */
  readonly refused: number;
}

export interface OwnTaskApi {
  /** @throws Error that names file and field where nothing can be read */
  read(file: File, task: string): Promise<OwnTaskRead>;
}
