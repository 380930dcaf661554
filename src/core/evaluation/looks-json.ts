/** Looks as files and browsers keep them. Bounded: what is read is from outside. */
import {
  allProblems,
  isObject,
  newProblems,
  numberFault,
  report,
  show,
  wellFormed,
  type Problem,
  type Problems,
} from '../experiment/json.ts';
import { mergeLooks, noLooks, type Look, type Looks, type Seal } from './looks.ts';

const FORMAT = 'switchyard-looks';
const VERSION = 1;

/** Most entries of each list, and longest name. */
export const LOOKS_LIMITS = { entries: 10_000, policies: 1000, tasks: 1000, name: 300 } as const;

export interface LooksFile extends Looks {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
}

export const looksJson = (log: Looks): LooksFile => ({ format: FORMAT, version: VERSION, ...log });

/**
 * What a file or a store holds. A bad entry is named and left out, so it is no longer counted: whoever shows the count shows the problems too.
 * Of anything but an object of this format nothing is read.
 */
export function parseLooks(json: unknown): { readonly log: Looks; readonly problems: readonly Problem[] } {
  const problems = newProblems();
  if (!isObject(json) || json.format !== FORMAT) {
    report(problems, 'format', `${show(isObject(json) ? json.format : json)} is not "${FORMAT}"; nothing is read.`);
    return { log: noLooks, problems: allProblems(problems) };
  }
  if (json.version !== VERSION) {
    report(
      problems,
      'version',
      `${show(json.version)} is not ${String(VERSION)}; nothing is read: update this program.`,
    );
    return { log: noLooks, problems: allProblems(problems) };
  }
  const log = mergeLooks({
    looks: entries(json.looks, 'looks', problems, LOOKS_LIMITS.entries, look),
    others: entries(json.others, 'others', problems, LOOKS_LIMITS.entries, hash),
    seals: entries(json.seals, 'seals', problems, LOOKS_LIMITS.entries, seal),
  });
  return { log, problems: allProblems(problems) };
}

/** Reads one entry; throws a Fault that says what is wrong with which of its fields. */
type Reader<T> = (value: unknown, field: string) => T;

/** Thrown and caught within this file. */
class Fault extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

function entries<T>(value: unknown, field: string, problems: Problems, most: number, read: Reader<T>): T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report(problems, field, `${show(value)} is not a list; none is read.`);
    return [];
  }
  if (value.length > most)
    report(problems, field, `has ${String(value.length)} entries; only the first ${String(most)} are counted.`);
  return value.slice(0, most).flatMap((entry: unknown, i) => {
    try {
      return [read(entry, `${field}[${String(i)}]`)];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      report(problems, error.field, `${error.message}; this entry is not counted.`);
      return [];
    }
  });
}

function list<T>(value: unknown, field: string, most: number, read: Reader<T>): T[] {
  if (!Array.isArray(value)) throw new Fault(field, `${show(value)} is not a list`);
  if (value.length === 0 || value.length > most)
    throw new Fault(field, `has ${String(value.length)} entries, not from 1 to ${String(most)}`);
  return value.map((entry: unknown, i) => read(entry, `${field}[${String(i)}]`));
}

function group(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new Fault(field, `${show(value)} is not a group of fields`);
  return value;
}

const hash: Reader<string> = (value, field) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{16,64}$/.test(value))
    throw new Fault(field, `${show(value)} is not a hash of 16 to 64 lower-case hexadecimal digits`);
  return value;
};

const name: Reader<string> = (value, field) => {
  if (typeof value !== 'string' || value.length > LOOKS_LIMITS.name)
    throw new Fault(field, `${show(value)} is not a name of at most ${String(LOOKS_LIMITS.name)} characters`);
  return wellFormed(value);
};

const time: Reader<string> = (value, field) => {
  if (
    typeof value !== 'string' ||
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ||
    Number.isNaN(Date.parse(value))
  )
    throw new Fault(field, `${show(value)} is not a time such as "2026-01-31T09:30:00.000Z"`);
  return value;
};

const look: Reader<Look> = (value, field) => {
  const fields = group(value, field);
  return {
    at: time(fields.at, `${field}.at`),
    package: hash(fields.package, `${field}.package`),
    policies: list(fields.policies, `${field}.policies`, LOOKS_LIMITS.policies, (entry, at) => {
      const of = group(entry, at);
      return { name: name(of.name, `${at}.name`), hash: hash(of.hash, `${at}.hash`) };
    }),
    tasks: list(fields.tasks, `${field}.tasks`, LOOKS_LIMITS.tasks, (entry, at) => {
      const of = group(entry, at);
      const fault = numberFault(of.documents, { min: 1, max: 1_000_000, integer: true });
      if (fault !== undefined) throw new Fault(`${at}.documents`, fault);
      return {
        id: name(of.id, `${at}.id`),
        hash: hash(of.hash, `${at}.hash`),
        documents: of.documents as number,
      };
    }),
  };
};

const seal: Reader<Seal> = (value, field) => {
  const fields = group(value, field);
  return {
    hash: hash(fields.hash, `${field}.hash`),
    name: name(fields.name, `${field}.name`),
    at: time(fields.at, `${field}.at`),
  };
};
