/**
 * Edits of a policy, resolved against a library and applied to one block of tokens. Their order in the list never matters:
 * biases add to the scores, mutes take units out, force puts units in (a forced unit is chosen even where it is muted, with
 * its biased score), scales multiply weights after selection.
 */
import type { LibraryInfo } from '../library.ts';
import { toFloat32 } from '../numerics.ts';
import type { SiteIndex, TokenPosition } from '../trace.ts';
import { PolicyError } from './error.ts';
import type { Chosen, Edit } from './policy.ts';
import { keepLargest, weigh } from './selection/keep.ts';

export interface ResolvedEdit {
  readonly kind: Edit['kind'];
  readonly units: readonly number[];
  /** Amount of a bias, factor of a scale; 0 otherwise. */
  readonly amount: number;
  /** `[site]`, 1 where it acts. */
  readonly sites: Uint8Array;
  /** Inclusive range of positions in which it acts. */
  readonly from: TokenPosition;
  readonly to: TokenPosition;
}

/** Inclusive range of positions in which an edit acts; empty (from > to) when nowhere. `to` is Infinity for an open end. */
export function tokenRange(
  edit: Edit,
  promptTokens: number,
): { readonly from: TokenPosition; readonly to: TokenPosition } {
  const { from = 0, to = Infinity, part } = edit.tokens ?? {};
  return {
    from: Math.max(0, from, edit.since ?? 0, part === 'answer' ? promptTokens : 0),
    to: part === 'prompt' ? Math.min(to, promptTokens - 1) : to,
  };
}

/** Whether an edit acts at a site (at some token). */
export function actsAtSite(edit: Edit, site: SiteIndex, library: Pick<LibraryInfo, 'sites'>): boolean {
  const { from = 0, to = Infinity, input } = edit.sites ?? {};
  return site >= from && site <= to && (input === undefined || library.sites[site]?.input === input);
}

/** Edits that act somewhere, in an order that does not depend on the list's. Throws on an expert the library has not. */
export function resolveEdits(
  edits: readonly Edit[],
  library: Pick<LibraryInfo, 'sites' | 'experts'>,
  promptTokens: number,
): ResolvedEdit[] {
  const unit = new Map(library.experts.map((expert, i) => [expert.id, i]));
  const resolved = edits.map((edit, i): ResolvedEdit => {
    const units = [...new Set(edit.experts)].map((id) => {
      const index = unit.get(id);
      if (index === undefined)
        throw new PolicyError(
          `edits[${String(i)}].experts`,
          `edit ${String(i + 1)} (${edit.kind}) names the expert ${id}, which this package does not have`,
        );
      return index;
    });
    return {
      kind: edit.kind,
      units: units.sort((a, b) => a - b),
      amount: edit.kind === 'bias' ? edit.amount : edit.kind === 'scale' ? edit.factor : 0,
      sites: Uint8Array.from(library.sites, (_, site) => (actsAtSite(edit, site, library) ? 1 : 0)),
      ...tokenRange(edit, promptTokens),
    };
  });
  return resolved
    .filter((e) => e.units.length > 0 && e.from <= e.to && e.sites.includes(1))
    .map((edit) => ({ edit, key: orderKey(edit) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ edit }) => edit);
}

/** Equal for edits that do the same. */
export const orderKey = (e: ResolvedEdit) =>
  [e.kind, e.amount, e.from, e.to, e.units.join(), e.sites.join('')].map(String).join(' ');

/** Part of an edit's range that lies in a block, as token numbers in the block: [start, end). */
const startIn = (edit: ResolvedEdit, first: TokenPosition) => Math.max(0, edit.from - first);
const endIn = (edit: ResolvedEdit, first: TokenPosition, tokens: number) => Math.min(tokens, edit.to - first + 1);

export interface EditedBlock {
  readonly first: TokenPosition;
  readonly tokens: number;
  readonly units: number;
}

/** Adds biases to `[token][unit]` scores. */
export function applyBias(edits: readonly ResolvedEdit[], { first, tokens, units }: EditedBlock, scores: Float32Array) {
  for (const edit of edits) {
    if (edit.kind !== 'bias') continue;
    for (let token = startIn(edit, first); token < endIn(edit, first, tokens); token++)
      for (const unit of edit.units)
        scores[token * units + unit] = toFloat32((scores[token * units + unit] ?? 0) + edit.amount);
  }
}

/** Sets the scores of muted units to −∞. */
export function applyMute(edits: readonly ResolvedEdit[], { first, tokens, units }: EditedBlock, scores: Float32Array) {
  for (const edit of edits) {
    if (edit.kind !== 'mute') continue;
    for (let token = startIn(edit, first); token < endIn(edit, first, tokens); token++)
      for (const unit of edit.units) scores[token * units + unit] = -Infinity;
  }
}

/**
 * Puts forced units in. Where one is not chosen it takes the place of the last chosen that is not forced itself; when more
 * are forced than were chosen, all of them are in. A set that changed is weighed by a softmax over its biased scores.
 *
 * @param biased `[token][unit]` scores after biases, before mutes
 * @param row scratch, `[unit]`
 */
export function applyForce(
  edits: readonly ResolvedEdit[],
  { first, tokens, units }: EditedBlock,
  biased: Float32Array,
  temperature: number,
  row: Float32Array,
  out: Chosen,
) {
  if (!edits.some((edit) => edit.kind === 'force')) return;
  for (let token = 0; token < tokens; token++) {
    // `row` holds the set that is being formed: the score of a member, −∞ for the rest.
    row.fill(-Infinity);
    let forced = 0;
    for (const edit of edits) {
      if (edit.kind !== 'force' || token < startIn(edit, first) || token >= endIn(edit, first, tokens)) continue;
      for (const unit of edit.units) {
        if (row[unit] === -Infinity) forced++;
        row[unit] = biased[token * units + unit] ?? 0;
      }
    }
    if (forced === 0) continue;
    const slot = token * out.slots;
    let chosen = 0;
    let missing = forced;
    for (; chosen < out.slots && (out.experts[slot + chosen] ?? -1) >= 0; chosen++)
      if (row[out.experts[slot + chosen] ?? 0] !== -Infinity) missing--;
    if (missing === 0) continue;
    let room = chosen - forced;
    for (let k = 0; k < chosen && room > 0; k++) {
      const unit = out.experts[slot + k] ?? 0;
      if (row[unit] !== -Infinity) continue;
      row[unit] = biased[token * units + unit] ?? 0;
      room--;
    }
    weigh(row, 0, units, keepLargest(row, 0, units, out.slots, token, out), temperature, token, out);
  }
}

/** Multiplies weights and puts the slots back into falling order (equals stay in their order). */
export function applyScale(edits: readonly ResolvedEdit[], { first, tokens }: EditedBlock, out: Chosen) {
  for (const edit of edits) {
    if (edit.kind !== 'scale') continue;
    for (let token = startIn(edit, first); token < endIn(edit, first, tokens); token++)
      for (let k = token * out.slots; k < (token + 1) * out.slots; k++)
        if (edit.units.includes(out.experts[k] ?? -1)) out.weights[k] = (out.weights[k] ?? 0) * edit.amount;
  }
  if (edits.some((edit) => edit.kind === 'scale')) for (let token = 0; token < tokens; token++) sortSlots(token, out);
}

function sortSlots(token: number, { slots, experts, weights }: Chosen): void {
  const first = token * slots;
  for (let k = first + 1; k < first + slots; k++) {
    const expert = experts[k] ?? -1;
    const weight = weights[k] ?? 0;
    if (expert < 0) return;
    let to = k;
    for (; to > first && (weights[to - 1] ?? 0) < weight; to--) {
      experts[to] = experts[to - 1] ?? -1;
      weights[to] = weights[to - 1] ?? 0;
    }
    experts[to] = expert;
    weights[to] = weight;
  }
}
