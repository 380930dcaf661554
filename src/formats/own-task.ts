/**
 * A user's own task: JSONL or CSV with a prompt and either an answer or options and gold, or the samples of an
 * lm-evaluation-harness run, to the documents that built-in tasks are made of. Bad rows are named and left out.
 */
import type { RowProblem } from '../core/evaluation/own.ts';
import type { TaskDocument } from '../core/tasks/task.ts';
import { readCsv } from './csv.ts';
import { FormatError, showValue } from './errors.ts';
import { isSample, sampleRow } from './lm-eval-samples.ts';

export const OWN_TASK_LIMITS = {
  /** Bytes of a file. */
  bytes: 100_000_000,
  /** Rows that are read. */
  rows: 100_000,
  /** UTF-16 units of a prompt, of an answer or option, and of a JSON line. */
  prompt: 20_000,
  answer: 2_000,
  line: 1_000_000,
  options: 100,
  /** Problems that are kept; the rest is only counted. */
  problems: 100,
} as const;

export interface OwnTask {
  readonly format: 'jsonl' | 'csv' | 'lm-eval-samples';
  readonly documents: readonly TaskDocument[];
  readonly problems: readonly RowProblem[];
  /** Rows left out, which may be more than `problems` lists. */
  readonly refused: number;
  /** Mean accuracy of a uniform guess, 0 to 1; a free answer counts 0. */
  readonly chance: number;
}

export const OWN_TASK_HINT =
  'give a CSV file with a header or one JSON object a line, with the columns prompt and answer, or prompt, options and gold';

type Fields = Readonly<Record<string, unknown>>;

/** Thrown and caught within this file: what is wrong with one row. */
class RowFault extends Error {
  readonly column: string | undefined;
  constructor(column: string | undefined, message: string) {
    super(message);
    this.column = column;
  }
}

/**
 * Reads a whole file. `task` is the id that the documents' ids begin with. Throws a FormatError where nothing can be read:
 * too large, empty, binary, no UTF-8, no known columns. Otherwise the good rows are kept, and each bad one is a problem.
 */
export function readOwnTask(bytes: Uint8Array, file: string, task: string): OwnTask {
  const text = textOf(bytes, file);
  const start = text.trimStart().charAt(0);
  if (start === '') throw new FormatError(file, 'content', 'empty', OWN_TASK_HINT);
  if (start === '[')
    throw new FormatError(file, 'content', '[', 'write one JSON object a line, without the list around them');
  const rows = start === '{' ? jsonRows(text) : csvRows(text, file);

  const documents: TaskDocument[] = [];
  const problems: RowProblem[] = [];
  const samples = new Set<unknown>();
  let refused = 0;
  let chance = 0;
  let sampled = false;
  const refuse = (row: number, fault: RowFault) => {
    refused++;
    const { column, message } = fault;
    if (problems.length < OWN_TASK_LIMITS.problems)
      problems.push({ row, message, ...(column === undefined ? {} : { column }) });
  };
  let count = 0;
  for (const { line, value } of rows) {
    if (++count > OWN_TASK_LIMITS.rows) {
      refuse(
        line,
        new RowFault(undefined, `only the first ${String(OWN_TASK_LIMITS.rows)} rows are read: split the file`),
      );
      break;
    }
    try {
      if (value instanceof RowFault) throw value;
      let fields = value;
      if (isSample(value)) {
        sampled = true;
        // A run with several filters logs a document once for each.
        if (samples.has(value.doc_id)) continue;
        const row = sampleRow(value);
        if ('fault' in row) throw new RowFault(row.column, row.fault);
        samples.add(value.doc_id);
        fields = row;
      }
      const document = { id: `${task}/test/${String(documents.length)}`, ...draft(fields, line) };
      documents.push(document);
      if (document.options !== undefined) chance += 1 / document.options.length;
    } catch (error) {
      if (!(error instanceof RowFault)) throw error;
      refuse(line, error);
    }
  }
  return {
    format: sampled ? 'lm-eval-samples' : start === '{' ? 'jsonl' : 'csv',
    documents,
    problems,
    refused,
    chance: documents.length === 0 ? 0 : chance / documents.length,
  };
}

// ---- bytes to text --------------------------------------------------------------------------------------------------

function textOf(bytes: Uint8Array, file: string): string {
  const { bytes: most } = OWN_TASK_LIMITS;
  if (bytes.length > most)
    throw new FormatError(file, 'size', bytes.length, `at most ${String(most)} bytes are read: split the file`);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new FormatError(file, 'encoding', 'UTF-16', 'save the file as UTF-8');
  const zero = bytes.indexOf(0);
  if (zero >= 0) throw new FormatError(file, `byte ${String(zero)}`, 0, `this is no text file: ${OWN_TASK_HINT}`);
  try {
    // A byte order mark is dropped.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError(file, 'encoding', 'not UTF-8', 'save the file as UTF-8');
  }
}

// ---- text to rows ---------------------------------------------------------------------------------------------------

interface Row {
  readonly line: number;
  readonly value: Fields | RowFault;
}

function* jsonRows(text: string): Generator<Row> {
  let line = 0;
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    const [from, length] = [at, end - at];
    at = end + 1;
    line++;
    if (length > OWN_TASK_LIMITS.line) {
      yield {
        line,
        value: new RowFault(undefined, `the line is longer than ${String(OWN_TASK_LIMITS.line)} characters`),
      };
      continue;
    }
    const content = text.slice(from, end).trim();
    if (content !== '') yield { line, value: jsonFields(content) };
  }
}

function jsonFields(content: string): Fields | RowFault {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    return new RowFault(
      undefined,
      `the line is ${showValue(value)}, not a JSON object: write {"prompt": …, "answer": …}`,
    );
  } catch (error) {
    return new RowFault(undefined, `the line is no JSON: ${showValue((error as Error).message)}`);
  }
}

const SEPARATORS = [',', ';', '\t'] as const;
/** option1, option_2 …: an option in a column of its own. */
const NUMBERED = /^option[ _-]?\d+$/;

function* csvRows(text: string, file: string): Generator<Row> {
  const heads = SEPARATORS.map((separator) => {
    const { value } = readCsv(text, separator).next();
    return { separator, names: (value ? value.fields : []).map((f) => f.trim().toLowerCase()) };
  });
  const head = heads.find(({ names }) => names.includes('prompt') && names.length > 1);
  if (head === undefined)
    throw new FormatError(
      file,
      'header',
      text.slice(0, 80).split(/[\r\n]/)[0],
      `no column prompt beside others: ${OWN_TASK_HINT}`,
    );
  const { names, separator } = head;
  const twice = names.find((n, i) => n !== '' && names.indexOf(n) !== i);
  if (twice !== undefined)
    throw new FormatError(file, `column ${twice}`, 'given twice', 'give every column another name');
  if (!names.some((n) => n === 'answer' || n === 'gold'))
    throw new FormatError(file, 'header', names.join(', '), `no column answer or gold: ${OWN_TASK_HINT}`);
  let first = true;
  for (const { line, fields, fault } of readCsv(text, separator)) {
    if (first) first = false;
    else if (fault !== undefined) yield { line, value: new RowFault(undefined, fault) };
    else if (fields.length !== names.length)
      yield {
        line,
        value: new RowFault(
          undefined,
          `the row has ${String(fields.length)} fields, the header ${String(names.length)}: put fields that hold ${showValue(separator)} in double quotes`,
        ),
      };
    else yield { line, value: csvFields(names, fields) };
  }
}

/** Cells by name, empty ones left out; options come from one cell (a JSON list, or parted by |) or from numbered columns. */
function csvFields(names: readonly string[], cells: readonly string[]): Fields | RowFault {
  const filled = names.flatMap((name, i): [string, string][] => (cells[i]?.trim() ? [[name, cells[i]]] : []));
  const fields = Object.fromEntries<unknown>(filled.filter(([name]) => !NUMBERED.test(name)));
  const numbered = filled.flatMap(([name, cell]) => (NUMBERED.test(name) ? [cell] : []));
  const { options } = fields;
  if (numbered.length > 0) {
    if (options !== undefined)
      return new RowFault('options', 'options are given twice: in one column and in numbered ones');
    return { ...fields, options: numbered };
  }
  if (typeof options !== 'string') return fields;
  if (!options.trimStart().startsWith('[')) return { ...fields, options: options.split('|') };
  try {
    return { ...fields, options: JSON.parse(options) as unknown };
  } catch {
    return new RowFault(
      'options',
      `${showValue(options)} begins like a JSON list but is none: write ["one", "two"] or one|two`,
    );
  }
}

// ---- rows to documents ----------------------------------------------------------------------------------------------

/** A text that may be shown and scored; numbers become text. */
function words(column: string, value: unknown, most: number): string {
  if (value === undefined || value === null) throw new RowFault(column, `is missing: ${OWN_TASK_HINT}`);
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string') throw new RowFault(column, `is ${showValue(value)}, not a text`);
  if (text.trim() === '') throw new RowFault(column, 'is empty');
  if (text.length > most)
    throw new RowFault(column, `has ${String(text.length)} characters, at most ${String(most)} are read: shorten it`);
  if (/\p{Surrogate}/u.test(text))
    throw new RowFault(column, 'holds half a character (a lone surrogate): write it again');
  return text;
}

/** Equal to the eye: a letter with an accent has two spellings in Unicode. */
const same = (a: string, b: string) => a.normalize('NFC') === b.normalize('NFC');

function draft(fields: Fields, line: number): Omit<TaskDocument, 'id'> {
  const { answer: most, prompt: longest } = OWN_TASK_LIMITS;
  const prompt = words('prompt', fields.prompt, longest);
  const items = [`line ${String(line)}`];
  const listed = fields.options;
  if (listed === undefined || listed === null) {
    if (fields.answer === undefined && fields.gold !== undefined)
      throw new RowFault('options', 'is missing, but gold is there: give options, or call the column answer');
    return { prompt, answer: words('answer', fields.answer, most).trim(), items };
  }
  if (!Array.isArray(listed)) throw new RowFault('options', `is ${showValue(listed)}, not a list of texts`);
  if (listed.length < 2 || listed.length > OWN_TASK_LIMITS.options)
    throw new RowFault('options', `has ${String(listed.length)} entries: give 2 to ${String(OWN_TASK_LIMITS.options)}`);
  const options = listed.map((option: unknown) => words('options', option, most).trim());
  const seen = new Set<string>();
  for (const option of options) {
    const key = option.normalize('NFC');
    if (seen.has(key)) throw new RowFault('options', `holds ${showValue(option)} twice: options must differ`);
    seen.add(key);
  }
  const gold = goldOf(fields, options);
  return { prompt, answer: options[gold] ?? '', options, gold, items };
}

/** Index of the right option: by its text, or counted from 0. */
function goldOf(fields: Fields, options: readonly string[]): number {
  const column = fields.gold === undefined ? 'answer' : 'gold';
  const given = fields[column];
  const text = words(column, given, OWN_TASK_LIMITS.answer).trim();
  const named = options.findIndex((o) => same(o, text));
  const counted = column === 'gold' && /^\d{1,3}$/.test(text) && Number(text) < options.length ? Number(text) : -1;
  // A JSON number is an index, whatever the options say.
  if (typeof given === 'number' && column === 'gold') {
    if (counted >= 0) return counted;
  } else if (named >= 0 && counted >= 0 && named !== counted)
    throw new RowFault(
      column,
      `${showValue(text)} is an option and the number of another: give the text in the column answer`,
    );
  else if (named >= 0 || counted >= 0) return Math.max(named, counted);
  throw new RowFault(
    column,
    `${showValue(given)} is not among the ${String(options.length)} options: give one of their texts${column === 'gold' ? ', or its number from 0' : ''}`,
  );
}
