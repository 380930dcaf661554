/** Byte-level byte-pair encoding of one pre-token at a time: symbols are token ids from the start. */

export interface BpeModel {
  /** Id of each single byte, −1 where the vocabulary has none: such bytes are left out, as Hugging Face's tokenizer does. */
  readonly byteIds: Int32Array;
  /** Rank of a merge by its two ids, see `pairKey`; the lowest rank is applied first. */
  readonly ranks: ReadonlyMap<number, number>;
  /** Id that a merge of this rank makes. */
  readonly merged: Int32Array;
  readonly vocabulary: number;
}

/** Exact for vocabularies up to 2^26. */
export const pairKey = (left: number, right: number, vocabulary: number): number => left * vocabulary + right;

/**
 * Merges the lowest rank first, the leftmost of equal ones, until no pair is left: O(n log n), so that a pre-token of any
 * length (20,000 equal letters) costs no more than its share. Bytes without an id take no part: their neighbours may merge.
 */
export function encodeBytes(model: BpeModel, bytes: Uint8Array): number[] {
  const { byteIds, ranks, merged, vocabulary } = model;
  const ids = new Int32Array(bytes.length);
  let length = 0;
  for (const byte of bytes) {
    const id = byteIds[byte] ?? -1;
    if (id >= 0) ids[length++] = id;
  }
  // A linked list over positions; −1 ends it, a merged-away symbol has id −1.
  const next = Int32Array.from({ length }, (_, i) => (i + 1 < length ? i + 1 : -1));
  const previous = Int32Array.from({ length }, (_, i) => i - 1);
  const queue: number[] = [];
  const offer = (left: number): void => {
    const right = next[left] ?? -1;
    if (right < 0) return;
    const rank = ranks.get(pairKey(ids[left] ?? 0, ids[right] ?? 0, vocabulary));
    // Rank and position in one number: 2^26 ranks times 2^26 positions are exact in a double.
    if (rank !== undefined) push(queue, rank * 2 ** 26 + left);
  };
  for (let i = 0; i + 1 < length; i++) offer(i);
  for (;;) {
    const top = pop(queue);
    if (top === undefined) break;
    const rank = Math.floor(top / 2 ** 26);
    const left = top % 2 ** 26;
    const right = next[left] ?? -1;
    if ((ids[left] ?? -1) < 0 || right < 0) continue;
    // An entry made before one of its sides changed is dropped, unless the new pair makes the same token: then it is
    // applied at the old rank. So Hugging Face's implementation has it, and it decides which merge comes first.
    const now = ranks.get(pairKey(ids[left] ?? 0, ids[right] ?? 0, vocabulary));
    if (now === undefined || merged[now] !== merged[rank]) continue;
    ids[left] = merged[rank] ?? 0;
    ids[right] = -1;
    const after = next[right] ?? -1;
    next[left] = after;
    if (after >= 0) previous[after] = left;
    const before = previous[left] ?? -1;
    if (before >= 0) offer(before);
    offer(left);
  }
  const out: number[] = [];
  for (let i = 0; i < length; i++) {
    const id = ids[i] ?? -1;
    if (id >= 0) out.push(id);
  }
  return out;
}

// ---- a binary heap of numbers, smallest first -------------------------------------------------------------------------

function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] ?? 0;
    if (above <= value) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
    const below = heap[child] ?? 0;
    if (below >= last) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return top;
}
