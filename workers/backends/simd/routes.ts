/** From sparse routes over units to the table that LoRA's kernels read: for each block of ranks its tokens and gates. */
import type { SiteRoutes } from '../backend.ts';
import { forEachChosen, type RankTable, type UnitRows } from '../units.ts';
import { RANKS, type Experts } from './experts.ts';
import type { Block, Heap } from './heap.ts';
import type { LoraTable } from './machine.ts';

/** i32 words of an entry of the table, see `Entry` in kernels/lora.ts. */
const ENTRY_WORDS = 5;

export interface SiteRouting {
  readonly table: LoraTable;
  /**
   * Mixes factors in the space of ranks: what the experts of a token gave (Σ_j w_j A_j u) is added up and handed to every
   * one of them, times its own weight and scale. To be called between both halves of LoRA; undefined where outputs are mixed.
   */
  readonly fold: (() => void) | undefined;
}

export interface Router {
  /**
   * Undefined when no unit is chosen, or none of the chosen has factors at this site.
   * @param routes of the tokens from `from` to `to` of a block of `tokens`
   * @throws RangeError as `forEachChosen` does
   */
  readonly route: (
    site: number,
    routes: SiteRoutes,
    tokens: number,
    from: number,
    to: number,
  ) => SiteRouting | undefined;
}

/**
 * @param units what unit numbers mean at the time of a call
 * @param columns of the factors A
 */
export function createRouter(
  experts: Experts,
  ranks: RankTable,
  units: () => readonly UnitRows[],
  columns: number,
  heap: Heap,
): Router {
  const buffers = new Map<string, Block>();
  /** A block of at least so many bytes; contents are not kept. */
  const buffer = (name: string, bytes: number): Block => {
    const had = buffers.get(name);
    if (had !== undefined && had.bytes >= bytes) return had;
    if (had !== undefined) heap.free(had);
    const made = heap.allocate(2 * bytes);
    buffers.set(name, made);
    return made;
  };
  const total = experts.first.at(-1) ?? 0;
  const chosen = createChosen(total);

  return {
    route: (site, routes, tokens, from, to) => {
      const at = experts.sites[site];
      if (at === undefined) throw new RangeError(`site ${String(site)} of ${String(experts.sites.length)}`);
      const factors = routes.mix === 'factors';
      chosen.clear();
      forEachChosen(ranks, units(), routes, tokens, (token, rows, weight) => {
        if (token < from || token >= to) return;
        const start = ranks.first[rows.expert] ?? 0;
        const block = experts.first[rows.expert] ?? 0;
        const scale = ranks.scale[rows.expert] ?? 0;
        const last = rows.to - start;
        for (let rank = rows.from - start; rank < last;) {
          const number = Math.floor(rank / RANKS);
          const end = Math.min(last, (number + 1) * RANKS);
          if (at.blocks[block + number] !== undefined) {
            chosen.add(token - from, block + number, rank - number * RANKS, end - number * RANKS, weight, scale);
          }
          rank = end;
        }
      });
      const { pairs } = chosen;
      if (pairs === 0) return undefined;
      const sorted = chosen.sorted();
      // All that may grow memory comes before the views into it.
      const entries = buffer('entries', 4 * ENTRY_WORDS * total);
      const list = buffer('tokens', 4 * pairs);
      const gates = buffer('gates', 32 * pairs);
      const h = buffer('h', 32 * at.modules * pairs);
      const entryWords = heap.ints(entries);
      let count = 0;
      let largest = 0;
      for (const { block, first, length } of sorted.groups) {
        const factorsAt = at.blocks[block];
        if (factorsAt === undefined) continue;
        entryWords.set([factorsAt.a, factorsAt.b, factorsAt.pairs ? 1 : 0, length, first], ENTRY_WORDS * count);
        count++;
        largest = Math.max(largest, length);
      }
      heap.ints(list, 0, pairs).set(sorted.tokens);
      heap.floats(gates, 0, RANKS * pairs).set(factors ? sorted.weights : sorted.scaled);
      const { modules, widths, outputs } = at;
      const table = {
        modules,
        widths,
        outputs,
        columns,
        entries,
        count,
        largest,
        pairs,
        tokens: list,
        gates,
        h,
      };
      if (!factors) return { table, fold: undefined };
      const { first } = experts;
      /** Place of a block within its expert: factors of equal places are added. */
      const place = new Int32Array(total);
      for (let e = 0; e + 1 < first.length; e++) {
        for (let block = first[e] ?? 0, i = 0; block < (first[e + 1] ?? 0); block++, i++) place[block] = i;
      }
      const fold = (): void => {
        foldRanks(heap.floats(h, 0, RANKS * modules * pairs), sorted, place, modules);
      };
      return { table, fold };
    },
  };
}

interface Sorted {
  /** By block, then by token: `[pair]`, and gates `[pair][8]`. */
  readonly tokens: Int32Array;
  readonly weights: Float32Array;
  /** Weights times the expert's scale. */
  readonly scaled: Float32Array;
  readonly groups: readonly { readonly block: number; readonly first: number; readonly length: number }[];
}

interface ChosenPairs {
  readonly pairs: number;
  readonly clear: () => void;
  readonly add: (token: number, block: number, from: number, to: number, weight: number, scale: number) => void;
  readonly sorted: () => Sorted;
}

/** Collects (token, block) pairs, token after token; weights of units that share ranks add up. */
function createChosen(blocks: number): ChosenPairs {
  let capacity = 64;
  let tokens = new Int32Array(capacity);
  let block = new Int32Array(capacity);
  let weights = new Float32Array(RANKS * capacity);
  let scaled = new Float32Array(RANKS * capacity);
  let pairs = 0;
  /** Latest pair of each block, and how many it has. */
  const latest = new Int32Array(blocks);
  const counts = new Int32Array(blocks);
  const grow = (): void => {
    const larger = <T extends Int32Array | Float32Array>(array: T, to: T): T => {
      to.set(array);
      return to;
    };
    capacity *= 2;
    tokens = larger(tokens, new Int32Array(capacity));
    block = larger(block, new Int32Array(capacity));
    weights = larger(weights, new Float32Array(RANKS * capacity));
    scaled = larger(scaled, new Float32Array(RANKS * capacity));
  };
  return {
    get pairs() {
      return pairs;
    },
    clear: () => {
      pairs = 0;
      latest.fill(-1);
      counts.fill(0);
    },
    add: (token, number, from, to, weight, scale) => {
      let pair = latest[number] ?? -1;
      if (pair < 0 || tokens[pair] !== token) {
        if (pairs === capacity) grow();
        pair = pairs++;
        latest[number] = pair;
        counts[number] = (counts[number] ?? 0) + 1;
        tokens[pair] = token;
        block[pair] = number;
        weights.fill(0, RANKS * pair, RANKS * (pair + 1));
        scaled.fill(0, RANKS * pair, RANKS * (pair + 1));
      }
      for (let i = RANKS * pair + from; i < RANKS * pair + to; i++) {
        weights[i] = (weights[i] ?? 0) + weight;
        scaled[i] = (scaled[i] ?? 0) + weight * scale;
      }
    },
    sorted: () => {
      const groups: { block: number; first: number; length: number }[] = [];
      const next = new Int32Array(blocks);
      let at = 0;
      for (let number = 0; number < blocks; number++) {
        const length = counts[number] ?? 0;
        next[number] = at;
        if (length > 0) groups.push({ block: number, first: at, length });
        at += length;
      }
      const out = {
        tokens: new Int32Array(pairs),
        weights: new Float32Array(RANKS * pairs),
        scaled: new Float32Array(RANKS * pairs),
      };
      for (let pair = 0; pair < pairs; pair++) {
        const number = block[pair] ?? 0;
        const to = next[number] ?? 0;
        next[number] = to + 1;
        out.tokens[to] = tokens[pair] ?? 0;
        for (let i = 0; i < RANKS; i++) {
          out.weights[RANKS * to + i] = weights[RANKS * pair + i] ?? 0;
          out.scaled[RANKS * to + i] = scaled[RANKS * pair + i] ?? 0;
        }
      }
      return { ...out, groups };
    },
  };
}

/** @param h `[pair][modules][8]`, Σ is over a token's pairs of equal place; then each pair gets its scaled weights */
function foldRanks(h: Float32Array, { tokens, scaled, groups }: Sorted, place: Int32Array, modules: number): void {
  const width = RANKS * modules;
  const sums = new Map<string, Float32Array>();
  const key = (block: number, pair: number): string => `${String(place[block])}.${String(tokens[pair])}`;
  const pairs = groups.flatMap(({ block, first, length }) =>
    Array.from({ length }, (_, i) => ({ pair: first + i, key: key(block, first + i) })),
  );
  for (const { pair, key: name } of pairs) {
    let sum = sums.get(name);
    if (sum === undefined) sums.set(name, (sum = new Float32Array(width)));
    for (let i = 0; i < width; i++) sum[i] = (sum[i] ?? 0) + (h[pair * width + i] ?? 0);
  }
  for (const { pair, key: name } of pairs) {
    const sum = sums.get(name);
    for (let i = 0; i < width; i++) h[pair * width + i] = (sum?.[i] ?? 0) * (scaled[RANKS * pair + (i % RANKS)] ?? 0);
  }
}
