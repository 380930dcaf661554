/** A KV cache in pages, and the states of those blocks that may be resumed. */
import type { Pass, Sequence } from '../backend.ts';
import {
  checkBlock,
  checkCut,
  checkIds,
  extent,
  keptAfterBegin,
  keptAfterResume,
  keptWithin,
  resumable,
  type KeptBlock,
  type States,
} from '../kept.ts';
import type { SimdEngine } from './engine.ts';
import { PAGE } from './layout.ts';
import type { Page } from './pages.ts';
import { createPass, pagesFor, promise, type PassStart, type Segment } from './pass.ts';

export const openSequence = (engine: SimdEngine): Sequence => sequence(engine, [], 0, []);

/** @param startPages held by the sequence from now on */
function sequence(
  engine: SimdEngine,
  startPages: readonly Page[],
  startLength: number,
  startBlocks: readonly KeptBlock[],
): Sequence {
  const { pages: store, context, llama } = engine;
  const { width, vocabulary } = llama.shape;
  const pages = [...startPages];
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
    for (const page of pages.splice(pagesFor(extent(blocks, length)))) store.drop(page);
  };

  /**
   * Pages for a block, held once for the pass. Those that the block writes to are the pass's own to write to: new ones, or
   * copies of what someone else holds or of what still counts behind the block's beginning.
   */
  const pagesOf = (first: number, tokens: number): readonly Page[] =>
    takePages(first, tokens, extent(blocks, length) > first);
  /** The same for a block of which the sequence keeps nothing. */
  const ownPages = (first: number, tokens: number): readonly Page[] => takePages(first, tokens, true);
  /** @param counts whether something still counts behind `first` on pages that the sequence alone holds */
  const takePages = (first: number, tokens: number, counts: boolean): readonly Page[] => {
    const shared = Math.floor(first / PAGE);
    const taken = pages.slice(0, shared).map((page) => store.hold(page));
    try {
      for (let p = shared; p < pagesFor(first + tokens); p++) {
        const page = pages[p];
        if (page === undefined) taken.push(store.take());
        else if (counts || page.holders > 1) taken.push(store.copy(page));
        else taken.push(store.hold(page));
      }
    } catch (error) {
      for (const page of taken) store.drop(page);
      throw error;
    }
    return taken;
  };
  /** Puts the pass's pages of the block in place of the sequence's. */
  const adopt = (taken: readonly Page[], first: number): void => {
    for (let p = Math.floor(first / PAGE); p < taken.length; p++) {
      const page = taken[p];
      const old = pages[p];
      if (page === undefined || page === old) continue;
      if (old !== undefined) store.drop(old);
      pages[p] = store.hold(page);
    }
  };
  const passOf = (
    start: Pick<PassStart, 'first' | 'site' | 'x' | 'states'> & { readonly tokens: number },
    kept: (states: States | undefined) => readonly KeptBlock[],
  ): Pass => {
    const { first, tokens } = start;
    const taken = pagesOf(first, tokens);
    try {
      return createPass({
        ...start,
        engine,
        segments: [{ tokens, pages: taken }],
        check: unchanged(),
        commit: (states) => {
          adopt(taken, first);
          replace(first + tokens, kept(states));
        },
      });
    } catch (error) {
      for (const page of taken) store.drop(page);
      throw error;
    }
  };

  return {
    get length() {
      return length;
    },
    begin: (ids, options = {}) =>
      promise(() => {
        checkOpen();
        const first = length;
        const tokens = ids.length;
        checkBlock(first, tokens, context);
        checkIds(ids, vocabulary);
        const states = options.keep === true ? [] : undefined;
        return passOf({ first, tokens, site: 0, x: { ids }, states }, (made) =>
          keptAfterBegin(blocks, first, tokens, made),
        );
      }),
    resume: (first, site) =>
      promise(() => {
        checkOpen();
        const block = resumable(blocks, length, first, site);
        if (block === undefined) return undefined;
        const { tokens, x, states } = block;
        return passOf({ first, tokens, site, x: { state: x }, states: states.slice(0, site) }, (made = []) =>
          keptAfterResume(blocks, first, made, site),
        );
      }),
    branch: (continuations) =>
      promise(() => {
        checkOpen();
        if (continuations.length === 0) throw new RangeError('no continuations');
        for (const ids of continuations) {
          checkBlock(length, ids.length, context);
          checkIds(ids, vocabulary);
        }
        const segments: Segment[] = [];
        const drop = (): void => {
          for (const page of segments.flatMap(({ pages: held }) => held)) store.drop(page);
        };
        try {
          for (const { length: tokens } of continuations) segments.push({ tokens, pages: ownPages(length, tokens) });
          const ids = Int32Array.from(continuations.flatMap((list) => [...list]));
          const common = { engine, first: length, site: 0, states: undefined };
          return createPass({ ...common, segments, x: { ids }, check: unchanged(), commit: () => undefined });
        } catch (error) {
          drop();
          throw error;
        }
      }),
    fork: () =>
      promise(() => {
        checkOpen();
        return sequence(
          engine,
          pages.map((page) => store.hold(page)),
          length,
          blocks,
        );
      }),
    truncate: (to) => {
      checkOpen();
      checkCut(to);
      replace(Math.min(length, to), keptWithin(blocks, to, width));
    },
    release: () => {
      if (released) return;
      released = true;
      for (const page of pages.splice(0)) store.drop(page);
    },
  };
}
