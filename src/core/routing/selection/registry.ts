import { createRegistry } from '../../registry.ts';
import type { Selection } from '../policy.ts';
import { all } from './all.ts';
import { single } from './single.ts';
import { topK } from './top-k.ts';

export const SELECTIONS = createRegistry<Selection>('selection', [topK, single, all]);
