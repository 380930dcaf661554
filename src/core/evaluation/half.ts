/** Averages over the tasks of a half, with their intervals: plain data in and out, as the bootstrap may run in another thread. */
import {
  bootstrapAverage,
  normalisedAverage,
  normalisedDifference,
  type BootstrapResult,
  type NormalisedPair,
  type NormalisedTask,
} from '../stats/index.ts';
import { HALVES, type Contestant, type Half } from './plan.ts';
import type { Tally } from './tally.ts';

/** What one contestant's averages of a half are made from. */
export interface HalfSample {
  readonly documents: number;
  /** Tasks with at least two documents; at least one. */
  readonly tasks: readonly NormalisedTask[];
  /** Less the first contestant on the same documents; none for the first. */
  readonly pairs: readonly NormalisedPair[];
}

export interface HalfSummary {
  readonly tasks: number;
  readonly documents: number;
  /** Every task weighs the same. */
  readonly average: BootstrapResult;
  /** The same on a scale where guessing is 0. */
  readonly normalised: BootstrapResult;
  /** Normalised, less that of the first contestant on the same documents; absent for the first. */
  readonly difference?: BootstrapResult;
}

export interface SummaryOptions {
  readonly resamples: number;
  readonly seed: number;
}

/** Of the bootstrap: while results still come, for what stays on screen, and for tables that are kept. */
export const RESAMPLES = { running: 199, shown: 1999, kept: 9999 } as const;

export function summariseHalf({ documents, tasks, pairs }: HalfSample, options: SummaryOptions): HalfSummary {
  return {
    tasks: tasks.length,
    documents,
    average: bootstrapAverage(
      tasks.map(({ right }) => right),
      options,
    ),
    normalised: normalisedAverage(tasks, options),
    ...(pairs.length === 0 ? {} : { difference: normalisedDifference(pairs, options) }),
  };
}

/** By contestant and half; absent where too little is measured. */
export type Summaries = ReadonlyMap<string, Partial<Record<Half, HalfSummary>>>;

export interface NamedSample {
  readonly contestant: string;
  readonly half: Half;
  readonly sample: HalfSample;
}

/** All that can be summarised now. */
export const samplesOf = (contestants: readonly Pick<Contestant, 'name'>[], tally: Tally): readonly NamedSample[] =>
  contestants.flatMap(({ name }) =>
    HALVES.flatMap((half): NamedSample[] => {
      const sample = tally.sample(half, name);
      return sample === undefined ? [] : [{ contestant: name, half, sample }];
    }),
  );

export function collectSummaries(
  found: readonly (Pick<NamedSample, 'contestant' | 'half'> & { readonly summary: HalfSummary })[],
): Summaries {
  const summaries = new Map<string, Partial<Record<Half, HalfSummary>>>();
  for (const { contestant, half, summary } of found)
    summaries.set(contestant, { ...summaries.get(contestant), [half]: summary });
  return summaries;
}

/** All at once, in this thread: some seconds for many tasks and documents. */
export const summariesOf = (
  contestants: readonly Pick<Contestant, 'name'>[],
  tally: Tally,
  options: SummaryOptions,
): Summaries =>
  collectSummaries(
    samplesOf(contestants, tally).map(({ sample, ...of }) => ({ ...of, summary: summariseHalf(sample, options) })),
  );
