/** A document's scores, from its measurement. */
import type { TaskDocument } from '../tasks/task.ts';
import { utf8Bytes } from '../utf8.ts';
import type { Likelihood, Measurement } from './measurement.ts';

export interface DocumentScores {
  /** The gold option has the largest log-likelihood (the first of equals), end-of-turn token included. */
  readonly acc?: boolean;
  /** The same with each log-likelihood divided by the option's length in characters (code points): the acc_norm of lm-evaluation-harness. */
  readonly accNorm?: boolean;
  /** The same with the length in UTF-8 bytes: its acc_bytes. */
  readonly accBytes?: boolean;
  /** The greedy answer is the gold one, character for character. */
  readonly exact?: boolean;
  /** Negative log-likelihood of the gold answer, natural logarithm, mean over its tokens. */
  readonly nll: number;
}

export type Metric = 'exact match' | 'accuracy over options' | 'accuracy over options, by length';

/** Index of the largest, the first of equals. */
const best = (values: readonly number[]): number => values.indexOf(Math.max(...values));

export function scoreDocument(
  document: Pick<TaskDocument, 'answer' | 'options' | 'gold'>,
  { gold, options, answer }: Measurement,
): DocumentScores {
  const nll = -gold.logprob / gold.tokens;
  const exact = answer === undefined ? {} : { exact: answer === document.answer };
  if (options === undefined || document.options === undefined) return { ...exact, nll };
  const sums = options.map(({ logprob }: Likelihood) => logprob);
  const texts = document.options;
  const by = (length: (text: string) => number): boolean =>
    best(sums.map((sum, i) => sum / Math.max(1, length(texts[i] ?? '')))) === document.gold;
  return {
    acc: best(sums) === document.gold,
    accNorm: by((text) => Array.from(text).length),
    accBytes: by((text) => utf8Bytes(text).length),
    ...exact,
    nll,
  };
}

/** Whether it is right by this metric; undefined where that was not measured. */
export function isRight(scores: DocumentScores, metric: Metric): boolean | undefined {
  switch (metric) {
    case 'exact match':
      return scores.exact;
    case 'accuracy over options':
      return scores.acc;
    case 'accuracy over options, by length':
      return scores.accNorm;
  }
}
