/** What an evaluation leaves in this browser: a key and a value, in IndexedDB; in memory alone where the browser denies it. */
import { createStore, del, getMany, setMany } from 'idb-keyval';

export interface Shelf {
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  /** All entries in one transaction: all of them are kept, or none. */
  setMany(entries: readonly (readonly [key: string, value: unknown])[]): Promise<void>;
  delete(key: string): Promise<void>;
}

export const memoryShelf = (): Shelf => {
  const kept = new Map<string, unknown>();
  return {
    getMany: (keys) => Promise.resolve(keys.map((key) => kept.get(key))),
    setMany(entries) {
      for (const [key, value] of entries) kept.set(key, value);
      return Promise.resolve();
    },
    delete(key) {
      kept.delete(key);
      return Promise.resolve();
    },
  };
};

/**
 * @param name of the database
 * @param onDenied told once, when something could not be kept beyond this page
 */
export function browserShelf(name: string, onDenied: (why: string) => void): Shelf {
  const memory = memoryShelf();
  let store: ReturnType<typeof createStore> | undefined;
  let denied = false;
  const deny = (error: unknown): void => {
    if (!denied) onDenied(error instanceof Error ? error.message : String(error));
    denied = true;
  };
  try {
    store = createStore(name, 'entries');
  } catch (error) {
    deny(error);
  }
  return {
    async getMany(keys) {
      const here = await memory.getMany(keys);
      if (store === undefined || here.every((value) => value !== undefined)) return here;
      try {
        const kept = await getMany<unknown>([...keys], store);
        return keys.map((_, i) => here[i] ?? kept[i]);
      } catch (error) {
        deny(error);
        return here;
      }
    },
    async setMany(entries) {
      try {
        if (store === undefined) throw new Error('this browser has no storage for the page');
        await setMany(
          entries.map(([key, value]): [string, unknown] => [key, value]),
          store,
        );
      } catch (error) {
        // Full or denied: kept as long as the page is open.
        deny(error);
        await memory.setMany(entries);
      }
    },
    async delete(key) {
      await memory.delete(key);
      if (store === undefined) return;
      try {
        await del(key, store);
      } catch (error) {
        deny(error);
      }
    },
  };
}
