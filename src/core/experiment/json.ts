/** Reading outside data field by field: a bad field costs only itself and is named. */

/** A field that could not be taken as it stood, in words for the reader of the page. */
export interface Problem {
  /** Path of the field, e.g. `A.score.c`. */
  readonly field: string;
  /** What is wrong with it and what is used instead. */
  readonly message: string;
}

/** Collects problems; past `most` only their number grows, so that hostile input stays bounded. */
export interface Problems {
  readonly list: Problem[];
  readonly most: number;
  left: number;
}

export const newProblems = (most = 24): Problems => ({ list: [], most, left: 0 });

export function report(problems: Problems, field: string, message: string): void {
  if (problems.list.length < problems.most) problems.list.push({ field: shorten(field, 80), message });
  else problems.left += 1;
}

/** The list, closed by a line that says how many more there were. */
export const allProblems = (problems: Problems): readonly Problem[] =>
  problems.left === 0
    ? problems.list
    : [...problems.list, { field: '…', message: `and ${String(problems.left)} more fields that could not be read.` }];

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shorten = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** A value as a message shows it, on one line and short. */
export function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'string') return shorten(JSON.stringify(value), 40);
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'an object';
}

const unpaired = /\p{Surrogate}/gu;
/** Unpaired surrogates become U+FFFD, so that every text has a UTF-8 form. */
export const wellFormed = (text: string): string => text.replace(unpaired, '�');

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** The minimum itself is not allowed. */
  readonly above?: boolean;
}

/** Why a value is no number of this range, or undefined when it is one. */
export function numberFault(value: unknown, { min, max, integer, above }: NumberRange): string | undefined {
  const kind = integer ? 'a whole number' : 'a number';
  const range = above ? `above ${String(min)} and at most ${String(max)}` : `from ${String(min)} to ${String(max)}`;
  if (typeof value !== 'number' || !Number.isFinite(value) || (integer && !Number.isInteger(value)))
    return `${show(value)} is not ${kind} ${range}`;
  return value < min || value > max || (above && value === min) ? `${show(value)} is not ${range}` : undefined;
}

/** A field of an object, absent when it is not there or was bad (then it is reported with what is used instead). */
export function readNumber(value: unknown, field: string, range: NumberRange, fallback: number, p: Problems): number {
  if (value === undefined) return fallback;
  const fault = numberFault(value, range);
  if (fault === undefined) return (value as number) + 0; // −0 becomes 0: a link cannot tell them apart
  report(p, field, `${fault}; ${String(fallback)} is used.`);
  return fallback;
}

export function readText(value: unknown, field: string, most: number, fallback: string, p: Problems): string {
  if (value === undefined) return fallback;
  if (typeof value === 'string' && value.length <= most) return wellFormed(value);
  const fault =
    typeof value === 'string' ? `has ${String(value.length)} characters, more than ${String(most)}` : 'is not text';
  report(p, field, `${show(value)} ${fault}; ${fallback === '' ? 'it is left empty' : show(fallback)} is used.`);
  return fallback;
}

export function readBoolean(value: unknown, field: string, fallback: boolean, p: Problems): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? fallback;
  report(p, field, `${show(value)} is neither true nor false; ${String(fallback)} is used.`);
  return fallback;
}

export function readChoice<T extends string>(
  value: unknown,
  field: string,
  options: readonly T[],
  fallback: T,
  p: Problems,
): T {
  if (value === undefined) return fallback;
  const found = options.find((o) => o === value);
  if (found !== undefined) return found;
  report(p, field, `${show(value)} is none of ${options.slice(0, 12).join(', ')}; ${fallback} is used.`);
  return fallback;
}

/** The value as an object; anything else is reported and read as empty. */
export function readObject(value: unknown, field: string, p: Problems): JsonObject {
  if (value === undefined) return {};
  if (isObject(value)) return value;
  report(p, field, `${show(value)} is not a group of fields; the defaults are used.`);
  return {};
}

/** Names every key that is not known. */
export function refuseOthers(object: JsonObject, field: string, known: readonly string[], p: Problems): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key))
      report(p, field === '' ? key : `${field}.${key}`, 'this field is not known here and is left out.');
  }
}
