/** A registry is a visible list of entries with an `id` that is theirs for ever. */

export interface Registry<T extends { readonly id: string }> {
  /** In the order of the list, which is the order of menus. */
  readonly list: readonly T[];
  readonly ids: readonly string[];
  get(id: string): T | undefined;
}

/** Fails at start when two entries share an id; `kind` is the word for an entry in that message. */
export function createRegistry<T extends { readonly id: string }>(kind: string, list: readonly T[]): Registry<T> {
  const byId = new Map<string, T>();
  for (const entry of list) {
    if (byId.has(entry.id)) throw new Error(`two ${kind}s have the id ${entry.id}: give one of them another`);
    byId.set(entry.id, entry);
  }
  return { list, ids: list.map((entry) => entry.id), get: (id) => byId.get(id) };
}
