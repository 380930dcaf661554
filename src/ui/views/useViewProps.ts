import { useMemo, useState } from 'react';
import { toggleMute, toggleSolo } from '../../core/derive/mutes.ts';
import type { LibraryInfo } from '../../core/library.ts';
import { SCORES } from '../../core/routing/scores/registry.ts';
import { useFacts, useWorkbench } from '../../state/context.tsx';
import { staleReason } from '../../state/requests.ts';
import type { ViewProps } from '../../views/shared/types.ts';

export interface Highlight {
  readonly expert: string | null;
  readonly set: (expert: string | null) => void;
}

/** What is pointed at: not a fact, so it lives in the shell. */
export function useHighlight(): Highlight {
  const [expert, set] = useState<string | null>(null);
  return useMemo(() => ({ expert, set }), [expert]);
}

/**
 * What the shell offers to views. The run and the edits are those of policy `index`; `other` is the next policy's run,
 * so that with `index` 0 they are A and B.
 */
export function useViewProps(library: LibraryInfo, index: number, highlight: Highlight): ViewProps {
  const workbench = useWorkbench();
  const experiment = useFacts((f) => f.experiment);
  const lanes = useFacts((f) => f.lanes);
  // Not the whole model: its progress while loading would draw every view again.
  const scoreError = useFacts((f) => (f.model.kind === 'ready' ? f.model.model.backend.scoreError : undefined));
  const likelihoods = useFacts((f) => f.likelihoods);
  const policy = experiment.policies[index];
  const run = lanes[index]?.shown ?? null;
  const other = lanes[index + 1]?.shown ?? null;
  const { view } = experiment;
  return useMemo(() => {
    const edits = policy?.edits ?? [];
    return {
      library,
      run,
      other,
      selected: view.cell ?? null,
      onSelect: (cell) => {
        workbench.select(cell);
      },
      mode: view.heatMode,
      onMode: (heatMode) => {
        workbench.setView({ heatMode });
      },
      template: view.template,
      onTemplate: (template) => {
        workbench.setView({ template });
      },
      edits,
      onEdit: (edit) => {
        workbench.addEdit(index, edit);
      },
      onRemoveEdit: (edit) => {
        workbench.removeEdit(index, edit);
      },
      onMute: (expert) => {
        workbench.setEdits(index, toggleMute(edits, expert, library.experts));
      },
      onSolo: (expert) => {
        workbench.setEdits(index, toggleSolo(edits, expert, library.experts));
      },
      highlight: highlight.expert,
      onHighlight: highlight.set,
      // The run's own policy explains its scores, even where the settings have moved on.
      score: SCORES.get(run?.policy.score.id ?? policy?.score.id ?? ''),
      params: run?.policy.score.params ?? policy?.score.params,
      scoreError,
      likelihoods,
      onLikelihoods:
        scoreError !== undefined
          ? () => {
              void workbench.computeLikelihoods();
            }
          : undefined,
      stale: run && policy ? staleReason(run, experiment, policy) : undefined,
    };
  }, [library, run, other, view, policy, index, experiment, scoreError, likelihoods, highlight, workbench]);
}
