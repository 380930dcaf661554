/** The user's own tasks: read from files, kept in this browser, sent nowhere. */
import { ownTaskId, ownTasks, type RowProblem } from '../../core/evaluation/own.ts';
import type { EvaluatedTask } from '../../core/evaluation/plan.ts';
import type { TaskDocument } from '../../core/tasks/task.ts';
import type { OwnTaskRead } from '../../protocol/own-task.ts';
import type { Shelf } from './shelf.ts';

export interface OwnTaskFile {
  /** Begins with `own-`. */
  readonly id: string;
  /** Name of the file. */
  readonly label: string;
  /** As the user marks it. */
  readonly half: EvaluatedTask['half'];
  readonly documents: readonly TaskDocument[];
  readonly problems: readonly RowProblem[];
  /** Rows left out, which may be more than `problems` lists. */
  readonly refused: number;
}

/** A file of which nothing could be used. */
export interface OwnFault {
  readonly file: string;
  readonly why: string;
  readonly problems: readonly RowProblem[];
}

export type OwnReader = (file: File, task: string) => Promise<OwnTaskRead>;

/** The id of a file's name, with a number behind it where another file has it. */
function freeId(file: string, taken: readonly OwnTaskFile[]): string {
  const plain = ownTaskId(file);
  const free = (id: string) => !taken.some((other) => other.id === id);
  let id = plain;
  for (let n = 2; !free(id); n++) id = `${plain}-${String(n)}`;
  return id;
}

/** Reads a file; one with at least one good row is a task, held-out until the user says otherwise. */
export async function readOwn(
  file: File,
  taken: readonly OwnTaskFile[],
  read: OwnReader,
): Promise<{ readonly task: OwnTaskFile } | { readonly fault: OwnFault }> {
  const id = freeId(file.name, taken);
  try {
    const { documents, problems, refused } = await read(file, id);
    if (documents.length === 0) return { fault: { file: file.name, why: 'No row of it can be used.', problems } };
    return { task: { id, label: file.name, half: 'held-out', documents, problems, refused } };
  } catch (error) {
    return { fault: { file: file.name, why: error instanceof Error ? error.message : String(error), problems: [] } };
  }
}

export const evaluatedOwn = (own: readonly OwnTaskFile[], chosen: readonly string[], most: number): EvaluatedTask[] =>
  own.filter(({ id }) => chosen.includes(id)).flatMap((task) => ownTasks(task, most));

/** One document a line, in the form that is read again. */
export const ownTaskLines = ({ documents }: OwnTaskFile): string =>
  documents
    .map(({ prompt, answer, options, gold }) =>
      JSON.stringify(options === undefined ? { prompt, answer } : { prompt, options, gold }),
    )
    .map((line) => `${line}\n`)
    .join('');

const INDEX = 'own';
const keyOf = (id: string): string => `own/${id}`;

/** Each task under a key of its own: a change to one does not write the others again. */
export async function keepOwn(
  shelf: Shelf,
  own: readonly OwnTaskFile[],
  changed: readonly OwnTaskFile[],
): Promise<void> {
  await shelf.setMany([[INDEX, own.map(({ id }) => id)], ...changed.map((task) => [keyOf(task.id), task] as const)]);
}

export async function forgetOwn(shelf: Shelf, id: string, rest: readonly OwnTaskFile[]): Promise<void> {
  await keepOwn(shelf, rest, []);
  await shelf.delete(keyOf(id));
}

/** Tasks that this page has kept; one that is damaged is left out. */
export async function keptOwn(shelf: Shelf): Promise<readonly OwnTaskFile[]> {
  const [index] = await shelf.getMany([INDEX]);
  if (!Array.isArray(index)) return [];
  const kept = await shelf.getMany(index.filter((id): id is string => typeof id === 'string').map(keyOf));
  return kept.filter(
    (task): task is OwnTaskFile =>
      typeof task === 'object' && task !== null && Array.isArray((task as Partial<OwnTaskFile>).documents),
  );
}
