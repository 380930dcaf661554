/**
 * One description of a parameter drives the form, the link, the command line and the validation.
 * Names are for ever: a published link may hold them (rename by an upgrade step in `experiment/upgrades.ts`).
 */

interface Described {
  /** Shown beside the control. */
  readonly label: string;
  /** What it means, in one or two sentences; shown on hover or focus. */
  readonly help: string;
}

export interface NumberParam extends Described {
  readonly kind: 'number';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Step of the slider; typed values may be finer. */
  readonly step: number;
  /** Slider on a logarithmic scale (min > 0, or symlog when min is 0). */
  readonly scale?: 'linear' | 'log';
}

export interface IntegerParam extends Described {
  readonly kind: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface BooleanParam extends Described {
  readonly kind: 'boolean';
  readonly default: boolean;
}

export interface ChoiceParam<T extends string = string> extends Described {
  readonly kind: 'choice';
  readonly default: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly help?: string }[];
}

export type ParamSpec = NumberParam | IntegerParam | BooleanParam | ChoiceParam;
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;
export type ParamValue = number | boolean | string;

type ValueOf<P extends ParamSpec> = P extends NumberParam | IntegerParam
  ? number
  : P extends BooleanParam
    ? boolean
    : P extends ChoiceParam<infer T>
      ? T
      : never;
export type ParamValues<S extends ParamSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> };

export const number = (spec: Omit<NumberParam, 'kind'>): NumberParam => ({ kind: 'number', ...spec });
export const integer = (spec: Omit<IntegerParam, 'kind'>): IntegerParam => ({ kind: 'integer', ...spec });
export const boolean = (spec: Omit<BooleanParam, 'kind'>): BooleanParam => ({ kind: 'boolean', ...spec });
export const choice = <const T extends string>(spec: Omit<ChoiceParam<T>, 'kind'>): ChoiceParam<T> => ({
  kind: 'choice',
  ...spec,
});

/** Every parameter at its default. */
export const defaults = <S extends ParamSpecs>(specs: S): ParamValues<S> =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default])) as ParamValues<S>;

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Accepts a value of the parameter's own type and range; the reason of a refusal says what is expected. */
export function checkParam(spec: ParamSpec, value: unknown): Checked<ParamValue> {
  const refuse = (expected: string): Checked<never> => ({
    ok: false,
    reason: `expected ${expected}, not ${show(value)}`,
  });
  switch (spec.kind) {
    case 'number':
    case 'integer': {
      const kind = spec.kind === 'integer' ? 'a whole number' : 'a number';
      const expected = `${kind} from ${String(spec.min)} to ${String(spec.max)}`;
      if (typeof value !== 'number' || !Number.isFinite(value)) return refuse(expected);
      if (spec.kind === 'integer' && !Number.isInteger(value)) return refuse(expected);
      if (value < spec.min || value > spec.max) return refuse(expected);
      // −0 would be written as 0 in a link and come back as another value.
      return { ok: true, value: value === 0 ? 0 : value };
    }
    case 'boolean':
      return typeof value === 'boolean' ? { ok: true, value } : refuse('true or false');
    case 'choice':
      return typeof value === 'string' && spec.options.some((o) => o.value === value)
        ? { ok: true, value }
        : refuse(`one of ${spec.options.map((o) => o.value).join(', ')}`);
  }
}

/** The value that a command line or a typed field means: `3`, `true`, `instruction`. */
export function parseParam(spec: ParamSpec, text: string): Checked<ParamValue> {
  const trimmed = text.trim();
  switch (spec.kind) {
    case 'number':
    case 'integer':
      return checkParam(spec, trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text);
    case 'boolean':
      return checkParam(spec, trimmed === 'true' ? true : trimmed === 'false' ? false : text);
    case 'choice':
      return checkParam(spec, trimmed);
  }
}

/** A value as it may stand in a message: short, on one line, whatever it is. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : plain(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function plain(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
