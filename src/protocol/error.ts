/** The one error that leaves the engine. Its code survives every way out of a worker, because it stands in the name. */
import type { EngineErrorCode } from './engine.ts';

const codes: ReadonlySet<string> = new Set<EngineErrorCode>([
  'fetch',
  'hash',
  'format',
  'memory',
  'gpu',
  'unsupported',
  'context',
  'policy',
  'aborted',
  'worker',
  'not-loaded',
  'internal',
]);
const isCode = (text: string): text is EngineErrorCode => codes.has(text);

/** `message` says what is wrong and what to do; comlink and structured clone keep name and message alone. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = `EngineError(${code})`;
    this.code = code;
  }
}

/** Whatever was thrown, as an EngineError: one that crossed a thread gets its code back, a parser's has `format`, others `fallback`. */
export function engineErrorFrom(thrown: unknown, fallback: EngineErrorCode = 'internal'): EngineError {
  if (thrown instanceof EngineError) return thrown;
  if (!(thrown instanceof Error)) return new EngineError(fallback, String(thrown));
  const named = /^EngineError\((.+)\)$/.exec(thrown.name)?.[1];
  if (named !== undefined && isCode(named)) return new EngineError(named, thrown.message, { cause: thrown });
  return new EngineError(codeOf(thrown) ?? fallback, thrown.message, { cause: thrown });
}

function codeOf(error: Error): EngineErrorCode | undefined {
  switch (error.name) {
    case 'FormatError':
      return 'format';
    case 'PolicyError':
      return 'policy';
    case 'AbortError':
      return 'aborted';
    case 'RangeError':
      return /allocat|array length|out of memory/i.test(error.message) ? 'memory' : undefined;
    default:
      return /out of memory|bad_alloc|memory access out of bounds/i.test(error.message) ? 'memory' : undefined;
  }
}
