/** What the thread that computes averages is asked. Types only. */
import type { HalfSample, HalfSummary, SummaryOptions } from '../core/evaluation/half.ts';

export interface SummaryApi {
  summarise(sample: HalfSample, options: SummaryOptions): HalfSummary;
}
