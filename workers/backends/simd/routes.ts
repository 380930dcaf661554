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
  /** Place of a block within its expert: factors of equal places are added. */
  const places = new Int32Array(total);
  experts.first.forEach((first, e) => {
    const end = experts.first[e + 1] ?? first;
    for (let block = first; block < end; block++) places[block] = block - first;
  });

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
            chosen.add(
              token - from,
              block + number,
              rank - number * RANKS,
              end - number * RANKS,
              weight,
              weight * scale,
            );
          }
          rank = end;
        }
      });
      const { pairs } = chosen;
      if (pairs === 0) return undefined;
      const groups = chosen.groups();
      // All that may grow memory comes before the views into it.
      const entries = buffer('entries', 4 * ENTRY_WORDS * total);
      const list = buffer('tokens', 4 * pairs);
      const gates = buffer('gates', 32 * pairs);
      const h = buffer('h', 32 * at.modules * pairs);
      const words = heap.ints(entries);
      let count = 0;
      let largest = 0;
      for (const { block, first, length } of groups) {
        const factorsAt = at.blocks[block];
        if (factorsAt === undefined) continue;
        const word = ENTRY_WORDS * count++;
        words[word] = factorsAt.a;
        words[word + 1] = factorsAt.b;
        words[word + 2] = factorsAt.pairs ? 1 : 0;
        words[word + 3] = length;
        words[word + 4] = first;
        largest = Math.max(largest, length);
      }
      chosen.writeTokens(heap.ints(list, 0, pairs));
      chosen.writeGates(heap.floats(gates, 0, RANKS * pairs), factors ? 'plain' : 'scaled');
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
      const fold = (): void => {
        const scaled = new Float32Array(RANKS * pairs);
        chosen.writeGates(scaled, 'scaled');
        const tokensOf = heap.ints(list, 0, pairs);
        foldRanks(heap.floats(h, 0, RANKS * modules * pairs), tokensOf, scaled, groups, places, modules);
      };
      return { table, fold };
    },
  };
}

interface Group {
  readonly block: number;
  readonly first: number;
  readonly length: number;
}

/** (token, block) pairs as they were added, token after token; weights of units that share ranks add up. */
interface ChosenPairs {
  readonly pairs: number;
  readonly clear: () => void;
  readonly add: (token: number, block: number, from: number, to: number, weight: number, scaled: number) => void;
  /** Blocks in rising order with their places in the sorted list. */
  readonly groups: () => readonly Group[];
  /** By block, then by token: rows of u `[pair]`, and gates `[pair][8]`, plain or times the expert's scale. */
  readonly writeTokens: (to: Int32Array) => void;
  readonly writeGates: (to: Float32Array, which: 'plain' | 'scaled') => void;
}

/** Of this module's own, as a binding of another one is looked up each time where modules are not bundled. */
const WIDTH = RANKS;

function createChosen(blocks: number): ChosenPairs {
  let capacity = 64;
  let tokens = new Int32Array(capacity);
  let block = new Int32Array(capacity);
  /** Place of a pair in the sorted list. */
  let places = new Int32Array(capacity);
  let plain = new Float32Array(RANKS * capacity);
  let scaled = new Float32Array(RANKS * capacity);
  let pairs = 0;
  /** Latest pair of each block, and how many it has. */
  const latest = new Int32Array(blocks).fill(-1);
  const counts = new Int32Array(blocks);
  const next = new Int32Array(blocks);
  const grow = (): void => {
    const larger = <T extends Int32Array | Float32Array>(array: T, to: T): T => {
      to.set(array);
      return to;
    };
    capacity *= 2;
    tokens = larger(tokens, new Int32Array(capacity));
    block = larger(block, new Int32Array(capacity));
    places = new Int32Array(capacity);
    plain = larger(plain, new Float32Array(RANKS * capacity));
    scaled = larger(scaled, new Float32Array(RANKS * capacity));
  };
  // Plain loops throughout: a prompt has tens of thousands of pairs over all sites.
  return {
    get pairs() {
      return pairs;
    },
    clear: () => {
      for (let pair = 0; pair < pairs; pair++) {
        const number = block[pair] ?? 0;
        latest[number] = -1;
        counts[number] = 0;
      }
      pairs = 0;
    },
    add: (token, number, from, to, weight, weightScaled) => {
      const known = latest[number] ?? -1;
      const isNew = known < 0 || tokens[known] !== token;
      if (isNew && pairs === capacity) grow();
      const pair = isNew ? pairs++ : known;
      const start = WIDTH * pair;
      if (isNew) {
        latest[number] = pair;
        counts[number] = (counts[number] ?? 0) + 1;
        tokens[pair] = token;
        block[pair] = number;
        plain.fill(0, start, start + WIDTH);
        scaled.fill(0, start, start + WIDTH);
      }
      for (let i = start + from; i < start + to; i++) {
        plain[i] = (plain[i] ?? 0) + weight;
        scaled[i] = (scaled[i] ?? 0) + weightScaled;
      }
    },
    groups: () => {
      const groups: Group[] = [];
      let first = 0;
      for (let number = 0; number < blocks; number++) {
        const length = counts[number] ?? 0;
        if (length === 0) continue;
        next[number] = first;
        groups.push({ block: number, first, length });
        first += length;
      }
      for (let pair = 0; pair < pairs; pair++) {
        const number = block[pair] ?? 0;
        const place = next[number] ?? 0;
        places[pair] = place;
        next[number] = place + 1;
      }
      return groups;
    },
    writeTokens: (to) => {
      for (let pair = 0; pair < pairs; pair++) to[places[pair] ?? 0] = tokens[pair] ?? 0;
    },
    writeGates: (to, which) => {
      const from = which === 'plain' ? plain : scaled;
      for (let pair = 0; pair < pairs; pair++) {
        let at = WIDTH * pair;
        let place = WIDTH * (places[pair] ?? 0);
        for (const end = at + WIDTH; at < end;) to[place++] = from[at++] ?? 0;
      }
    },
  };
}

/** @param h `[pair][modules][8]`, Σ is over a token's pairs of equal place; then each pair gets its scaled weights */
function foldRanks(
  h: Float32Array,
  tokens: Int32Array,
  scaled: Float32Array,
  groups: readonly Group[],
  places: Int32Array,
  modules: number,
): void {
  const width = RANKS * modules;
  const sums = new Map<string, Float32Array>();
  const pairs = groups.flatMap(({ block, first, length }) =>
    Array.from({ length }, (_, i) => ({
      pair: first + i,
      key: `${String(places[block])}.${String(tokens[first + i])}`,
    })),
  );
  for (const { pair, key } of pairs) {
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = new Float32Array(width)));
    for (let i = 0; i < width; i++) sum[i] = (sum[i] ?? 0) + (h[pair * width + i] ?? 0);
  }
  for (const { pair, key } of pairs) {
    const sum = sums.get(key);
    for (let i = 0; i < width; i++) h[pair * width + i] = (sum?.[i] ?? 0) * (scaled[RANKS * pair + (i % RANKS)] ?? 0);
  }
}
