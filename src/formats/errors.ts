/**
 * The one error of all parsers. Outside data is never trusted: what is wrong is said by file, field and value,
 * with what to do about it.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly file: string;
  readonly field: string;
  /** The offending value, shortened, as text. */
  readonly value: string;
  readonly hint: string;

  constructor(file: string, field: string, value: unknown, hint: string) {
    const shown = showValue(value);
    // Names of tensors and keys come from the file and may be of any length and content.
    const where = plain(field, LONGEST_FIELD);
    const advice = plain(hint, LONGEST_HINT);
    super(`${plain(file, LONGEST_FIELD)}: ${where} is ${shown}; ${advice}`);
    this.file = file;
    this.field = where;
    this.value = shown;
    this.hint = advice;
  }
}

const LONGEST = 80;
const LONGEST_FIELD = 160;
const LONGEST_HINT = 320;

/** One line of at most `most` characters, without control characters. */
function plain(text: string, most: number): string {
  const line = text.slice(0, most).replace(/\p{Cc}/gu, '\uFFFD');
  return line.length < text.length ? `${line}…` : line;
}

/** A value as short text for a message: strings quoted, long ones cut, control characters escaped. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return String(value);
  if (ArrayBuffer.isView(value)) return `${String(value.byteLength)} bytes`;
  // A long string is cut before it is escaped, so that a huge value costs nothing.
  const short = typeof value === 'string' && value.length > LONGEST ? value.slice(0, LONGEST) : value;
  const text = textOf(short);
  return text.length > LONGEST || short !== value ? `${text.slice(0, LONGEST)}…` : text;
}

function textOf(value: unknown): string {
  try {
    // Undefined for functions and symbols, whatever the declared type says.
    const json: unknown = JSON.stringify(value);
    return typeof json === 'string' ? json : typeof value;
  } catch {
    return typeof value;
  }
}
