/** From where on two policies may route differently: what a run can take over from the one before. */
import type { LibraryInfo } from '../library.ts';
import { defaults } from '../params.ts';
import type { SiteIndex, TokenPosition } from '../trace.ts';
import { orderKey, resolveEdits, type ResolvedEdit } from './edits.ts';
import type { Choice, Policy } from './policy.ts';
import { SCORES } from './scores/registry.ts';
import { SELECTIONS } from './selection/registry.ts';

export interface FirstDifference {
  readonly site: SiteIndex;
  readonly token: TokenPosition;
}

/**
 * Smallest site and smallest token that any difference touches: no cell at an earlier token, and none at an earlier site, is
 * routed differently. Undefined when the policies route alike. Another score, selection, parameter or mix differs from
 * (0, 0) on; an edit from the first site and token of its scope. Names (`method`) and the order of edits make no difference.
 *
 * @throws PolicyError on an expert that the library has not
 */
export function earliestDifference(
  before: Policy,
  after: Policy,
  library: Pick<LibraryInfo, 'sites' | 'experts'>,
  promptTokens: number,
): FirstDifference | undefined {
  if (
    before.mix !== after.mix ||
    !sameChoice(before.score, after.score, SCORES.get(after.score.id)) ||
    !sameChoice(before.select, after.select, SELECTIONS.get(after.select.id))
  )
    return { site: 0, token: 0 };
  const changed = unmatched(
    resolveEdits(before.edits, library, promptTokens),
    resolveEdits(after.edits, library, promptTokens),
  );
  if (changed.length === 0) return undefined;
  return {
    site: Math.min(...changed.map((edit) => edit.sites.indexOf(1))),
    token: Math.min(...changed.map((edit) => edit.from)),
  };
}

type Entry = { readonly params: Parameters<typeof defaults>[0] } | undefined;

function sameChoice(a: Choice, b: Choice, entry: Entry): boolean {
  if (a.id !== b.id) return false;
  const own = entry ? defaults(entry.params) : {};
  const x = { ...own, ...a.params };
  const y = { ...own, ...b.params };
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((name) => x[name] === y[name]);
}

/** Edits that stand in one list and not in the other, each as often as it is there more often. */
function unmatched(before: readonly ResolvedEdit[], after: readonly ResolvedEdit[]): ResolvedEdit[] {
  const left = [...before];
  const added = after.filter((edit) => {
    const key = orderKey(edit);
    const at = left.findIndex((old) => orderKey(old) === key);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...left, ...added];
}
