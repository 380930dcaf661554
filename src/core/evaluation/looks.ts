/**
 * Held-out discipline: every look at held-out test documents is written down, and a policy may be sealed before its own. Nothing
 * prevents a look, and nothing hides one. A look is counted when its evaluation begins, as results are shown while they come.
 */
import { documentsHash, hashOf, isPolicy, policyFor, policyHash, type Contestant, type Evaluation } from './plan.ts';

/** Held-out test documents that were shown under some policies. */
export interface Look {
  /** When, in UTC, as `Date.toISOString` writes it. */
  readonly at: string;
  /** SHA-256 of the package's manifest. */
  readonly package: string;
  readonly policies: readonly { readonly name: string; readonly hash: string }[];
  /** Held-out tasks; `hash` is that of the documents taken, `documents` their number. */
  readonly tasks: readonly { readonly id: string; readonly hash: string; readonly documents: number }[];
}

/** A policy that was put down before its look: a change to it would give it another hash. */
export interface Seal {
  readonly hash: string;
  readonly name: string;
  /** When, in UTC, as `Date.toISOString` writes it. */
  readonly at: string;
}

/** All looks of one experiment, and the seals of its policies. */
export interface Looks {
  /** In order of time; each id (see {@link lookId}) once. */
  readonly looks: readonly Look[];
  /** Ids of looks made elsewhere, of which no more is known: a link holds ids alone. */
  readonly others: readonly string[];
  /** In order of time; each hash once. */
  readonly seals: readonly Seal[];
}

export const noLooks: Looks = { looks: [], others: [], seals: [] };

/** The hash that a contestant is sealed by: of its policy, or of all those that it has by task. */
export const contestantHash = ({ policy }: Pick<Contestant, 'policy'>): string =>
  isPolicy(policy)
    ? policyHash(policy)
    : hashOf(Object.fromEntries(Object.entries(policy).map(([task, of]) => [task, policyHash(of)])));

/** The look that an evaluation is; undefined when it shows nothing of the held-out test. */
export function lookOf({ tasks, contestants, conditions }: Evaluation, at: string): Look | undefined {
  const seen = tasks.filter(
    (task) =>
      task.half === 'held-out' &&
      task.split === 'test' &&
      task.documents.length > 0 &&
      contestants.some((contestant) => policyFor(contestant, task.id) !== undefined),
  );
  if (seen.length === 0) return undefined;
  return {
    at,
    package: conditions.package,
    policies: contestants.map((contestant) => ({ name: contestant.name, hash: contestantHash(contestant) })),
    tasks: seen.map((task) => ({ id: task.id, hash: documentsHash(task), documents: task.documents.length })),
  };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What is looked at, whenever and by whatever name: the same documents under the same policies are one look, however often shown. */
export const lookId = ({ package: of, policies, tasks }: Look): string =>
  hashOf([of, [...new Set(policies.map(({ hash }) => hash))].sort(byText), tasks.map(({ hash }) => hash).sort(byText)]);

/** Each key once, with the earliest entry, in order of time. */
function earliest<T extends { readonly at: string }>(entries: readonly T[], key: (entry: T) => string): T[] {
  const kept = new Map<string, T>();
  // Of entries of one time the first by content, so that the order of merging never shows.
  for (const entry of [...entries].sort((a, b) => byText(a.at, b.at) || byText(hashOf(a), hashOf(b))))
    if (!kept.has(key(entry))) kept.set(key(entry), entry);
  return [...kept.values()];
}

/** One log of several: every look counts once. The order of merging makes no difference. */
export function mergeLooks(...logs: readonly Looks[]): Looks {
  const looks = earliest(
    logs.flatMap((log) => log.looks),
    lookId,
  );
  const known = new Set(looks.map(lookId));
  const others = [...new Set(logs.flatMap((log) => log.others))].filter((id) => !known.has(id)).sort(byText);
  const seals = earliest(
    logs.flatMap((log) => log.seals),
    ({ hash }) => hash,
  );
  return { looks, others, seals };
}

/** Each policy on each set of documents. */
const pairs = (of: Look): string[] =>
  of.policies.flatMap((policy) => of.tasks.map((task) => `${of.package}/${policy.hash}/${task.hash}`));

/** With this look; the same log where it shows nothing that was not seen before. */
export function addLook(log: Looks, look: Look): Looks {
  const seen = new Set(log.looks.flatMap(pairs));
  return pairs(look).every((pair) => seen.has(pair)) ? log : mergeLooks(log, { ...noLooks, looks: [look] });
}

/** The looks that a log counts for this one after {@link addLook}: itself, or those that had shown the same before. */
export function countedAs(log: Looks, look: Look): readonly string[] {
  const ids = log.looks.map(lookId);
  if (ids.includes(lookId(look))) return [lookId(look)];
  const shown = new Set(pairs(look));
  return ids.filter((_, i) => pairs(log.looks[i] ?? look).some((pair) => shown.has(pair)));
}

/** Looks in all. */
export const countLooks = ({ looks, others }: Looks): number => looks.length + others.length;

/** What a link holds of a log: nothing but ids, sorted. `{ ...noLooks, others: ids }` is the log that a reader makes of them. */
export const lookIds = ({ looks, others }: Looks): readonly string[] => [...looks.map(lookId), ...others].sort(byText);

const isOf = (hash: string) => (look: Look) => look.policies.some((policy) => policy.hash === hash);

/** How often held-out test was seen under this policy. */
export const looksAt = ({ looks }: Looks, hash: string): number => looks.filter(isOf(hash)).length;

/** The policy's seal, where it was set before held-out test was seen under it. */
export function validSeal({ looks, seals }: Looks, hash: string): Seal | undefined {
  const seal = seals.find((of) => of.hash === hash);
  return seal === undefined || looks.some((look) => isOf(hash)(look) && look.at < seal.at) ? undefined : seal;
}

/**
 * Puts a policy down before its look. One that is sealed keeps its first seal.
 * @throws RangeError when held-out test was seen under it before: a seal would say otherwise
 */
export function sealPolicy(log: Looks, seal: Seal): Looks {
  if (log.seals.some(({ hash }) => hash === seal.hash)) return log;
  const seen = looksAt(log, seal.hash);
  if (seen > 0)
    throw new RangeError(
      `${seal.name} (${seal.hash}) cannot be sealed: held-out test was seen under it ${times(seen)} before. Leave the seal out; the count is shown beside the result.`,
    );
  return mergeLooks(log, { ...noLooks, seals: [seal] });
}

/**
 * How often held-out test had been seen while a policy could still be changed by it: all looks of the experiment, or, of a sealed policy, those
 * before its seal. A look of unknown time counts.
 */
export function looksWhileTuned(log: Looks, hash: string): number {
  const seal = validSeal(log, hash);
  const before = seal === undefined ? log.looks : log.looks.filter(({ at }) => at < seal.at);
  return before.length + log.others.length;
}

export const times = (n: number): string => (n === 1 ? 'once' : `${String(n)} times`);

/** A policy's look log in a sentence. */
export function looksSentence(log: Looks, name: string, hash: string): string {
  const n = looksWhileTuned(log, hash);
  const seal = validSeal(log, hash);
  const tuned = n === 0 ? 'had not been seen' : `had been seen ${times(n)}`;
  if (seal !== undefined)
    return `${name} was sealed (${hash}) on ${day(seal.at)}, before its look; held-out test ${tuned} until then.`;
  return n === 0
    ? `Held-out test has not been seen while ${name} was tuned.`
    : `Held-out test seen ${times(n)} while ${name} was tuned.`;
}

/** Sentences that belong beside every table and picture of an evaluation. */
export function looksNotes(log: Looks, contestants: readonly Pick<Contestant, 'name' | 'policy'>[]): readonly string[] {
  const n = countLooks(log);
  const sealed = contestants.filter((contestant) => validSeal(log, contestantHash(contestant)) !== undefined);
  return [
    n === 0
      ? 'Held-out test has not been looked at in this experiment.'
      : `Held-out test seen ${times(n)} while the policies of this experiment were tuned.`,
    ...sealed.map((contestant) => looksSentence(log, contestant.name, contestantHash(contestant))),
  ];
}

const day = (at: string): string => at.slice(0, 10);
