/** Entries of the two registries, with their parameters' types inferred from the descriptions. */
import type { ParamSpecs } from '../params.ts';
import type { Score, Selection } from './policy.ts';

export const defineScore = <S extends ParamSpecs>(score: Score<S>): Score<S> => score;
export const defineSelection = <S extends ParamSpecs>(selection: Selection<S>): Selection<S> => selection;
