/** What is to be measured: documents of tasks under policies, and the order in which it is done. */
import type { Policy } from '../routing/policy.ts';
import { sha256Hex } from '../sha256.ts';
import type { Split, TaskDocument } from '../tasks/task.ts';
import { utf8Bytes } from '../utf8.ts';
import type { Metric } from './score.ts';

/** Held-in: experts were trained on it. Held-out: none was. */
export type Half = 'held-in' | 'held-out';
export const HALVES: readonly Half[] = ['held-in', 'held-out'];

/** A task as an evaluation takes it: built in, or the user's own. */
export interface EvaluatedTask {
  readonly id: string;
  readonly label: string;
  readonly half: Half;
  /** Where its documents come from. */
  readonly split: Split;
  readonly metric: Metric;
  /** Accuracy of a uniform guess over the options; 0 for a free answer. */
  readonly chance: number;
  readonly documents: readonly TaskDocument[];
}

export interface Contestant {
  /** Unique in its evaluation, e.g. `A` or `glider:c=3`. */
  readonly name: string;
  readonly label: string;
  /** One policy for all tasks, or for each task its own (the oracle's); a task without one is left out. */
  readonly policy: Policy | Readonly<Record<string, Policy>>;
}

export const isPolicy = (policy: Contestant['policy']): policy is Policy => typeof policy.method === 'string';

export const policyFor = ({ policy }: Contestant, task: string): Policy | undefined =>
  isPolicy(policy) ? policy : Object.hasOwn(policy, task) ? policy[task] : undefined;

/** All that a measurement depends on besides document and policy. */
export interface Conditions {
  /** SHA-256 of the package's manifest. */
  readonly package: string;
  /** Of the controls' manifest, where they take part. */
  readonly controls?: string;
  /** Two backends differ within their bounds: a near-tie may fall the other way. */
  readonly backend: string;
  readonly seed: number;
  /** Leave the chat template out. */
  readonly raw: boolean;
  /** Text of a system turn in front. */
  readonly system?: string;
  /** Tokens that a greedy answer may have beyond those of the gold one. */
  readonly beyond: number;
}

export interface Evaluation {
  readonly tasks: readonly EvaluatedTask[];
  readonly contestants: readonly Contestant[];
  readonly conditions: Conditions;
}

/** One document and the contestants it is to be measured under. */
export interface Job {
  readonly task: EvaluatedTask;
  readonly document: TaskDocument;
  readonly contestants: readonly { readonly name: string; readonly policy: Policy }[];
}

/** Tasks take turns, so that early results speak of all of them. */
export function jobsOf({ tasks, contestants }: Pick<Evaluation, 'tasks' | 'contestants'>): Job[] {
  const most = tasks.reduce((n, { documents }) => Math.max(n, documents.length), 0);
  const jobs: Job[] = [];
  for (let n = 0; n < most; n++)
    for (const task of tasks) {
      const document = task.documents[n];
      if (document === undefined) continue;
      const own = contestants.flatMap((contestant) => {
        const policy = policyFor(contestant, task.id);
        return policy === undefined ? [] : [{ name: contestant.name, policy }];
      });
      if (own.length > 0) jobs.push({ task, document, contestants: own });
    }
  return jobs;
}

/** JSON with the keys of every object in order: equal values give equal text. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === undefined ? 'null' : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

/** First 16 hexadecimal digits of the SHA-256 of the canonical JSON: what a sealed policy and a stored result are named by. */
export const hashOf = (value: unknown): string => sha256Hex(utf8Bytes(canonical(value))).slice(0, 16);

const documentHashes = new WeakMap<readonly TaskDocument[], string>();

/** Names the documents that a task takes, in their order; computed once for a list. */
export function documentsHash({ documents }: Pick<EvaluatedTask, 'documents'>): string {
  const hash =
    documentHashes.get(documents) ??
    hashOf(documents.map(({ id, prompt, answer, options }) => ({ id, prompt, answer, options })));
  documentHashes.set(documents, hash);
  return hash;
}

/** What it routes by: the preset it started from is only a name. */
export const policyHash = ({ score, select, mix, edits }: Policy): string => hashOf({ score, select, mix, edits });

/** The same document under the same policy and conditions has the same key, whatever else is evaluated with it. */
export type ResultKey = (document: TaskDocument, policy: Policy) => string;

/** Version of what a stored measurement holds: another one is not read. */
const FORMAT = 1;

export function resultKeys(conditions: Conditions): ResultKey {
  const setting = hashOf({ format: FORMAT, ...conditions });
  const policies = new WeakMap<Policy, string>();
  const documents = new WeakMap<TaskDocument, string>();
  return (document, policy) => {
    const ofPolicy = policies.get(policy) ?? policyHash(policy);
    policies.set(policy, ofPolicy);
    const { id, prompt, answer, options } = document;
    const ofDocument = documents.get(document) ?? hashOf({ id, prompt, answer, options });
    documents.set(document, ofDocument);
    return `${setting}/${ofPolicy}/${ofDocument}`;
  };
}
