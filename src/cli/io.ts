/** What a command reads and writes; the process's own streams, or a test's. */

export interface CliIo {
  /** Folder of the program: the packages that come with it are below. */
  readonly root: string;
  readonly stdin: () => Promise<string>;
  /** A line of output. */
  readonly out: (line: string) => void;
  /** A message for people. */
  readonly err: (line: string) => void;
  /** Someone watches: progress may be shown. */
  readonly interactive: boolean;
}

/** What was typed cannot be done; the message says why and what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
