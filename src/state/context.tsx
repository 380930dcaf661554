/** How components reach the facts and what can be done to them. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Facts } from './facts.ts';
import type { Workbench } from './actions.ts';

const Context = createContext<Workbench | null>(null);
export const WorkbenchProvider = Context.Provider;

export function useWorkbench(): Workbench {
  const workbench = useContext(Context);
  if (workbench === null) throw new Error('this component must lie inside WorkbenchProvider');
  return workbench;
}

/** One fact, or what `select` takes from the facts (it must return the same object for the same facts). */
export const useFacts = <T,>(select: (facts: Facts) => T): T => useStore(useWorkbench().store, select);
