/** What lies where in WebAssembly memory: blocks handed out and taken back, and views of them. */
import { growTo } from './kernels.ts';

export interface Block {
  /** Address, a multiple of 64. */
  readonly at: number;
  readonly bytes: number;
}

export interface Heap {
  /** Contents are whatever was there before. @throws EngineError `memory` */
  readonly allocate: (bytes: number) => Block;
  /** A block may be freed once. */
  readonly free: (block: Block) => void;
  /** Views hold until the next `allocate`: memory that grows detaches them. @throws RangeError beyond the block */
  readonly bytes: (block: Block, from?: number, count?: number) => Uint8Array;
  readonly floats: (block: Block, from?: number, count?: number) => Float32Array;
  readonly ints: (block: Block, from?: number, count?: number) => Int32Array;
  /** Bytes in use. */
  readonly used: () => number;
  /** For tests: blocks beside which something was written. Empty unless the heap was made with `guarded`. */
  readonly damaged: () => readonly Block[];
}

const ALIGN = 64;
/** Memory grows by at least so many bytes. */
const STEP = 1 << 20;
const POISON = 0x7fa5a5a5;

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** @param guarded puts poisoned words before and behind every block, so that a test sees when they are written to */
export function createHeap(memory: WebAssembly.Memory, base: number, guarded = false): Heap {
  const guard = guarded ? ALIGN : 0;
  /** Free spans by rising address; neighbours are joined. */
  let gaps: { at: number; bytes: number }[] = [];
  let end = roundUp(base, ALIGN);
  let used = 0;
  const live = new Map<number, { block: Block; span: { at: number; bytes: number } }>();

  const take = (bytes: number): number => {
    const index = gaps.findIndex((gap) => gap.bytes >= bytes);
    const gap = gaps[index];
    if (gap !== undefined) {
      const { at } = gap;
      if (gap.bytes === bytes) gaps.splice(index, 1);
      else gaps[index] = { at: at + bytes, bytes: gap.bytes - bytes };
      return at;
    }
    const last = gaps.at(-1);
    const at = last !== undefined && last.at + last.bytes === end ? last.at : end;
    if (at + bytes > memory.buffer.byteLength) growTo(memory, Math.max(at + bytes, memory.buffer.byteLength + STEP));
    if (at !== end) gaps.pop();
    end = at + bytes;
    return at;
  };
  const poison = (block: Block): void => {
    for (const at of [block.at - guard, block.at + roundUp(block.bytes, 4)]) {
      new Uint32Array(memory.buffer, at, guard / 4).fill(POISON);
    }
  };
  const check = (block: Block, from: number, bytes: number): void => {
    if (live.get(block.at)?.block !== block) throw new RangeError('this block of memory was freed');
    if (from < 0 || bytes < 0 || from + bytes > block.bytes) {
      throw new RangeError(
        `bytes ${String(from)} to ${String(from + bytes)} of a block of ${String(block.bytes)} bytes`,
      );
    }
  };

  return {
    allocate: (bytes) => {
      if (!(Number.isInteger(bytes) && bytes >= 0)) throw new RangeError(`a block of ${String(bytes)} bytes`);
      const span = { at: 0, bytes: roundUp(Math.max(bytes, 1), ALIGN) + 2 * guard };
      span.at = take(span.bytes);
      const block = { at: span.at + guard, bytes };
      live.set(block.at, { block, span });
      used += span.bytes;
      if (guarded) poison(block);
      return block;
    },
    free: (block) => {
      check(block, 0, 0);
      const span = live.get(block.at)?.span;
      if (span === undefined) return;
      live.delete(block.at);
      used -= span.bytes;
      const joined: { at: number; bytes: number }[] = [];
      for (const gap of [...gaps, span].sort((a, b) => a.at - b.at)) {
        const before = joined.at(-1);
        if (before !== undefined && before.at + before.bytes === gap.at) before.bytes += gap.bytes;
        else joined.push({ ...gap });
      }
      gaps = joined;
    },
    bytes: (block, from = 0, count = block.bytes - from) => {
      check(block, from, count);
      return new Uint8Array(memory.buffer, block.at + from, count);
    },
    floats: (block, from = 0, count = Math.floor(block.bytes / 4) - from) => {
      check(block, 4 * from, 4 * count);
      return new Float32Array(memory.buffer, block.at + 4 * from, count);
    },
    ints: (block, from = 0, count = Math.floor(block.bytes / 4) - from) => {
      check(block, 4 * from, 4 * count);
      return new Int32Array(memory.buffer, block.at + 4 * from, count);
    },
    used: () => used,
    damaged: () => {
      if (!guarded) return [];
      return [...live.values()].flatMap(({ block }) =>
        [block.at - guard, block.at + roundUp(block.bytes, 4)].every((at) =>
          new Uint32Array(memory.buffer, at, guard / 4).every((word) => word === POISON),
        )
          ? []
          : [block],
      );
    },
  };
}
