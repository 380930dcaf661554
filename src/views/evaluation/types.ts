/** What the views of an evaluation are given: they draw what they get and report what the user does. */
import type { Summaries } from '../../core/evaluation/half.ts';
import type { Evaluation } from '../../core/evaluation/plan.ts';
import type { Tally } from '../../core/evaluation/tally.ts';

/** What is looked at: nothing, a task, or a document of it. */
export interface EvaluationSelection {
  readonly task?: string;
  /** Name of the contestant that is compared with the first. */
  readonly contestant?: string;
}

export interface EvaluationViewProps {
  readonly evaluation: Evaluation;
  /** Changes in place: `revision` says when. */
  readonly tally: Tally;
  /** Another number after each `tally.add`. */
  readonly revision: number;
  /** Ids of the library's experts, in the order of the measurements' units. */
  readonly experts: readonly string[];
  /** A moment behind the tally. */
  readonly summaries: Summaries;
  readonly selection: EvaluationSelection;
  readonly onSelect: (selection: EvaluationSelection) => void;
  /** Opens a document in the workbench under the first contestant and this one, side by side; absent where it cannot be done now. */
  readonly onOpen?: ((task: string, document: string, contestant: string) => void) | undefined;
  /** Sentences that belong beside every table and picture: looks at held-out test, sealed policies. */
  readonly notes: readonly string[];
}
