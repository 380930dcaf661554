/** The experts' LoRA factors in WebAssembly memory, in blocks of eight ranks, see kernels/lora.ts. */
import { moduleShape, type LlamaShape, type ModuleName } from '../../../src/formats/llama.ts';
import type { LoraAdapter, LoraModule } from '../../../src/formats/peft.ts';
import { siteModules } from '../sites.ts';
import type { Block, Heap } from './heap.ts';
import type { Kernels } from './kernels.ts';
import { padded } from './layout.ts';

/** Ranks that are computed together. */
export const RANKS = 8;

/** Factors of eight ranks of one expert at one site. */
export interface RankBlock {
  /** Address of `[k][modules · 8]`. */
  readonly a: number;
  /** Address of each module's `[outputs / 4][8][4]`, one after the other. */
  readonly b: number;
  /** Pairs of bf16 instead of f32. */
  readonly pairs: boolean;
}

export interface SiteExperts {
  readonly modules: number;
  /** i32, outputs of each module, filled up to multiples of 8. */
  readonly widths: Block;
  /** Of all modules together. */
  readonly outputs: number;
  /** By number of the block; undefined where the expert leaves the site alone. */
  readonly blocks: readonly (RankBlock | undefined)[];
}

export interface Experts {
  /** First block of each expert; behind the last, the number of blocks. The same at every site. */
  readonly first: readonly number[];
  readonly sites: readonly SiteExperts[];
}

/**
 * Half the memory, and nothing lost, when every value has the low half of its bits zero.
 * A plain loop: an expert has millions of values.
 */
function isBfloat16({ modules, bfloat16 }: LoraAdapter): boolean {
  if (bfloat16 === true) return true;
  for (const { A, B } of modules) {
    for (const { buffer, byteOffset, length } of [A, B]) {
      const bits = new Uint32Array(buffer, byteOffset, length);
      for (let i = 0; i < length; i++) if (((bits[i] ?? 0) & 0xffff) !== 0) return false;
    }
  }
  return true;
}

/** @param step called after each expert */
export async function packExperts(
  adapters: readonly LoraAdapter[],
  shape: LlamaShape,
  kernels: Kernels,
  heap: Heap,
  step: (packed: LoraAdapter) => Promise<void>,
): Promise<Experts> {
  const first = [0];
  for (const { rank } of adapters) first.push((first.at(-1) ?? 0) + Math.ceil(rank / RANKS));
  const sites = Array.from({ length: 2 * shape.layers }, (_, site) => {
    const names: readonly ModuleName[] = site % 2 === 0 ? siteModules.attn : siteModules.ffn;
    const widths = names.map((name) => padded(moduleShape(shape, name)[0]));
    const list = heap.allocate(4 * names.length);
    heap.ints(list).set(widths);
    const blocks: (RankBlock | undefined)[] = [];
    return { names, widths, list, blocks };
  });
  let stage = heap.allocate(4);
  /** Address of a half as f32. */
  const staged = (module: LoraModule, half: 'A' | 'B', length: number): number => {
    if (stage.bytes < 4 * length) {
      heap.free(stage);
      stage = heap.allocate(4 * length);
    }
    const to = heap.floats(stage, 0, length);
    if (module.write === undefined) to.set(module[half]);
    else module.write(half, to);
    return stage.at;
  };

  for (const adapter of adapters) {
    const pairs = isBfloat16(adapter);
    const found = new Map<string, LoraModule>(adapter.modules.map((m) => [`${String(m.layer)}.${m.name}`, m]));
    sites.forEach(({ names, widths, blocks }, site) => {
      const modules = names.map((name) => found.get(`${String(site >> 1)}.${name}`));
      const mine = Array.from({ length: Math.ceil(adapter.rank / RANKS) }, () =>
        modules.some((module) => module !== undefined) ? allocate(heap, shape.width, widths, pairs) : undefined,
      );
      modules.forEach((module, m) => {
        if (module === undefined) return;
        const before = widths.slice(0, m).reduce((sum, width) => sum + width, 0);
        const [outputs] = moduleShape(shape, module.name);
        const A = staged(module, 'A', adapter.rank * shape.width);
        mine.forEach((block, i) => {
          const ranks = Math.min(RANKS, adapter.rank - i * RANKS);
          if (block !== undefined) {
            kernels.packA(A, i * RANKS, ranks, shape.width, names.length, m, pairs ? 1 : 0, block.a);
          }
        });
        const B = staged(module, 'B', outputs * adapter.rank);
        mine.forEach((block, i) => {
          const ranks = Math.min(RANKS, adapter.rank - i * RANKS);
          if (block === undefined) return;
          const to = block.b + before * (pairs ? 16 : 32);
          kernels.packB(B, adapter.rank, i * RANKS, ranks, outputs, pairs ? 1 : 0, to);
        });
      });
      blocks.push(...mine);
    });
    await step(adapter);
  }
  heap.free(stage);
  return {
    first,
    sites: sites.map(({ names, widths, list, blocks }) => ({
      modules: names.length,
      widths: list,
      outputs: widths.reduce((sum, width) => sum + width, 0),
      blocks,
    })),
  };
}

function allocate(heap: Heap, columns: number, widths: readonly number[], pairs: boolean): RankBlock {
  const bytes = pairs ? 2 : 4;
  const sizeA = padded(columns * widths.length * RANKS * bytes, 64);
  const sizeB = widths.reduce((sum, width) => sum + width, 0) * RANKS * bytes;
  const block = heap.allocate(sizeA + sizeB);
  heap.bytes(block).fill(0);
  return { a: block.at, b: block.at + sizeA, pairs };
}
