/** A KV cache, and the states of those blocks that may be resumed. */
import type { Sequence } from '../backend.ts';
import {
  checkBlock,
  checkCut,
  extent,
  keptAfterBegin,
  keptAfterResume,
  keptWithin,
  resumable,
  type KeptBlock,
} from '../kept.ts';
import { createCache, type Cache } from './cache.ts';
import { embed, type Chain } from './chain.ts';
import { createPass } from './pass.ts';

export function openSequence(chain: Chain): Sequence {
  const { layers, kvHeads, headDim } = chain.llama.shape;
  return sequence(chain, createCache(chain.runtime, layers, kvHeads * headDim), 0, []);
}

function sequence(chain: Chain, cache: Cache, startLength: number, startBlocks: readonly KeptBlock[]): Sequence {
  const { width } = chain.llama.shape;
  let length = startLength;
  let blocks = startBlocks;
  /** Counts changes: a pass that began before one may not end after it. */
  let version = 0;
  let released = false;

  const checkOpen = (): void => {
    if (released) throw new Error('this sequence was released');
  };
  const unchanged = (): (() => void) => {
    const began = version;
    return () => {
      checkOpen();
      if (version !== began) throw new Error('the sequence changed while this pass was under way: begin again');
    };
  };
  const replace = (nextLength: number, nextBlocks: readonly KeptBlock[]): void => {
    length = nextLength;
    blocks = nextBlocks;
    version++;
  };

  return {
    get length() {
      return length;
    },
    begin: async (ids, options = {}) => {
      checkOpen();
      const tokens = ids.length;
      const first = length;
      checkBlock(first, tokens, chain.context);
      const check = unchanged();
      return Promise.resolve(
        createPass({
          chain,
          cache,
          first,
          tokens,
          site: 0,
          x: embed(chain, ids),
          states: options.keep === true ? [] : undefined,
          check,
          commit: (rows, states) => {
            rows.forEach((kv, layer) => {
              if (kv !== undefined) cache.write(layer, first, kv);
            });
            replace(first + tokens, keptAfterBegin(blocks, first, tokens, states));
          },
        }),
      );
    },
    resume: async (first, site) => {
      checkOpen();
      const block = resumable(blocks, length, first, site);
      if (block === undefined) return Promise.resolve(undefined);
      const { tokens, x } = block;
      return Promise.resolve(
        createPass({
          chain,
          cache,
          first,
          tokens,
          site,
          x,
          states: block.states.slice(0, site),
          check: unchanged(),
          commit: (rows, states = []) => {
            rows.forEach((kv, layer) => {
              if (kv !== undefined) cache.write(layer, first, kv);
            });
            replace(first + tokens, keptAfterResume(blocks, first, states, site));
          },
        }),
      );
    },
    fork: async () => {
      checkOpen();
      const rows = extent(blocks, length);
      return Promise.resolve(sequence(chain, cache.copy(rows), length, blocks));
    },
    truncate: (to) => {
      checkOpen();
      checkCut(to);
      replace(Math.min(length, to), keptWithin(blocks, to, width));
    },
    release: () => {
      if (released) return;
      released = true;
      cache.release();
    },
  };
}
