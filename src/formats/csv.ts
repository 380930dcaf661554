/**
 * CSV after RFC 4180: fields in double quotes may hold separators, line breaks and doubled quotes. Beyond the standard,
 * LF and CR end a record too, and empty records are skipped. Own reader: the published small ones accept broken quotes silently.
 */

/** Longest field (UTF-16 units) and most fields in a record: a quote that is never closed must not swallow a file. */
export const CSV_LIMITS = { field: 100_000, fields: 1000 } as const;

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  /** What is wrong with it; then `fields` holds those before the fault, and reading goes on with the next line. */
  readonly fault?: string;
}

/** Records one after the other; a faulty one is yielded with its fault, and costs only itself. */
export function* readCsv(text: string, separator: ',' | ';' | '\t'): Generator<CsvRecord, void> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const start = { at, line };
    const fields: string[] = [];
    let fault: string | undefined;
    for (;;) {
      const field = text[at] === '"' ? quoted(text, at) : bare(text, at, separator);
      if (field.fault !== undefined || fields.length === CSV_LIMITS.fields) {
        fault = field.fault ?? `it has more than ${String(CSV_LIMITS.fields)} fields`;
        break;
      }
      fields.push(field.value);
      line += field.breaks;
      at = field.end;
      if (text[at] === separator) at++;
      else if (at < text.length && text[at] !== '\n' && text[at] !== '\r') {
        fault = `field ${String(fields.length)} goes on after its closing quote: double the quotes inside a field`;
        break;
      } else break;
    }
    // A fault leaves it open where the record ends: the next line is the best guess.
    if (fault !== undefined) [at, line] = [endOfLine(text, start.at), start.line];
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    if (fault !== undefined) yield { line: start.line, fields, fault };
    else if (fields.length > 1 || fields[0] !== '') yield { line: start.line, fields };
  }
}

interface Field {
  readonly value: string;
  /** Index behind it. */
  readonly end: number;
  /** Line breaks inside it. */
  readonly breaks: number;
  readonly fault?: string;
}

const tooLong = `a field is longer than ${String(CSV_LIMITS.field)} characters`;

function bare(text: string, from: number, separator: string): Field {
  for (let at = from; ; at++) {
    const c = text[at];
    if (at - from > CSV_LIMITS.field) return { value: '', end: at, breaks: 0, fault: tooLong };
    if (c === '"')
      return { value: '', end: at, breaks: 0, fault: 'a quote stands inside a field that does not begin with one' };
    if (c === undefined || c === separator || c === '\n' || c === '\r')
      return { value: text.slice(from, at), end: at, breaks: 0 };
  }
}

function quoted(text: string, from: number): Field {
  let breaks = 0;
  for (let at = from + 1; ; at++) {
    const c = text[at];
    if (c === undefined) return { value: '', end: at, breaks, fault: 'a quoted field is never closed' };
    if (at - from > CSV_LIMITS.field)
      return { value: '', end: at, breaks, fault: `${tooLong}: is a quote never closed?` };
    if (c === '\n' || (c === '\r' && text[at + 1] !== '\n')) breaks++;
    else if (c === '"') {
      if (text[at + 1] === '"') at++;
      else return { value: text.slice(from + 1, at).replaceAll('""', '"'), end: at + 1, breaks };
    }
  }
}

/** Index of the line break at or after `from`, or the end. */
function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === '\n' || text[at] === '\r') return at;
  return text.length;
}
