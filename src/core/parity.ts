/**
 * Comparing a backend with figures computed elsewhere, in two halves.
 *
 * *Replayed*: the reference's routes are fed in, so that logits and raw scores must agree within a bound, whatever this
 * side would have chosen. *Free*: each side chooses for itself; tokens and choices must be the same up to the first
 * difference at a near-tie, from which on both are right in different ways. What is a near-tie is read from the
 * reference's own gaps and margins: a backend that goes wrong cannot declare its errors to be ties.
 */
import { logSumExp } from './numerics.ts';

/** Fixed beforehand, by the backend and by the product. */
export interface ParityBounds {
  /** Largest difference of a logit; a token margin below twice it is a near-tie. */
  readonly logits: number;
  /** Largest difference of a raw score, in parts of its site's range. */
  readonly scores: number;
  /** The backend's own score error in the same parts: a gap at the cut below twice it is a near-tie. */
  readonly scoreError: number;
  /** Least share of equal choices and tokens. */
  readonly share: number;
}

export interface Agreement {
  readonly equal: number;
  readonly compared: number;
}

/** Rows of logits: the largest with their ids, some at fixed ids, and log-sum-exp of the whole row. */
export interface LogitFigures {
  /** Which rows: row i is the one from which answer token i was taken. */
  readonly rows: readonly number[];
  readonly top: number;
  /** `[row][top]` */
  readonly topIds: Int32Array;
  /** `[row][top]` */
  readonly topValues: Float32Array;
  readonly fixedIds: readonly number[];
  /** `[row][fixed]` */
  readonly fixedValues: Float32Array;
  /** `[row]` */
  readonly sums: Float32Array;
}

/** Largest absolute difference of one row of logits `[vocabulary]`; `index` counts the figures' own rows. NaN is infinite. */
export function logitDifference(row: Float32Array, figures: LogitFigures, index: number): number {
  const { top, topIds, topValues, fixedIds, fixedValues, sums } = figures;
  let largest = Math.abs(logSumExp(row) - (sums[index] ?? NaN));
  for (let k = 0; k < top; k++) {
    const at = index * top + k;
    largest = worse(largest, (row[topIds[at] ?? -1] ?? NaN) - (topValues[at] ?? NaN));
  }
  fixedIds.forEach((id, k) => {
    largest = worse(largest, (row[id] ?? NaN) - (fixedValues[index * fixedIds.length + k] ?? NaN));
  });
  return Number.isNaN(largest) ? Infinity : largest;
}

/**
 * Largest difference of raw scores of one site, `own` and `reference` `[token][unit]`, in parts of the site's range. Where
 * the range is 0 (every score the same) the difference itself.
 */
export function scoreDifference(own: Float32Array, reference: Float32Array, range: number): number {
  let largest = 0;
  for (let i = 0; i < reference.length; i++) largest = worse(largest, (own[i] ?? NaN) - (reference[i] ?? NaN));
  return Number.isNaN(largest) ? Infinity : largest / (range > 0 ? range : 1);
}

/** The reference's answer and choices, all rows of prompt and answer but the last token's. */
export interface FreeFigures {
  readonly promptTokens: number;
  readonly answer: readonly number[];
  /** `[token of the answer]`, largest logit less the second largest. */
  readonly margins: Float32Array;
  readonly sites: number;
  /** Rows, or 1 when every token and site has the same route. */
  readonly tokens: number;
  /** 0 when nobody is ever chosen. */
  readonly slots: number;
  /** `[site][token][slot]`, −1 for an empty slot; `[slot]` alone for a constant route. */
  readonly experts: Int16Array;
  /** As `experts`; rounded to 1/255. */
  readonly weights: Float32Array;
  /** `[site][token]`, gap at the cut in parts of the site's range; absent for constant routes. */
  readonly gaps?: Float32Array;
}

/** What a backend did on its own; as many rows as prompt and answer have tokens, less one. */
export interface FreeRun {
  readonly answer: readonly number[];
  readonly tokens: number;
  readonly slots: number;
  /** `[site][token][slot]`, −1 for an empty slot. */
  readonly experts: Int16Array;
  readonly weights: Float32Array;
}

export interface FreeResult {
  readonly choices: Agreement;
  readonly tokens: Agreement;
  /** Decisions left out because they were near-ties. */
  readonly nearTies: number;
  /** Where both sides parted, and whether at a near-tie. */
  readonly parted?: { readonly token: number; readonly site?: number; readonly nearTie: boolean };
}

/**
 * Walks through both runs in the order of computation. A near-tie that came out alike changes nothing and is left out of
 * the count; one that came out differently ends the comparison. An answer token that differs ends it too, as both sides read
 * different texts from then on.
 */
export function compareFree(own: FreeRun, reference: FreeFigures, bounds: ParityBounds): FreeResult {
  const { promptTokens } = reference;
  const choices = { equal: 0, compared: 0 };
  const tokens = { equal: 0, compared: 0 };
  let nearTies = 0;
  let parted: FreeResult['parted'];
  const done = (): FreeResult => ({ choices, tokens, nearTies, ...(parted === undefined ? {} : { parted }) });
  for (let token = 0; token < promptTokens + own.answer.length; token++) {
    const i = token - promptTokens;
    if (i >= 0) {
      const equal = own.answer[i] === reference.answer[i];
      const nearTie = (reference.margins[i] ?? 0) < 2 * bounds.logits;
      if (nearTie) nearTies++;
      else count(tokens, equal);
      if (!equal) {
        parted = { token, nearTie };
        return done();
      }
    }
    if (token >= own.tokens) continue;
    for (let site = 0; site < reference.sites; site++) {
      const equal = sameChoice(own, reference, site, token);
      if (reference.gaps === undefined || (gapAt(reference, site, token) ?? 0) >= 2 * bounds.scoreError) {
        count(choices, equal);
        if (!equal) parted ??= { token, site, nearTie: false };
        continue;
      }
      nearTies++;
      if (!equal) {
        parted ??= { token, site, nearTie: true };
        return done();
      }
    }
  }
  return done();
}

/** What one policy gave over all prompts. */
export interface PolicyParity {
  readonly policy: string;
  readonly prompts: number;
  /** The same route everywhere: that its choices are equal proves nothing. */
  readonly constant: boolean;
  /** Largest difference of a logit, and how many were compared. */
  readonly logits: { readonly largest: number; readonly compared: number };
  /** Largest difference in parts of the site's range. */
  readonly scores: { readonly largest: number; readonly compared: number };
  readonly choices: Agreement;
  readonly tokens: Agreement;
  readonly nearTies: number;
  /** Prompts in which both sides parted at a near-tie, so that the rest was not compared. */
  readonly parted: number;
}

export function within(policy: PolicyParity, bounds: ParityBounds): boolean {
  const { logits, scores, choices, tokens } = policy;
  return (
    logits.largest <= bounds.logits &&
    scores.largest <= bounds.scores &&
    enough(choices, bounds.share) &&
    enough(tokens, bounds.share) &&
    logits.compared + tokens.compared > 0
  );
}

/** The sum of several, under another name. */
export function joinParity(policy: string, parts: readonly PolicyParity[]): PolicyParity {
  const sum = (of: (part: PolicyParity) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const most = (of: (part: PolicyParity) => number): number => parts.reduce((max, part) => Math.max(max, of(part)), 0);
  return {
    policy,
    prompts: most((p) => p.prompts),
    constant: parts.every((p) => p.constant),
    logits: { largest: most((p) => p.logits.largest), compared: sum((p) => p.logits.compared) },
    scores: { largest: most((p) => p.scores.largest), compared: sum((p) => p.scores.compared) },
    choices: { equal: sum((p) => p.choices.equal), compared: sum((p) => p.choices.compared) },
    tokens: { equal: sum((p) => p.tokens.equal), compared: sum((p) => p.tokens.compared) },
    nearTies: sum((p) => p.nearTies),
    parted: sum((p) => p.parted),
  };
}

const enough = ({ equal, compared }: Agreement, share: number): boolean => equal >= share * compared;

function count(agreement: { equal: number; compared: number }, equal: boolean): void {
  agreement.compared++;
  if (equal) agreement.equal++;
}

const worse = (largest: number, difference: number): number =>
  Number.isNaN(difference) ? NaN : Math.max(largest, Math.abs(difference));

const gapAt = ({ gaps, tokens }: FreeFigures, site: number, token: number): number | undefined =>
  gaps?.[site * tokens + token];

/** Weights are stored in steps of 1/255, and two of them that exchange 1 % are no other choice. */
const WEIGHT_TOLERANCE = 0.01;

/** The same experts, in any order, each with the same weight. */
function sameChoice(own: FreeRun, reference: FreeFigures, site: number, token: number): boolean {
  const theirs = reference.tokens === 1 ? 0 : (site * reference.tokens + token) * reference.slots;
  const ours = (site * own.tokens + token) * own.slots;
  const mine = weightsBy(own.experts, own.weights, ours, own.slots);
  const wanted = weightsBy(reference.experts, reference.weights, theirs, reference.slots);
  return (
    mine.size === wanted.size &&
    [...wanted].every(([expert, weight]) => Math.abs((mine.get(expert) ?? Infinity) - weight) <= WEIGHT_TOLERANCE)
  );
}

function weightsBy(experts: Int16Array, weights: Float32Array, from: number, slots: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = from; at < from + slots; at++) {
    const expert = experts[at] ?? -1;
    if (expert >= 0) found.set(expert, weights[at] ?? 0);
  }
  return found;
}
