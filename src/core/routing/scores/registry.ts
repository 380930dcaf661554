import { createRegistry } from '../../registry.ts';
import type { Score } from '../policy.ts';
import { arrow } from './arrow.ts';
import { averageActivation } from './average-activation.ts';
import { none, uniform } from './constant.ts';
import { glider } from './glider.ts';
import { phatgoose } from './phatgoose.ts';
import { retrieval } from './retrieval.ts';

export const SCORES = createRegistry<Score>('score', [
  none,
  uniform,
  phatgoose,
  averageActivation,
  arrow,
  glider,
  retrieval,
]);
