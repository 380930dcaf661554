/** The page's side of `workers/own-task.worker.ts`. */
import * as Comlink from 'comlink';
import type { OwnTaskApi, OwnTaskRead } from './protocol/own-task.ts';

/**
 * One worker a file, gone when it is read.
 * @throws Error that says what is wrong with the file and what to do
 */
export async function readOwnTaskFile(file: File, task: string): Promise<OwnTaskRead> {
  const worker = new Worker(new URL('../workers/own-task.worker.ts', import.meta.url), {
    type: 'module',
    name: 'own task',
  });
  try {
    // Comlink hears nothing of a worker that dies.
    const died = new Promise<never>((_, reject) => {
      const lost = (): void => {
        reject(new Error(`${file.name} could not be read: this device may lack the memory. Split the file.`));
      };
      worker.addEventListener('error', lost);
      worker.addEventListener('messageerror', lost);
    });
    return await Promise.race([Comlink.wrap<OwnTaskApi>(worker).read(file, task), died]);
  } finally {
    worker.terminate();
  }
}
