/** The statistics of evaluation. How to choose among them, and how well they keep their word: docs/statistics.md. */
export { benjaminiHochberg, holm } from './adjust.ts';
export { bootstrapAverage, bootstrapMean, differences } from './bootstrap.ts';
export type { BootstrapResult } from './bootstrap.ts';
export type { Interval } from './interval.ts';
export { mcnemarExact, mcnemarMidP } from './mcnemar.ts';
export { normalisedAverage, normalisedDifference, normalisedScore } from './normalised.ts';
export type { NormalisedPair, NormalisedTask } from './normalised.ts';
export { detectableDifference, documentsNeeded, power, smallestSignificantDifference } from './planning.ts';
export { tango } from './tango.ts';
export { verdict, verdicts } from './verdict.ts';
export type { Judged } from './verdict.ts';
export { wilson } from './wilson.ts';
