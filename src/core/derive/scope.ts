/** Where an edit acts, as ranges that a picture can outline. */
import type { Site } from '../library.ts';
import { actsAtSite, tokenRange } from '../routing/edits.ts';
import type { Edit, EditScope } from '../routing/policy.ts';

export interface ScopeExtent {
  readonly sites: { readonly from: number; readonly to: number; readonly input?: 'attn' | 'ffn' };
  readonly tokens: { readonly from: number; readonly to: number };
}

/**
 * Inclusive ranges of sites and positions in which an edit acts, `since` counted in; null when it acts nowhere in a run of
 * `tokens` positions of which the first `promptTokens` are prompt.
 */
export function scopeExtent(
  edit: Edit,
  sites: readonly Site[],
  promptTokens: number,
  tokens: number,
): ScopeExtent | null {
  const range = tokenRange(edit, promptTokens);
  const to = Math.min(range.to, tokens - 1);
  const siteFrom = Math.max(0, edit.sites?.from ?? 0);
  const siteTo = Math.min(sites.length - 1, edit.sites?.to ?? sites.length - 1);
  if (range.from > to || siteFrom > siteTo) return null;
  const input = edit.sites?.input;
  return {
    sites: { from: siteFrom, to: siteTo, ...(input === undefined ? {} : { input }) },
    tokens: { from: range.from, to },
  };
}

/** `layers 10–29, FFN only, answer from token 23 on`; `everywhere` when nothing is limited. */
export function describeScope(scope: EditScope & Pick<Edit, 'since'>, sites: readonly Site[]): string {
  const parts: string[] = [];
  const name = (site: number) => sites[site]?.name ?? `site ${String(site)}`;
  const { from, to, input } = scope.sites ?? {};
  if (from !== undefined && from === to) parts.push(name(from));
  else if (from !== undefined && to !== undefined) parts.push(`${name(from)} to ${name(to)}`);
  else if (from !== undefined) parts.push(`from ${name(from)} on`);
  else if (to !== undefined) parts.push(`up to ${name(to)}`);
  if (input !== undefined) parts.push(input === 'attn' ? 'attention only' : 'FFN only');
  const t = scope.tokens ?? {};
  if (t.part !== undefined) parts.push(t.part);
  if (t.from !== undefined && t.from === t.to) parts.push(`token ${String(t.from)}`);
  else if (t.from !== undefined && t.to !== undefined) parts.push(`tokens ${String(t.from)} to ${String(t.to)}`);
  else if (t.from !== undefined) parts.push(`from token ${String(t.from)} on`);
  else if (t.to !== undefined) parts.push(`up to token ${String(t.to)}`);
  if (scope.since !== undefined) parts.push(`since token ${String(scope.since)}`);
  return parts.length === 0 ? 'everywhere' : parts.join(', ');
}

/** Whether an edit acts at a cell. */
export function actsAtCell(
  edit: Edit,
  sites: readonly Site[],
  promptTokens: number,
  cell: { readonly site: number; readonly token: number },
): boolean {
  const { from, to } = tokenRange(edit, promptTokens);
  return actsAtSite(edit, cell.site, { sites }) && cell.token >= from && cell.token <= to;
}

/** Where an edit made from a cell acts: over sites and over tokens. */
export type SiteReach = 'site' | 'layer' | 'onward' | 'all';
export type TokenReach = 'token' | 'onward' | 'answer' | 'all';

/** The scope that the two reaches mean, starting at a cell; `answer` over tokens is the rest of the answer from the cell on. */
export function reachScope(
  cell: { readonly site: number; readonly token: number },
  over: SiteReach,
  during: TokenReach,
  sites: readonly Site[],
): EditScope {
  const layer = sites[cell.site]?.layer;
  const first = sites.findIndex((s) => s.layer === layer);
  const last = sites.findLastIndex((s) => s.layer === layer);
  const bySite = {
    site: { from: cell.site, to: cell.site },
    layer: { from: first, to: last },
    onward: { from: first },
    all: undefined,
  }[over];
  const byToken = {
    token: { from: cell.token, to: cell.token },
    onward: { from: cell.token },
    answer: { from: cell.token, part: 'answer' as const },
    all: undefined,
  }[during];
  return { ...(bySite ? { sites: bySite } : {}), ...(byToken ? { tokens: byToken } : {}) };
}
