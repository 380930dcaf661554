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
    super(`${file}: ${field} is ${shown}; ${hint}`);
    this.file = file;
    this.field = field;
    this.value = shown;
    this.hint = hint;
  }
}

const LONGEST = 80;

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
