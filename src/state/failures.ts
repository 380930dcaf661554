/** What went wrong, in the three parts that every message on the page has: what, why, what to do. */
import type { EngineErrorCode } from '../protocol/engine.ts';
import { engineErrorFrom } from '../protocol/error.ts';

export interface Failure {
  readonly code: EngineErrorCode;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

type Words = Pick<Failure, 'what' | 'todo'>;

const WORDS: Readonly<Record<EngineErrorCode, Words>> = {
  fetch: {
    what: 'A file of the model did not arrive',
    todo: 'Check the connection and try again: what has arrived is kept.',
  },
  hash: {
    what: 'A file of the model arrived damaged',
    todo: 'Try again: only the damaged file is fetched anew. If it stays so, the files on the server are not the published ones.',
  },
  format: {
    what: 'A file of the model cannot be read',
    todo: 'The package on the server is not what this page expects. Reload the page; if it stays so, tell whoever hosts it.',
  },
  memory: {
    what: 'This device ran out of memory',
    todo: 'Close other tabs and try again. The recorded run stays usable.',
  },
  gpu: {
    what: 'The graphics processor cannot be used',
    todo: 'Switch to the processor (WASM) in the menu of the model; it computes the same.',
  },
  context: {
    what: 'The text is longer than the model can read',
    todo: 'Shorten the prompt or the answer’s limit.',
  },
  policy: { what: 'This policy cannot run here', todo: 'Choose another method or change the edit that is named.' },
  aborted: { what: 'Stopped', todo: 'Press Run to start again.' },
  worker: {
    what: 'The computation crashed',
    todo: 'It was started again; press Run. If it repeats, close other tabs to free memory.',
  },
  'not-loaded': { what: 'The model is not loaded', todo: 'Load it first.' },
  internal: { what: 'Something went wrong inside', todo: 'Try again. If it repeats, please report the text above.' },
};

/** Whatever was thrown, in words. */
export function failureFrom(thrown: unknown): Failure {
  const error = engineErrorFrom(thrown);
  return { code: error.code, why: error.message, ...WORDS[error.code] };
}
