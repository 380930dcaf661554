import { useMemo } from 'react';
import { useFacts } from '../../state/context.tsx';

/** Ids of the library's experts: the model's, or before it is there those of the recorded runs. */
export function useExperts(): readonly string[] {
  const library = useFacts((f) => (f.model.kind === 'ready' ? f.model.model.library : f.recordedLibrary));
  return useMemo(() => library?.experts.map(({ id }) => id) ?? [], [library]);
}
