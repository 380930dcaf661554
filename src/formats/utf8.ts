const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const LONGEST_BY_HAND = 24;

/**
 * Bytes `from` to `to` as text; what is no UTF-8 becomes U+FFFD, a byte order mark stays.
 * A call of TextDecoder costs more than the few letters of a vocabulary entry, so short strings of one- and two-byte
 * characters (all that byte-level vocabularies hold) are decoded here. A copy is decoded, since a browser holds on to the
 * whole file of a view that it was given, see workers/handed-over.ts.
 */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > LONGEST_BY_HAND) return decoder.decode(bytes.slice(from, to));
  let text = '';
  for (let i = from; i < to; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const next = i + 1 < to ? (bytes[i + 1] ?? 0) : 0;
    if (lead < 0xc2 || lead > 0xdf || (next & 0xc0) !== 0x80) return decoder.decode(bytes.slice(from, to));
    text += String.fromCharCode(((lead & 0x1f) << 6) | (next & 0x3f));
    i++;
  }
  return text;
}
