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

export type ParamValues<S extends ParamSpecs> = {
  readonly [K in keyof S]: S[K] extends NumberParam | IntegerParam
    ? number
    : S[K] extends BooleanParam
      ? boolean
      : S[K] extends ChoiceParam<infer T>
        ? T
        : never;
};
