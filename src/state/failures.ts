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

/** The engine's own messages name the file or field and mostly say what to do; here stands what only the page knows. */
const WORDS: Readonly<Record<EngineErrorCode, Words>> = {
  fetch: { what: 'A file of the model did not arrive', todo: '' },
  hash: { what: 'A file of the model arrived damaged', todo: '' },
  format: { what: 'A file of the model cannot be read', todo: '' },
  memory: { what: 'This device ran out of memory', todo: 'Close other tabs and try again.' },
  gpu: {
    what: 'The graphics processor cannot be used',
    todo: 'Choose the processor in the menu of the model; it computes the same.',
  },
  unsupported: {
    what: 'This device lacks what this way of computing needs',
    todo: 'Choose another one in the menu of the model; it computes the same.',
  },
  context: { what: 'The text is longer than the model can read', todo: '' },
  policy: { what: 'This policy cannot run here', todo: 'Choose another method, or change the part that is named.' },
  aborted: { what: 'Stopped', todo: 'Press Run to start again.' },
  worker: {
    what: 'The computation crashed',
    todo: 'It is being started again. If this repeats, close other tabs to free memory.',
  },
  'not-loaded': { what: 'The model is not loaded', todo: 'Load it first.' },
  internal: { what: 'Something went wrong inside', todo: 'If it repeats, please report this text.' },
};

/** Whatever was thrown, in words. */
export function failureFrom(thrown: unknown): Failure {
  const error = engineErrorFrom(thrown);
  return { code: error.code, why: error.message, ...WORDS[error.code] };
}
