/** Reads a file of the user's own documents off the page's thread: a large one takes seconds. */
import * as Comlink from 'comlink';
import { FormatError } from '../src/formats/errors.ts';
import { OWN_TASK_LIMITS, readOwnTask } from '../src/formats/own-task.ts';
import type { OwnTaskApi } from '../src/protocol/own-task.ts';

const api: OwnTaskApi = {
  async read(file, task) {
    const { bytes: most } = OWN_TASK_LIMITS;
    // Before it is in memory.
    if (file.size > most)
      throw new FormatError(file.name, 'size', file.size, `at most ${String(most)} bytes are read: split the file`);
    return readOwnTask(new Uint8Array(await file.arrayBuffer()), file.name, task);
  },
};
Comlink.expose(api);
