/** Averages with their intervals off the page's thread: thousands of resamples of thousands of documents take seconds. */
import * as Comlink from 'comlink';
import { summariseHalf } from '../src/core/evaluation/half.ts';
import type { SummaryApi } from '../src/protocol/summary.ts';

Comlink.expose({ summarise: summariseHalf } satisfies SummaryApi);
