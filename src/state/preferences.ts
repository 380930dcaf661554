/** Facts whose home is `browser`: one JSON in local storage, each field checked when it is read. */
import { readChoice, readMeasurements } from './choice.ts';
import { HOMES, type Facts, type FactStore, type Kept, type Theme } from './facts.ts';

/** What is needed of `localStorage`; absent where the browser denies it. */
export type Keep = Pick<Storage, 'getItem' | 'setItem'>;

const NAME = 'switchyard.preferences';
const KEPT = (Object.keys(HOMES) as (keyof Facts)[]).filter((key) => HOMES[key] === 'browser') as (keyof Kept)[];

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export function readPreferences(keep: Keep | undefined): Kept {
  let stored: Record<string, unknown> = {};
  try {
    const json: unknown = JSON.parse(keep?.getItem(NAME) ?? '{}');
    if (typeof json === 'object' && json !== null) stored = { ...json };
  } catch {
    // Denied or damaged: the defaults.
  }
  return {
    theme: THEMES.find((t) => t === stored.theme) ?? 'system',
    choice: readChoice(stored.choice),
    measured: readMeasurements(stored.measured),
  };
}

/** Writes on every change of a kept fact; where storage is denied the page works without memory of them. */
export function keepPreferences(store: FactStore, keep: Keep | undefined): () => void {
  return store.subscribe((now, before) => {
    if (KEPT.every((key) => now[key] === before[key])) return;
    try {
      keep?.setItem(NAME, JSON.stringify(Object.fromEntries(KEPT.map((key) => [key, now[key]]))));
    } catch {
      // Denied or full.
    }
  });
}
