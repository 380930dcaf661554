/** Documents of the built-in tasks, fetched when an evaluation needs them and compared with the hash that they were frozen by. */
import type { EvaluatedTask } from '../../core/evaluation/plan.ts';
import { sha256Hex } from '../../core/sha256.ts';
import type { Split, Task, TaskDocument } from '../../core/tasks/task.ts';

/** Splits that the page may show: training documents are for making experts. */
export type ShownSplit = Exclude<Split, 'train'>;

/** Where the build puts a split's documents, relative to the page. A changed file has another name, so that it may be kept for ever. */
export const documentsFile = (name: string, hash: string): string => `tasks/${name}.${hash.slice(0, 8)}.jsonl`;

export interface DocumentSource {
  /**
   * The first documents of a split.
   * @throws Error that names the file and says what to do
   */
  task(task: Task, split: ShownSplit, most: number): Promise<EvaluatedTask>;
}

export interface DocumentOptions {
  /** `<task>/<split>` -> SHA-256 of the file. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Bytes of a file, by its address relative to the page. */
  readonly read: (file: string) => Promise<Uint8Array>;
}

export function createDocuments({ hashes, read }: DocumentOptions): DocumentSource {
  const loaded = new Map<string, Promise<readonly TaskDocument[]>>();

  async function load(name: string): Promise<readonly TaskDocument[]> {
    const hash = hashes[name];
    if (hash === undefined) throw new Error(`There are no documents ${name} in this build: reload the page.`);
    const file = documentsFile(name, hash);
    const bytes = await read(file);
    if (sha256Hex(bytes) !== hash)
      throw new Error(`The documents ${file} arrived damaged: their SHA-256 is not the frozen one. Try again.`);
    const lines = new TextDecoder().decode(bytes).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TaskDocument);
  }

  return {
    async task({ id, label, split: half, metric, chance }, split, most) {
      const name = `${id}/${split}`;
      const documents = loaded.get(name) ?? load(name);
      loaded.set(name, documents);
      try {
        return { id, label, half, split, metric, chance, documents: (await documents).slice(0, most) };
      } catch (error) {
        // A failed load is forgotten, so that the next try loads again.
        loaded.delete(name);
        throw error;
      }
    },
  };
}
