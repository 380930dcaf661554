/** A block of tokens on its way through the layers. */
import type { Pass, SiteRoutes } from '../backend.ts';
import { checkIds, type States } from '../kept.ts';
import { ropeTables } from '../numeric.ts';
import { checkRoutes, type SimdEngine } from './engine.ts';
import { PAGE, SLICE } from './layout.ts';
import type { Page } from './pages.ts';
import { candidateLogits, headLogits, linearScores, runSite, setAngles, siteInput } from './step.ts';

export interface PassStart {
  readonly engine: SimdEngine;
  readonly first: number;
  readonly tokens: number;
  /** The site to start at, and the residual stream before it, `[token][width]`. */
  readonly site: number;
  readonly x: { readonly state: Float32Array } | { readonly ids: Int32Array };
  /** Pages of all positions to the block's end, held by the pass; those of the block are its own to write to. */
  readonly pages: readonly Page[];
  /** States before the ones this pass makes; undefined: none are kept. */
  readonly states: States | undefined;
  /** Throws when the sequence is no longer what it was when the pass began. */
  readonly check: () => void;
  /** Called once, after the last site, with the kept states. */
  readonly commit: (states: States | undefined) => void;
}

export function createPass(start: PassStart): Pass {
  const { engine, first, tokens, pages } = start;
  const { heap, layout, llama, weights, machine, space } = engine;
  const { width, vocabulary, headDim, ropeBase, layers } = llama.shape;
  const sites = 2 * layers;
  const states = start.states === undefined ? undefined : [...start.states];
  const { cos, sin } = ropeTables(ropeBase, headDim, first, tokens);
  // One block for both, so that memory that runs out leaves nothing behind.
  const x = heap.allocate(4 * (tokens * layout.width + pages.length));
  const table = { block: x, from: tokens * layout.width };
  heap.ints(x, table.from, pages.length).set(pages.map(({ block }) => block.at));
  if ('state' in start.x) writeRows(start.x.state);
  else embed(start.x.ids);
  const owner = {};
  const output = new Float32Array(tokens * width);
  let site = start.site;
  let released = false;

  function writeRows(rows: Float32Array): void {
    const to = heap.floats(x, 0, tokens * layout.width);
    if (layout.width === width) to.set(rows.subarray(0, tokens * width));
    else {
      to.fill(0);
      for (let t = 0; t < tokens; t++) to.set(rows.subarray(t * width, (t + 1) * width), t * layout.width);
    }
  }
  function embed(ids: Int32Array): void {
    if (layout.width !== width) heap.floats(x, 0, tokens * layout.width).fill(0);
    ids.forEach((id, token) => {
      machine.row(weights.embedding, id, { block: x, from: token * layout.width });
    });
  }
  /** Rows of `count` tokens without what fills them up, to `out` from token `from` on. */
  const readRows = (block: typeof x, start: number, count: number, out: Float32Array, from: number): void => {
    if (layout.width === width) out.set(heap.floats(block, start * width, count * width), from * width);
    else {
      for (let t = 0; t < count; t++) {
        out.set(heap.floats(block, (start + t) * layout.width, width), (from + t) * width);
      }
    }
  };
  const state = (): Float32Array => {
    const rows = new Float32Array(tokens * width);
    readRows(x, 0, tokens, rows, 0);
    return rows;
  };
  const checkReleased = (): void => {
    if (released) throw new Error('this pass was released');
  };
  const checkGoesOn = (): void => {
    checkReleased();
    if (site === sites) throw new RangeError('all sites are done: only the logits are left');
    start.check();
  };
  /** The site's input of the slice that begins at token `from`, in the workspace. */
  const holdInput = (from: number, count: number): void => {
    if (space.holds?.owner === owner && space.holds.from === from) return;
    siteInput(engine, site, { block: x, from: from * layout.width }, count);
    space.holds = { owner, from };
  };
  const advance = (routes: SiteRoutes | null): void => {
    const half = headDim / 2;
    for (let from = 0; from < tokens; from += SLICE) {
      const count = Math.min(SLICE, tokens - from);
      holdInput(from, count);
      if (site % 2 === 0) {
        setAngles(
          engine,
          cos.subarray(from * half, (from + count) * half),
          sin.subarray(from * half, (from + count) * half),
        );
      }
      runSite(engine, site, {
        x: { block: x, from: from * layout.width },
        at: { first: first + from, tokens: count, pages: table, layer: site >> 1 },
        routes,
        block: tokens,
        from,
      });
      space.holds = undefined;
    }
  };

  /** Rows of logits that are asked for. */
  const headRows = (which: 'last' | 'all'): number => {
    checkReleased();
    if (site !== sites) throw new RangeError(`logits after site ${String(sites)}, this pass is at ${String(site)}`);
    return which === 'all' ? tokens : 1;
  };

  return {
    first,
    tokens,
    get site() {
      return site;
    },
    input: () =>
      promise(() => {
        checkGoesOn();
        for (let from = 0; from < tokens; from += SLICE) {
          const count = Math.min(SLICE, tokens - from);
          holdInput(from, count);
          readRows(space.u.floats.block, 0, count, output, from);
        }
        return output;
      }),
    project: (scores) =>
      promise(() => {
        checkGoesOn();
        const out = new Float32Array(tokens * scores.units);
        for (let from = 0; from < tokens; from += SLICE) {
          const count = Math.min(SLICE, tokens - from);
          holdInput(from, count);
          linearScores(engine, scores, site, count, out, from);
        }
        return out;
      }),
    advance: (routes) =>
      promise(() => {
        checkGoesOn();
        checkRoutes(engine, routes, tokens);
        if (states !== undefined) states[site] = state();
        advance(routes);
        site++;
        if (site < sites) return;
        if (states !== undefined) states[sites] = state();
        start.commit(states);
      }),
    logits: (which) =>
      promise(() => {
        const rows = headRows(which);
        const out = new Float32Array(rows * vocabulary);
        headLogits(engine, { block: x, from: (tokens - rows) * layout.width }, rows, out);
        return out;
      }),
    candidates: (ids, which, sums) =>
      promise(() => {
        const rows = headRows(which);
        checkIds(ids, vocabulary);
        return candidateLogits(engine, { block: x, from: (tokens - rows) * layout.width }, rows, ids, sums);
      }),
    release: () => {
      if (released) return;
      released = true;
      if (space.holds?.owner === owner) space.holds = undefined;
      heap.free(x);
      for (const page of pages) engine.pages.drop(page);
    },
  };
}

/** The kernels answer at once; what they throw becomes a rejection. */
export const promise = <T>(work: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(work());
  });

/** Pages that `tokens` positions take. */
export const pagesFor = (tokens: number): number => Math.ceil(tokens / PAGE);
