import { useSyncExternalStore } from 'react';

export type Mode = 'workbench' | 'evaluate';

/** Stands beside the experiment, which is in the fragment: switching keeps it. */
const PARAMETER = 'evaluate';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

const current = (): Mode => (new URLSearchParams(location.search).has(PARAMETER) ? 'evaluate' : 'workbench');

/** The address of this page in a mode, with the experiment that it holds now. */
export function addressOf(mode: Mode): string {
  const search = new URLSearchParams(location.search);
  search.delete(PARAMETER);
  const rest = search.toString();
  const parts = [rest, mode === 'evaluate' ? PARAMETER : ''].filter((part) => part !== '');
  return `${location.pathname}${parts.length > 0 ? `?${parts.join('&')}` : ''}${location.hash}`;
}

/** Changes the address in place: it is the same experiment, so back leads to the one before it. */
export function setMode(mode: Mode): void {
  if (mode === current()) return;
  history.replaceState(null, '', addressOf(mode));
  for (const listener of listeners) listener();
}

export const useMode = (): Mode => useSyncExternalStore(subscribe, current);
