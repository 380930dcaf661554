/** Threads that compute chunks of jobs together: the calling one and its helpers. */
import { EngineError } from '../../../src/protocol/error.ts';
import type { Kernels } from './kernels.ts';

/** What a helper's thread is given. Structured clone carries it over. */
export interface HelperStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the control block. */
  readonly control: number;
  /** 1 for the first helper. */
  readonly thread: number;
  /** How often it looks for the next job before it sleeps. */
  readonly spins: number;
  /** Words of the control block, and what it writes there when it fails. */
  readonly failure: readonly (readonly [word: number, value: number])[];
}

export interface Helper {
  /** Resolves when it looks for jobs; rejects when it could not start. */
  readonly ready: Promise<void>;
  readonly terminate: () => void;
}

export type SpawnHelper = (start: HelperStart) => Helper;

/** Bytes of the control block, see kernels/jobs.ts. */
export const CONTROL_BYTES = 512;
/** Words of the control block: chunks left, chunks done. */
const LEFT_WORD = 16;
const DONE_WORD = 32;
/** Word of the control block that a helper sets when it failed. */
export const FAILED_WORD = 40;
/** First word of the job's record. */
export const RECORD_WORD = 48;

/** No chunk is left, all are done, and the thread that waits for them sees why. */
const FAILURE: HelperStart['failure'] = [
  [FAILED_WORD, 1],
  [LEFT_WORD, 0],
  [DONE_WORD, 1 << 30],
];

/** About 20 µs: the time between two jobs of a pass. */
const SPINS = 20_000;
const START_TIMEOUT = 20_000;

export interface Team {
  readonly threads: number;
  /** Runs the job that stands in the record. @throws EngineError `internal` when a helper failed */
  readonly run: (chunks: number) => void;
  /** Ends the helpers. */
  readonly dispose: () => void;
}

/** @param words of the control block, by memory as it is now */
export function teamOf(kernels: Kernels, control: number, words: () => Int32Array, helpers: readonly Helper[]): Team {
  const count = helpers.length;
  const sleeps = maySleep() ? 1 : 0;
  let ended = false;
  const together = (): void => {
    kernels.runTogether(control, count, SPINS, sleeps);
    if (words()[FAILED_WORD] !== 0) {
      throw new EngineError('internal', 'A thread of the backend failed: load the model again.');
    }
  };
  return {
    threads: count + 1,
    run: (chunks) => {
      if (ended) throw new EngineError('not-loaded', 'This backend was disposed of: load the model again.');
      if (count > 0 && chunks > 1) together();
      else kernels.runAlone(control);
    },
    dispose: () => {
      if (ended) return;
      ended = true;
      if (count > 0) kernels.dismiss(control, count);
      for (const helper of helpers) helper.terminate();
    },
  };
}

/** A page's own thread must not: there waiting for memory to change throws. */
const maySleep = (): boolean => !('document' in globalThis);

/**
 * Starts up to `count` helpers; all or none, as a job waits for every one of them.
 * @returns the helpers, and why there are none
 */
export async function startHelpers(
  spawn: SpawnHelper,
  count: number,
  start: Pick<HelperStart, 'module' | 'memory' | 'control'>,
): Promise<{ readonly helpers: readonly Helper[]; readonly failure?: string }> {
  const helpers: Helper[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('they did not answer'));
    }, START_TIMEOUT);
  });
  try {
    for (let thread = 1; thread <= count; thread++) {
      helpers.push(spawn({ ...start, thread, spins: SPINS, failure: FAILURE }));
    }
    await Promise.race([Promise.all(helpers.map(({ ready }) => ready)), late]);
    return { helpers };
  } catch (error) {
    for (const helper of helpers) helper.terminate();
    return { helpers: [], failure: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A helper's thread: returns when the backend is disposed of. `ready` must have left before the thread no longer answers.
 * It must name nothing outside itself: under Node, where a file of its own would be lost in a bundle, a thread is
 * started with this function's text.
 */
export async function help(
  { module, memory, control, thread, spins, failure }: HelperStart,
  ready: () => void,
): Promise<void> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const run = exports.help as (control: number, thread: number, spins: number) => void;
  ready();
  await new Promise((resolve) => setTimeout(resolve));
  try {
    run(control, thread, spins);
  } catch {
    const words = new Int32Array(memory.buffer, control);
    for (const [word, value] of failure) Atomics.store(words, word, value);
  }
}
