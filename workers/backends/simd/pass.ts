/** A block of tokens on its way through the layers. */
import type { HeadRows, Pass, SiteRoutes } from '../backend.ts';
import { checkIds, headRows, type States } from '../kept.ts';
import { ropeTables } from '../numeric.ts';
import { checkRoutes, type SimdEngine } from './engine.ts';
import { PAGE, SLICE } from './layout.ts';
import type { Place } from './machine.ts';
import type { Page } from './pages.ts';
import { candidateLogits, headLogits, linearScores, runSite, setAngles, siteInput, type Span } from './step.ts';

/** Tokens of a block that follow each other in one sequence. */
export interface Segment {
  readonly tokens: number;
  /** Pages of all positions to the segment's end, held by the pass; those of the segment are its own to write to. */
  readonly pages: readonly Page[];
}

export interface PassStart {
  readonly engine: SimdEngine;
  /** Position of the first token, of every segment. */
  readonly first: number;
  /** One, or several that do not see each other. */
  readonly segments: readonly Segment[];
  /** The site to start at, and the residual stream before it, `[token][width]`. */
  readonly site: number;
  readonly x: { readonly state: Float32Array } | { readonly ids: Int32Array };
  /** States before the ones this pass makes; undefined: none are kept. */
  readonly states: States | undefined;
  /** Throws when the sequence is no longer what it was when the pass began. */
  readonly check: () => void;
  /** Called once, after the last site, with the kept states. */
  readonly commit: (states: States | undefined) => void;
}

export function createPass(start: PassStart): Pass {
  const { engine, first, segments } = start;
  const { heap, layout, llama, weights, machine, space } = engine;
  const { width, vocabulary, headDim, ropeBase, layers } = llama.shape;
  const sites = 2 * layers;
  const tokens = segments.reduce((sum, segment) => sum + segment.tokens, 0);
  const pages = segments.flatMap((segment) => segment.pages);
  const states = start.states === undefined ? undefined : [...start.states];
  const longest = segments.reduce((most, segment) => Math.max(most, segment.tokens), 0);
  const { cos, sin } = ropeTables(ropeBase, headDim, first, longest);
  // One block for both, so that memory that runs out leaves nothing behind.
  const x = heap.allocate(4 * (tokens * layout.width + pages.length));
  heap.ints(x, tokens * layout.width, pages.length).set(pages.map(({ block }) => block.at));
  const parts = placed(segments, { block: x, from: tokens * layout.width });
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
  /** The parts of a slice, and their angles into the workspace. */
  const spansOf = (from: number, count: number, site: number): readonly Span[] => {
    const half = headDim / 2;
    return parts.flatMap(({ start: begins, tokens: length, pages: table }): readonly Span[] => {
      const low = Math.max(from, begins);
      const high = Math.min(from + count, begins + length);
      if (low >= high) return [];
      const [row, skip] = [low - from, low - begins];
      if (site % 2 === 0) {
        const range = [skip * half, (skip + high - low) * half] as const;
        setAngles(engine, cos.subarray(...range), sin.subarray(...range), row * half);
      }
      return [{ row, first: first + skip, tokens: high - low, pages: table, layer: site >> 1 }];
    });
  };
  const advance = (routes: SiteRoutes | null): void => {
    for (let from = 0; from < tokens; from += SLICE) {
      const count = Math.min(SLICE, tokens - from);
      holdInput(from, count);
      runSite(engine, site, {
        x: { block: x, from: from * layout.width },
        tokens: count,
        spans: spansOf(from, count, site),
        routes,
        block: tokens,
        from,
      });
      space.holds = undefined;
    }
  };

  const rowsAfterSites = (which: HeadRows): readonly number[] => {
    checkReleased();
    if (site !== sites) throw new RangeError(`logits after site ${String(sites)}, this pass is at ${String(site)}`);
    return headRows(which, tokens);
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
    scores: (linear) =>
      promise(() => {
        checkGoesOn();
        const out = new Float32Array(tokens * engine.linear.units(linear));
        for (let from = 0; from < tokens; from += SLICE) {
          const count = Math.min(SLICE, tokens - from);
          holdInput(from, count);
          linearScores(engine, linear, site, count, out, from);
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
        const rows = rowsAfterSites(which);
        const out = new Float32Array(rows.length * vocabulary);
        headLogits(engine, { block: x, from: 0 }, rows, out);
        return out;
      }),
    candidates: (ids, which, sums) =>
      promise(() => {
        const rows = rowsAfterSites(which);
        checkIds(ids, vocabulary);
        return candidateLogits(engine, { block: x, from: 0 }, rows, ids, sums);
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

/** Segments with their first token in the block and their part of the table of pages, which begins at `table`. */
function placed(
  segments: readonly Segment[],
  table: Place,
): readonly { readonly start: number; readonly tokens: number; readonly pages: Place }[] {
  let start = 0;
  let { from } = table;
  return segments.map(({ tokens, pages }) => {
    const part = { start, tokens, pages: { ...table, from } };
    start += tokens;
    from += pages.length;
    return part;
  });
}

/** The kernels answer at once; what they throw becomes a rejection. */
export const promise = <T>(work: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(work());
  });

/** Pages that `tokens` positions take. */
export const pagesFor = (tokens: number): number => Math.ceil(tokens / PAGE);
