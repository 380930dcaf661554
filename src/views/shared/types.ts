/** What views are given. A view draws what it gets and reports what the user does; it keeps no facts and asks no store. */
import type { LibraryInfo } from '../../core/library.ts';
import type { ParamValue } from '../../core/params.ts';
import type { Edit, Policy, Score, ScoreTerm } from '../../core/routing/policy.ts';
import type { RoutingTrace, SiteIndex, TokenPosition } from '../../core/trace.ts';
import type { AnswerToken, TokenText } from '../../protocol/engine.ts';

/** One run as far as it has come: a finished `RunResult` fits, and so does a run that is still streaming. */
export interface RunView {
  readonly trace: RoutingTrace;
  readonly prompt: { readonly tokens: readonly TokenText[] };
  readonly answer: { readonly tokens: readonly AnswerToken[] };
  /** Addends of scores that are the same at every cell. */
  readonly terms: readonly ScoreTerm[];
  /** The policy by which this trace came about, edits included. */
  readonly policy: Policy;
}

export interface Cell {
  readonly token: TokenPosition;
  readonly site: SiteIndex;
}

export type HeatMode = 'top' | 'weight' | 'entropy' | 'margin';

/** What a view says about the policy's score; an entry of the score registry fits. */
export type ScoreText = Pick<Score, 'id' | 'label' | 'formula' | 'summary' | 'source'>;

/** Natural logarithms of the probability of each answer under each policy; absent where it has not been computed. */
export interface Likelihoods {
  readonly aUnderA?: number;
  readonly aUnderB?: number;
  readonly bUnderA?: number;
  readonly bUnderB?: number;
}

/**
 * Everything that the shell offers to any view; each view's own props are a part of this, so that a view joins by one line in
 * `registry.ts`. Callbacks are absent where the page cannot do it now (`locked` says why).
 */
export interface ViewProps {
  readonly library: LibraryInfo;
  /** The run under policy A; null before the first one. It may still be streaming: then its trace ends early. */
  readonly run: RunView | null;
  /** The run under policy B. */
  readonly other?: RunView | null | undefined;
  readonly selected: Cell | null;
  readonly onSelect: (cell: Cell | null) => void;
  readonly mode: HeatMode;
  readonly onMode: (mode: HeatMode) => void;
  readonly template: boolean;
  readonly onTemplate: (shown: boolean) => void;
  /** Edits of policy A as it is set now; the run may be older. */
  readonly edits: readonly Edit[];
  readonly onEdit?: ((edit: Edit) => void) | undefined;
  readonly onRemoveEdit?: ((edit: Edit) => void) | undefined;
  readonly onMute?: ((expert: string) => void) | undefined;
  readonly onSolo?: ((expert: string) => void) | undefined;
  /** Id of the expert that is pointed at, so that all views show its part. */
  readonly highlight?: string | null | undefined;
  readonly onHighlight?: ((expert: string | null) => void) | undefined;
  readonly locked?: string | undefined;
  readonly score?: ScoreText | undefined;
  readonly params?: Readonly<Record<string, ParamValue>> | undefined;
  readonly scoreError?: number | undefined;
  readonly likelihoods?: Likelihoods | undefined;
  /** Asks for the likelihoods that are absent. */
  readonly onLikelihoods?: (() => void) | undefined;
  readonly stale?: string | undefined;
}
