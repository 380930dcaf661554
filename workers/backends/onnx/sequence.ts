/** A KV cache, and the states of those blocks that may be resumed. */
import { EngineError } from '../../../src/protocol/error.ts';
import type { Sequence } from '../backend.ts';
import { createCache, type Cache } from './cache.ts';
import { embed, type Chain } from './chain.ts';
import { createPass, type States } from './pass.ts';

/**
 * A block whose states are remembered. Keys and values of its tokens stay in the cache, also behind the sequence's end,
 * in the layers whose attention site is at or before `valid`.
 */
interface KeptBlock {
  readonly first: number;
  readonly tokens: number;
  readonly states: States;
  /** Last site whose state still holds: what was resumed before this block changed everything behind it. */
  readonly valid: number;
}

export function openSequence(chain: Chain): Sequence {
  const { layers, kvHeads, headDim } = chain.llama.shape;
  return sequence(chain, createCache(chain.runtime, layers, kvHeads * headDim), 0, []);
}

function sequence(chain: Chain, cache: Cache, startLength: number, startBlocks: readonly KeptBlock[]): Sequence {
  const sites = chain.segments.length;
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
      if (tokens === 0) throw new RangeError('a block has at least one token');
      if (first + tokens > chain.context) {
        const over = first + tokens - chain.context;
        throw new EngineError(
          'context',
          `${String(first + tokens)} tokens are ${String(over)} more than the ${String(chain.context)} this model takes: shorten the prompt or the answer.`,
        );
      }
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
            // Kept blocks behind the old end were waiting to be resumed; their place is taken now.
            const before = blocks.filter((block) => block.first < first);
            const added = states === undefined ? [] : [{ first, tokens, states, valid: sites }];
            replace(first + tokens, [...before, ...added]);
          },
        }),
      );
    },
    resume: async (first, site) => {
      checkOpen();
      const block = blocks.find((kept) => kept.first === first);
      const x = block?.states[site];
      if (block === undefined || x === undefined || site > block.valid || first > length)
        return Promise.resolve(undefined);
      const { tokens } = block;
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
            const next = blocks.map((kept) => {
              if (kept.first < first) return kept;
              if (kept.first === first) return { first, tokens, states, valid: sites };
              return { ...kept, valid: Math.min(kept.valid, site) };
            });
            replace(first + tokens, next);
          },
        }),
      );
    },
    fork: async () => {
      checkOpen();
      const rows = blocks.reduce((n, block) => Math.max(n, block.first + block.tokens), length);
      return Promise.resolve(sequence(chain, cache.copy(rows), length, blocks));
    },
    truncate: (to) => {
      checkOpen();
      if (!(Number.isInteger(to) && to >= 0)) throw new RangeError(`a sequence cannot be cut to ${String(to)} tokens`);
      const cut = blocks.flatMap((block): readonly KeptBlock[] => {
        if (block.first >= to) return [];
        const tokens = Math.min(block.tokens, to - block.first);
        if (tokens === block.tokens) return [block];
        return [{ ...block, tokens, states: block.states.map((state) => state.subarray(0, tokens * width)) }];
      });
      replace(Math.min(length, to), cut);
    },
    release: () => {
      if (released) return;
      released = true;
      cache.release();
    },
  };
}
