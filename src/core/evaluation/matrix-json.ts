/** The matrix of experts and tasks as a file. It is read by the page from a package that may be anyone's: checked field by field. */
import { isObject, show, type JsonObject } from '../experiment/json.ts';
import { SPLITS } from '../tasks/task.ts';
import type { ExpertMatrix, MatrixCount, MatrixTask } from './matrix.ts';
import { HALVES } from './plan.ts';

const FORMAT = 'switchyard-expert-matrix';
const VERSION = 1;

/** Most experts, tasks, and documents of a cell; longest text. */
export const MATRIX_LIMITS = { experts: 1000, tasks: 1000, documents: 1_000_000, text: 300 } as const;

const METRICS = ['exact match', 'accuracy over options', 'accuracy over options, by length'] as const;

/** The file cannot be used; the message names the field. */
export class MatrixError extends Error {
  override readonly name = 'MatrixError';
}

/** One line for each task, so that a change of one shows as one. */
export function matrixJson({ tasks, ...facts }: ExpertMatrix): string {
  const head = JSON.stringify({ format: FORMAT, version: VERSION, ...facts });
  return `${head.slice(0, -1)},"tasks":[\n${tasks.map((task) => JSON.stringify(task)).join(',\n')}\n]}\n`;
}

/** @throws MatrixError that names the field: half a matrix would be read as a whole one */
export function parseMatrix(json: unknown): ExpertMatrix {
  if (!isObject(json) || json.format !== FORMAT)
    fail('format', `${show(isObject(json) ? json.format : json)} is not "${FORMAT}"`);
  if (json.version !== VERSION) fail('version', `${show(json.version)} is not ${String(VERSION)}: update this program`);
  const experts = list(json, 'experts', MATRIX_LIMITS.experts).map((id, i) => text(id, `experts[${String(i)}]`));
  const conditions = json.conditions;
  if (!isObject(conditions)) fail('conditions', `${show(conditions)} is not an object`);
  return {
    conditions: {
      package: text(conditions.package, 'conditions.package'),
      ...(conditions.controls === undefined ? {} : { controls: text(conditions.controls, 'conditions.controls') }),
      backend: text(conditions.backend, 'conditions.backend'),
      seed: whole(conditions.seed, 'conditions.seed', 2 ** 31 - 1),
      beyond: whole(conditions.beyond, 'conditions.beyond', MATRIX_LIMITS.documents),
    },
    split: oneOf(json.split, 'split', SPLITS),
    date: text(json.date, 'date'),
    experts,
    tasks: list(json, 'tasks', MATRIX_LIMITS.tasks).map((task, i) =>
      readTask(task, `tasks[${String(i)}]`, experts.length),
    ),
  };
}

function readTask(json: unknown, at: string, experts: number): MatrixTask {
  if (!isObject(json)) fail(at, `${show(json)} is not an object`);
  const cells = list(json, 'cells', experts, `${at}.`);
  if (cells.length !== experts)
    fail(`${at}.cells`, `has ${String(cells.length)} entries, one for each of ${String(experts)} experts is needed`);
  const { base } = json;
  if (!isObject(base)) fail(`${at}.base`, `${show(base)} is not an object`);
  const n = whole(base.n, `${at}.base.n`, MATRIX_LIMITS.documents);
  if (typeof json.chance !== 'number' || !(json.chance >= 0 && json.chance < 1))
    fail(`${at}.chance`, `${show(json.chance)} is not a share below 1`);
  return {
    id: text(json.id, `${at}.id`),
    label: text(json.label, `${at}.label`),
    half: oneOf(json.half, `${at}.half`, HALVES),
    metric: oneOf(json.metric, `${at}.metric`, METRICS),
    chance: json.chance,
    documents: text(json.documents, `${at}.documents`),
    base: { n, right: whole(base.right, `${at}.base.right`, n) },
    cells: cells.map((cell, e) => (cell === null ? null : readCount(cell, `${at}.cells[${String(e)}]`))),
  };
}

function readCount(json: unknown, at: string): MatrixCount {
  if (!isObject(json)) fail(at, `${show(json)} is neither an object nor null`);
  const n = whole(json.n, `${at}.n`, MATRIX_LIMITS.documents);
  if (n === 0) fail(`${at}.n`, '0 documents: write null instead');
  const right = whole(json.right, `${at}.right`, n);
  return {
    n,
    right,
    won: whole(json.won, `${at}.won`, right),
    lost: whole(json.lost, `${at}.lost`, n - right),
  };
}

function fail(field: string, message: string): never {
  throw new MatrixError(`The matrix of experts and tasks: ${field}: ${message}.`);
}

function list(json: JsonObject, field: string, most: number, at = ''): readonly unknown[] {
  const value = json[field];
  if (!Array.isArray(value)) fail(at + field, `${show(value)} is not a list`);
  if (value.length > most) fail(at + field, `has ${String(value.length)} entries, at most ${String(most)} are read`);
  return value;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MATRIX_LIMITS.text)
    fail(field, `${show(value)} is not a text of 1 to ${String(MATRIX_LIMITS.text)} characters`);
  return value;
}

function whole(value: unknown, field: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    fail(field, `${show(value)} is not a whole number from 0 to ${String(most)}`);
  return value;
}

function oneOf<T extends string>(value: unknown, field: string, allowed: readonly T[]): T {
  return allowed.find((one) => one === value) ?? fail(field, `${show(value)} is none of ${allowed.join(', ')}`);
}
