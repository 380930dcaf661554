/** Where the files of a model package come from: a server (here) or a folder (src/cli/folder-source.ts). */

/** Paths are relative to the manifest, checked by its schema. Errors are EngineErrors with code `fetch` or `aborted`. */
export interface Source {
  /** The file's address, for messages. */
  name(path: string): string;
  /** A file whose length is not known beforehand; refused above `most` bytes. */
  readAll(path: string, most: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `into` with the file, which must have exactly its length. `onBytes` is called with the bytes filled so far.
   * After an error the content of `into` is undefined.
   */
  fill(path: string, into: Uint8Array, onBytes: (done: number) => void, signal: AbortSignal): Promise<void>;
}
