/** Loading, on one line of standard error, where someone watches. */
import type { LoadPhase, LoadProgress } from '../protocol/engine.ts';
import type { CliIo } from './io.ts';

const words: Readonly<Record<LoadPhase, string>> = {
  manifest: 'reading the manifest',
  base: 'reading the base',
  experts: 'reading the experts',
  sessions: 'preparing the layers',
  'self-test': 'comparing with the reference',
};

export function loadProgress(io: CliIo): (progress: LoadProgress) => void {
  if (!io.interactive) return () => undefined;
  let phase = '';
  return (progress) => {
    if (progress.phase === phase) return;
    ({ phase } = progress);
    io.err(`${words[progress.phase]} …`);
  };
}
