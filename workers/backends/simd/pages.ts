/** Pages of keys and values: 64 positions of every layer. Sequences share pages until one of them writes. */
import type { Block, Heap } from './heap.ts';

export interface Page {
  readonly block: Block;
  /** Sequences and passes that hold it. */
  holders: number;
}

export interface Pages {
  /** Held once. @throws EngineError `memory` */
  readonly take: () => Page;
  readonly hold: (page: Page) => Page;
  /** Freed when nobody holds it any more. */
  readonly drop: (page: Page) => void;
  /** A copy, held once. */
  readonly copy: (page: Page) => Page;
}

export function createPages(heap: Heap, bytes: number): Pages {
  const take = (): Page => ({ block: heap.allocate(bytes), holders: 1 });
  return {
    take,
    hold: (page) => {
      page.holders++;
      return page;
    },
    drop: (page) => {
      page.holders--;
      if (page.holders === 0) heap.free(page.block);
    },
    copy: (page) => {
      const made = take();
      heap.bytes(made.block).set(heap.bytes(page.block));
      return made;
    },
  };
}
