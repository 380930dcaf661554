/** The UTF-8 bytes of a text, one after the other; a lone surrogate counts as U+FFFD. */
export function eachByte(text: string, put: (byte: number) => void): void {
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) put(code);
    else if (code < 0x800) [0xc0 | (code >> 6), 0x80 | (code & 63)].forEach(put);
    else if (code < 0x10000) [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)].forEach(put);
    else [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)].forEach(put);
  }
}

export function utf8Bytes(text: string): Uint8Array {
  const bytes: number[] = [];
  eachByte(text, (byte) => bytes.push(byte));
  return Uint8Array.from(bytes);
}
