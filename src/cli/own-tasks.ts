/** `--own FILE:HALF`: a user's own task. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ownTaskId, ownTasks } from '../core/evaluation/own.ts';
import type { EvaluatedTask } from '../core/evaluation/plan.ts';
import { readOwnTask } from '../formats/own-task.ts';
import { UsageError, type CliIo } from './io.ts';

/** Problems that are told. */
const MOST_TOLD = 10;

/**
 * Reads the files; bad rows are named on standard error and left out.
 * @throws UsageError for a file of which nothing can be read, and for two files of one name
 */
export async function readOwnTasks(given: readonly string[], most: number, io: CliIo): Promise<EvaluatedTask[]> {
  const tasks: EvaluatedTask[] = [];
  for (const option of given) {
    const found = /^(.+):(held-in|held-out)$/.exec(option);
    if (found === null) throw new UsageError(`--own ${option}: FILE:held-in or FILE:held-out is meant.`);
    const [, file = '', half] = found;
    let bytes: Uint8Array;
    try {
      bytes = await readFile(file);
    } catch {
      throw new UsageError(`--own: the file ${file} cannot be read.`);
    }
    const name = basename(file);
    const id = ownTaskId(file);
    const { documents, problems, refused } = readOwnTask(bytes, name, id);
    for (const { row, column, message } of problems.slice(0, MOST_TOLD))
      io.err(`${name}, row ${String(row)}${column === undefined ? '' : `, ${column}`}: ${message}`);
    if (refused > 0)
      io.err(`${name}: ${String(refused)} rows are left out, ${String(documents.length)} documents stay.`);
    if (documents.length === 0)
      throw new UsageError(`--own: no row of ${file} can be used; what is wrong stands above.`);
    const own = ownTasks({ id, label: name, half: half === 'held-in' ? half : 'held-out', documents }, most);
    const twice = own.find((task) => tasks.some((other) => other.id === task.id));
    if (twice !== undefined)
      throw new UsageError(`--own: ${file} and another file are both ${twice.id}: give one another name.`);
    tasks.push(...own);
  }
  return tasks;
}
