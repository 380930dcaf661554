/** Mute and solo of whole experts, read from and written to a policy's edits. */
import type { ExpertInfo } from '../library.ts';
import type { Edit } from '../routing/policy.ts';

const isWhole = (edit: Edit) =>
  edit.kind === 'mute' && edit.sites === undefined && edit.tokens === undefined && edit.since === undefined;

export interface MuteState {
  /** Ids of experts muted everywhere. */
  readonly muted: ReadonlySet<string>;
  /** The only expert not muted everywhere, if all others are. */
  readonly solo: string | null;
}

export function muteState(edits: readonly Edit[], experts: readonly ExpertInfo[]): MuteState {
  const muted = new Set(edits.filter(isWhole).flatMap((e) => e.experts));
  const left = experts.filter((e) => !muted.has(e.id));
  return { muted, solo: experts.length > 1 && left.length === 1 ? (left[0]?.id ?? null) : null };
}

/** The edits with one mute over everything for `ids` (none when empty), in place of those there were. */
function withMutes(edits: readonly Edit[], ids: readonly string[]): Edit[] {
  const rest = edits.filter((e) => !isWhole(e));
  return ids.length === 0 ? rest : [...rest, { kind: 'mute', experts: ids }];
}

export function toggleMute(edits: readonly Edit[], id: string, experts: readonly ExpertInfo[]): Edit[] {
  const { muted } = muteState(edits, experts);
  const next = new Set(muted);
  if (!next.delete(id)) next.add(id);
  // In the library's order, so that the same set always gives the same edit (and link).
  return withMutes(
    edits,
    experts.filter((e) => next.has(e.id)).map((e) => e.id),
  );
}

/** Mutes all others everywhere; a second call on the same expert lifts all whole mutes. */
export function toggleSolo(edits: readonly Edit[], id: string, experts: readonly ExpertInfo[]): Edit[] {
  if (muteState(edits, experts).solo === id) return withMutes(edits, []);
  return withMutes(
    edits,
    experts.filter((e) => e.id !== id).map((e) => e.id),
  );
}
