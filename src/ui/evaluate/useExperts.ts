import { useMemo } from 'react';
import { useFacts } from '../../state/context.tsx';
import { libraryOf } from '../../state/facts.ts';

/** Ids of the library's experts: the model's, or before it is there those of the recorded runs. */
export function useExperts(): readonly string[] {
  const library = useFacts(libraryOf);
  return useMemo(() => library?.experts.map(({ id }) => id) ?? [], [library]);
}
