import { FormatError } from './errors.ts';

/**
 * A cursor over little-endian bytes. Every read is checked against the end first; a failed one names what was being read.
 * `what` is the field's name in a message.
 */
export interface ByteReader {
  readonly position: () => number;
  /** Bytes between the cursor and the end. */
  readonly left: () => number;
  readonly u8: (what: string) => number;
  readonly i8: (what: string) => number;
  readonly u16: (what: string) => number;
  readonly i16: (what: string) => number;
  readonly u32: (what: string) => number;
  readonly i32: (what: string) => number;
  readonly f32: (what: string) => number;
  readonly f64: (what: string) => number;
  readonly u64: (what: string) => bigint;
  readonly i64: (what: string) => bigint;
  /** An unsigned 64-bit number used as a length or offset: at most `most`, or the file is refused. */
  readonly size: (what: string, most: number) => number;
  /** Steps over `bytes` and returns where they began. */
  readonly skip: (what: string, bytes: number) => number;
}

export function byteReader(bytes: Uint8Array, file: string): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const skip = (what: string, count: number): number => {
    if (count > bytes.length - at) {
      throw new FormatError(
        file,
        what,
        `${String(count)} bytes at offset ${String(at)}`,
        `the file ends at ${String(bytes.length)}: it is cut off or damaged, fetch it again`,
      );
    }
    const from = at;
    at += count;
    return from;
  };
  const u64 = (what: string): bigint => view.getBigUint64(skip(what, 8), true);
  return {
    position: () => at,
    left: () => bytes.length - at,
    u8: (what) => view.getUint8(skip(what, 1)),
    i8: (what) => view.getInt8(skip(what, 1)),
    u16: (what) => view.getUint16(skip(what, 2), true),
    i16: (what) => view.getInt16(skip(what, 2), true),
    u32: (what) => view.getUint32(skip(what, 4), true),
    i32: (what) => view.getInt32(skip(what, 4), true),
    f32: (what) => view.getFloat32(skip(what, 4), true),
    f64: (what) => view.getFloat64(skip(what, 8), true),
    u64,
    i64: (what) => view.getBigInt64(skip(what, 8), true),
    size: (what, most) => {
      // Two halves: a BigInt for each of the hundred thousand string lengths of a vocabulary is slow.
      const from = skip(what, 8);
      const value = view.getUint32(from, true) + view.getUint32(from + 4, true) * 2 ** 32;
      if (value > most) {
        throw new FormatError(
          file,
          what,
          view.getBigUint64(from, true),
          `at most ${String(most)} can be there: the file is cut off or damaged, fetch it again`,
        );
      }
      return value;
    },
    skip,
  };
}
