/**
 * The readable form of an experiment's difference: `prompt.text=What+is+17%3F&A=glider&A.score.c=10&A.edits.0.kind=mute`.
 * A policy goes by its letter, `A=` is its method, `A.score.c` a parameter, `A.answer` and `A.routes` its digests.
 * Values are text; `true`, `false` and numbers stand for themselves, text that looks like one of these stands in quotation marks.
 */
import { LETTERS } from './defaults.ts';
import type { ExperimentDifference } from './difference.ts';
import {
  isObject,
  newProblems,
  report,
  wellFormed,
  type JsonObject,
  type Problem,
  type Problems,
  show,
} from './json.ts';

/** Most characters of a query that are read; a longer one is refused as a whole. */
export const LONGEST_QUERY = 400_000;
const MOST_FIELDS = 4000;
const DEEPEST = 8;

// ---- writing --------------------------------------------------------------------------------------------------------

/** As in forms, but `: / , @ ? ( )` stay readable: a fragment may hold them. */
const escapeText = (text: string): string =>
  encodeURIComponent(wellFormed(text))
    .replaceAll('%20', '+')
    .replaceAll(/%(3A|2F|2C|40|3F)/g, (code) => decodeURIComponent(code));

const looksTyped = (text: string) =>
  /^(true|false|null)$/.test(text) || (text.trim() !== '' && !Number.isNaN(Number(text)));

function valueText(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return escapeText(looksTyped(value) || value.startsWith('"') ? JSON.stringify(value) : value);
}

function flatten(value: unknown, path: string, out: string[]): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    out.push(`${escapeText(path)}=${valueText(value)}`);
  } else if (Array.isArray(value)) {
    value.forEach((item: unknown, i) => {
      flatten(item, `${path}.${String(i)}`, out);
    });
  } else if (isObject(value)) {
    for (const [key, v] of Object.entries(value)) flatten(v, path === '' ? key : `${path}.${key}`, out);
  }
}

/** The difference as readable text; `parseQuery` gives it back. */
export function writeQuery(difference: ExperimentDifference): string {
  const { policies = [], digests = [], prompt, ...others } = difference;
  const out: string[] = [];
  if (prompt) flatten({ prompt }, '', out);
  policies.forEach(({ method, set = {}, ...own }, i) => {
    const letter = LETTERS[i] ?? '';
    flatten(method, letter, out);
    flatten(own.score, `${letter}.score`, out);
    flatten(own.select, `${letter}.select`, out);
    flatten(own.mix, `${letter}.mix`, out);
    for (const [path, value] of Object.entries(set)) flatten(value, `${letter}.${path}`, out);
    flatten(own.edits, `${letter}.edits`, out);
    flatten(digests[i], letter, out);
  });
  // The version stands in front of the query, not in it.
  flatten(Object.fromEntries(Object.entries(others).filter(([key]) => key !== 'version')), '', out);
  return out.join('&');
}

// ---- reading --------------------------------------------------------------------------------------------------------

/** A node of the tree that dotted names spell; its own text and what lies below. */
interface Node {
  value?: string | number | boolean | null;
  readonly below: Map<string, Node>;
}

const newNode = (): Node => ({ below: new Map() });

function valueOf(text: string): string | number | boolean | null {
  if (text.startsWith('"')) {
    try {
      const inner: unknown = JSON.parse(text);
      if (typeof inner === 'string') return inner;
    } catch {
      // Not quoted after all: the text itself.
    }
    return text;
  }
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return looksTyped(text) ? Number(text) : text;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function plant(root: Node, pair: string, p: Problems): void {
  const equals = pair.indexOf('=');
  const key = decode(equals < 0 ? pair : pair.slice(0, equals));
  const text = decode(equals < 0 ? '' : pair.slice(equals + 1));
  if (key === undefined || key === '' || text === undefined || equals < 0) {
    report(p, key ?? pair, `${show(pair)} is not a name and a value in the form of an address; it is left out.`);
    return;
  }
  const path = key.split('.');
  if (path.length > DEEPEST) {
    report(p, key, 'this field is not known here and is left out.');
    return;
  }
  let node = root;
  for (const name of path) {
    const next = node.below.get(name) ?? newNode();
    node.below.set(name, next);
    node = next;
  }
  if (node.value !== undefined) report(p, key, `it is given twice; the first, ${show(node.value)}, is used.`);
  else node.value = valueOf(text);
}

const isList = (names: readonly string[]) => names.length > 0 && names.every((n) => /^\d{1,4}$/.test(n));

/** Plain JSON of a node; names that are all numbers make a list, in their order. */
function grow(node: Node): unknown {
  if (node.below.size === 0) return node.value;
  const names = [...node.below.keys()];
  if (isList(names))
    return names.sort((a, b) => Number(a) - Number(b)).map((n) => grow(node.below.get(n) ?? newNode()));
  return growObject(node.below);
}

const growObject = (below: ReadonlyMap<string, Node>): JsonObject =>
  Object.fromEntries([...below].map(([name, child]) => [name, grow(child)]));

/** `score` and `select` may name the rule and, below, its parameters; other names of a policy are fields or short parameter names. */
function growPolicy(node: Node | undefined): JsonObject {
  const set: [string, unknown][] = [];
  const fields: [string, unknown][] = [['method', node?.value]];
  for (const [name, child] of node?.below ?? []) {
    if (name === 'answer' || name === 'routes') continue;
    if (name === 'edits') fields.push([name, grow(child)]);
    else if (name === 'mix') fields.push([name, grow(child)]);
    else if (name === 'score' || name === 'select') {
      if (child.value !== undefined) fields.push([name, child.value]);
      for (const [param, leaf] of child.below) set.push([`${name}.${param}`, grow(leaf)]);
    } else set.push([name, grow(child)]);
  }
  return Object.fromEntries([...fields, ['set', Object.fromEntries(set)] as const].filter(([, v]) => v !== undefined));
}

const growDigests = (node: Node | undefined): JsonObject | null => {
  const answer = node?.below.get('answer')?.value;
  const routes = node?.below.get('routes')?.value;
  return answer === undefined && routes === undefined ? null : { answer: textOf(answer), routes: textOf(routes) };
};

/** Sixteen digits without a letter look like a number; as a digest they are text. */
const textOf = (value: Node['value']) => (typeof value === 'number' ? undefined : value);

export interface ReadQuery {
  readonly json: JsonObject;
  readonly problems: readonly Problem[];
}

/** The JSON that a query spells, for `parseExperiment`; pairs that cannot be read are named and left out. */
export function parseQuery(text: string, version: number): ReadQuery {
  const p = newProblems();
  if (text.length > LONGEST_QUERY) {
    report(p, 'link', `it has ${String(text.length)} characters, more than ${String(LONGEST_QUERY)}, and is not read.`);
    return { json: { version }, problems: p.list };
  }
  const root = newNode();
  const pairs = text.split('&').filter((pair) => pair !== '');
  if (pairs.length > MOST_FIELDS) {
    report(
      p,
      'link',
      `it has ${String(pairs.length)} fields; those after the first ${String(MOST_FIELDS)} are left out.`,
    );
  }
  for (const pair of pairs.slice(0, MOST_FIELDS)) plant(root, pair, p);

  const last = LETTERS.findLastIndex((letter) => root.below.has(letter));
  const letters = LETTERS.slice(0, last + 1);
  const rest = new Map([...root.below].filter(([name]) => !LETTERS.includes(name) && name !== 'version'));
  const digests = letters.map((letter) => growDigests(root.below.get(letter)));
  return {
    json: {
      ...growObject(rest),
      version,
      ...(letters.length === 0 ? {} : { policies: letters.map((letter) => growPolicy(root.below.get(letter))) }),
      ...(digests.some((d) => d !== null) ? { digests } : {}),
    },
    problems: p.list,
  };
}
