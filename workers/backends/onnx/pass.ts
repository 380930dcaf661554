/** A block of tokens on its way through the chain. */
import type * as Ort from 'onnxruntime-web';
import { logSumExp } from '../../../src/core/numerics.ts';
import type { HeadRows, Pass } from '../backend.ts';
import type { Cache, KeyValues } from './cache.ts';
import { routeFeeds, type Chain } from './chain.ts';
import { checkIds, headRows, type States } from '../kept.ts';
import { causalMask, rmsNorm, ropeTables } from '../numeric.ts';
import type { Feeds } from './runtime.ts';

export interface PassStart {
  readonly chain: Chain;
  readonly cache: Cache;
  readonly first: number;
  readonly tokens: number;
  /** The site to start at, and the residual stream before it. */
  readonly site: number;
  readonly x: Float32Array;
  /** States before the ones this pass makes; undefined: none are kept. */
  readonly states: States | undefined;
  /** Throws when the sequence is no longer what it was when the pass began. */
  readonly check: () => void;
  /** Called once, after the last site: rows of keys and values by layer (undefined: unchanged) and the kept states. */
  readonly commit: (rows: readonly (KeyValues | undefined)[], states: States | undefined) => void;
}

export function createPass(start: PassStart): Pass {
  const { chain, cache, first, tokens } = start;
  const { runtime, llama, segments } = chain;
  const { width, vocabulary, layers, headDim, ropeBase, rmsEpsilon } = llama.shape;
  const sites = segments.length;
  const rows = new Array<KeyValues | undefined>(layers);
  const states = start.states === undefined ? undefined : [...start.states];
  const positions = positionFeeds(chain, first, tokens, ropeBase, headDim);
  let site = start.site;
  let x: Ort.Tensor = new runtime.ort.Tensor('float32', start.x, [tokens, width]);
  let hostX: Float32Array | undefined = start.x;
  let released = false;

  const checkReleased = (): void => {
    if (released) throw new Error('this pass was released');
  };
  const checkGoesOn = (): void => {
    checkReleased();
    if (site === sites) throw new RangeError('all sites are done: only the logits are left');
    start.check();
  };
  /** The residual stream on the host; on the GPU it is fetched once a site, and only when asked for. */
  const fetchX = async (): Promise<Float32Array> => (hostX ??= (await x.getData()) as Float32Array);
  const dispose = (tensor: Ort.Tensor): void => {
    if (tensor.location !== 'cpu') tensor.dispose();
  };
  const releaseRows = (): void => {
    for (const kv of rows) {
      if (kv === undefined) continue;
      dispose(kv.k);
      dispose(kv.v);
    }
    rows.fill(undefined);
  };

  const logits = async (which: HeadRows): Promise<Float32Array> => {
    checkReleased();
    if (site !== sites) throw new RangeError(`logits after site ${String(sites)}, this pass is at ${String(site)}`);
    const wanted = headRows(which, tokens);
    if (wanted.length === 0) return new Float32Array(0);
    let feed = x;
    if (wanted.length !== tokens || wanted.some((row, i) => row !== i)) {
      const from = await fetchX();
      const some = new Float32Array(wanted.length * width);
      wanted.forEach((row, i) => {
        some.set(from.subarray(row * width, (row + 1) * width), i * width);
      });
      feed = new runtime.ort.Tensor('float32', some, [wanted.length, width]);
    }
    const { data } = output(await chain.head.run({ x: feed }), 'logits');
    if (data.length !== wanted.length * vocabulary) throw new Error('logits of another size');
    return data as Float32Array;
  };

  return {
    first,
    tokens,
    get site() {
      return site;
    },
    input: async () => {
      checkGoesOn();
      return rmsNorm(await fetchX(), chain.norms[site] ?? new Float32Array(0), rmsEpsilon);
    },
    advance: async (routes) => {
      checkGoesOn();
      const segment = segments[site];
      if (segment === undefined) return;
      const layer = site >> 1;
      const attention = site % 2 === 0;
      if (states !== undefined) states[site] = await fetchX();
      const feeds: Feeds = { x, ...routeFeeds(chain, routes, tokens) };
      if (attention) {
        const past = cache.read(layer, first);
        Object.assign(feeds, positions, { past_k: past.k, past_v: past.v });
      }
      const made = await segment.run(feeds);
      if (released) {
        Object.values(made).forEach(dispose);
        checkReleased();
      }
      dispose(x);
      x = output(made, 'y');
      hostX = x.location === 'cpu' ? (x.data as Float32Array) : undefined;
      if (attention) rows[layer] = { k: output(made, 'new_k'), v: output(made, 'new_v') };
      site++;
      if (site === sites) {
        if (states !== undefined) states[sites] = await fetchX();
        checkReleased();
        start.check();
        start.commit(rows, states);
        releaseRows();
      }
    },
    logits,
    candidates: async (ids, which, sums) => {
      const all = await logits(which);
      checkIds(ids, vocabulary);
      const count = all.length / vocabulary;
      const out = new Float32Array(count * ids.length);
      for (let row = 0; row < count; row++) {
        ids.forEach((id, i) => (out[row * ids.length + i] = all[row * vocabulary + id] ?? NaN));
      }
      if (!sums) return { logits: out };
      const sum = (_: unknown, row: number): number => logSumExp(all, row * vocabulary, (row + 1) * vocabulary);
      return { logits: out, sums: Float32Array.from({ length: count }, sum) };
    },
    release: () => {
      if (released) return;
      released = true;
      dispose(x);
      releaseRows();
    },
  };
}

/** What every attention segment reads of the block's place in the sequence. */
function positionFeeds(
  { runtime: { ort } }: Chain,
  first: number,
  tokens: number,
  base: number,
  headDim: number,
): Feeds {
  const { cos, sin } = ropeTables(base, headDim, first, tokens);
  const half = headDim / 2;
  return {
    cos: new ort.Tensor('float32', cos, [tokens, half]),
    sin: new ort.Tensor('float32', sin, [tokens, half]),
    // One token sees everything: a single zero stands for its row.
    mask:
      tokens === 1
        ? new ort.Tensor('float32', new Float32Array(1), [1, 1])
        : new ort.Tensor('float32', causalMask(first, tokens), [tokens, first + tokens]),
  };
}

function output(made: Feeds, name: string): Ort.Tensor {
  const tensor = made[name];
  if (tensor === undefined) throw new Error(`the segment gave no ${name}`);
  return tensor;
}
