/** A policy changed while the answer is being generated, written so that the document alone repeats the run. */
import type { Edit, Policy } from '../../src/core/routing/policy.ts';

/**
 * `next` takes the place of `current` from `position` on. Edits that are new get `since`; edits that are gone but took
 * part before stay, ended by `tokens.to`. Score, selection and mix simply change: they have no place to say from when.
 */
export function amendPolicy(current: Policy, next: Policy, position: number): Policy {
  const left = [...current.edits];
  const edits = next.edits.map((edit): Edit => {
    const at = left.findIndex((old) => sameEdit(old, edit));
    const [old] = at < 0 ? [] : left.splice(at, 1);
    return old ?? { ...edit, since: edit.since ?? position };
  });
  const ended = left.filter((edit) => startOf(edit) < position).map((edit) => endAt(edit, position - 1));
  return { ...next, edits: [...edits, ...ended] };
}

const startOf = (edit: Edit): number => Math.max(edit.since ?? 0, edit.tokens?.from ?? 0);

function endAt(edit: Edit, last: number): Edit {
  return { ...edit, tokens: { ...edit.tokens, to: Math.min(edit.tokens?.to ?? last, last) } };
}

/** The page may not have heard yet from when its edit holds: an absent `since` equals any. */
function sameEdit(old: Edit, edit: Edit): boolean {
  if (edit.since !== undefined && edit.since !== old.since) return false;
  return canonical({ ...old, since: undefined }) === canonical({ ...edit, since: undefined });
}

/** JSON with sorted keys, without undefined fields. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
