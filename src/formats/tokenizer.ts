/**
 * The tokenizer of a GGUF with `tokenizer.ggml.model = gpt2` and `tokenizer.ggml.pre = smollm`: each numeral by itself, then
 * GPT-2's split, then byte-level BPE. Token for token equal to Hugging Face's `tokenizers` built as
 * Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]) over BPE (see tools/tokenizer/).
 */
import { encodeBytes, pairKey, type BpeModel } from './bpe.ts';
import { FormatError } from './errors.ts';
import { metadataNumbers, metadataString, metadataStrings, type Gguf } from './gguf.ts';

export interface Tokenizer {
  /** Number of tokens. */
  readonly size: number;
  /**
   * Text to ids. Special tokens that stand in the text as text (`<|im_end|>`) become special tokens, as Hugging Face's
   * tokenizer has it, unless `special` is false. Unpaired surrogates become U+FFFD first.
   */
  encode(text: string, options?: { readonly special?: boolean }): number[];
  /** Ids to text; bytes that are no UTF-8 become U+FFFD. Special tokens are left out unless `special`. */
  decode(ids: readonly number[], options?: { readonly special?: boolean }): string;
  /**
   * As `decode`, for an answer that is still growing: a last character of which bytes are missing is held back, so that
   * each text is a beginning of the next one.
   */
  decodeOpen(ids: readonly number[]): string;
  /** A token's own bytes. */
  bytes(id: number): Uint8Array;
  /** A token's own text; a part of a character shows as U+FFFD. */
  text(id: number): string;
  isSpecial(id: number): boolean;
  /** The id of a token given as in the vocabulary; special tokens as they are written. */
  idOf(token: string): number | undefined;
  /** How many UTF-8 bytes of a text survive encoding: the vocabulary has no token for some bytes, and these are dropped. */
  encodableBytes(text: string): number;
}

const CONTROL = 3;
const LARGEST_VOCABULARY = 2 ** 26;
const CACHE = 20_000;
/** Longer pre-tokens are rare and would fill the memory. */
const LONGEST_CACHED = 64;

/** GPT-2's printable stand-in for each byte. */
export const byteLetters: readonly string[] = (() => {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
})();
const letterBytes: ReadonlyMap<string, number> = new Map(byteLetters.map((letter, byte) => [letter, byte]));

/**
 * One pre-token a match. JavaScript's `\s` is not Unicode's White_Space (it has U+FEFF and lacks U+0085), so it is spelt out.
 * Numerals of every script stand alone; the split before them counts as an end of text for the run of spaces in front.
 */
const preToken =
  /\p{N}|'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?![^\p{White_Space}\p{N}])|\p{White_Space}+/gu;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Python cannot hold an unpaired surrogate and UTF-8 cannot write it: U+FFFD takes its place. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');

/** @throws FormatError when the metadata is missing, of another kind, or contradicts itself. */
export function readTokenizer(gguf: Gguf): Tokenizer {
  const { file } = gguf;
  const model = metadataString(gguf, 'tokenizer.ggml.model');
  if (model !== 'gpt2') throw new FormatError(file, 'tokenizer.ggml.model', model, '"gpt2" (byte-level BPE) is read');
  const pre = metadataString(gguf, 'tokenizer.ggml.pre');
  if (pre !== 'smollm') throw new FormatError(file, 'tokenizer.ggml.pre', pre, '"smollm" is the split that is known');
  const tokens = metadataStrings(gguf, 'tokenizer.ggml.tokens');
  const types = metadataNumbers(gguf, 'tokenizer.ggml.token_type');
  if (tokens.length < 1 || tokens.length > LARGEST_VOCABULARY) {
    throw new FormatError(file, 'tokenizer.ggml.tokens', `${String(tokens.length)} tokens`, 'a vocabulary is needed');
  }
  if (types.length !== tokens.length) {
    throw new FormatError(
      file,
      'tokenizer.ggml.token_type',
      `${String(types.length)} types`,
      `${String(tokens.length)} tokens have one each`,
    );
  }
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (token === '' || ids.has(token)) {
      throw new FormatError(
        file,
        `tokenizer.ggml.tokens[${String(id)}]`,
        token,
        'each token must be there once and not empty',
      );
    }
    ids.set(token, id);
  });
  const bpe = readMerges(file, tokens, ids, metadataStrings(gguf, 'tokenizer.ggml.merges'));
  return makeTokenizer(
    tokens,
    ids,
    types.map((type) => type === CONTROL),
    bpe,
  );
}

function readMerges(
  file: string,
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  merges: readonly string[],
): BpeModel {
  const vocabulary = tokens.length;
  const ranks = new Map<number, number>();
  const merged = new Int32Array(merges.length);
  merges.forEach((merge, rank) => {
    const space = merge.indexOf(' ');
    const left = ids.get(merge.slice(0, space));
    const right = ids.get(merge.slice(space + 1));
    const made = ids.get(merge.slice(0, space) + merge.slice(space + 1));
    if (space < 1 || left === undefined || right === undefined || made === undefined) {
      throw new FormatError(
        file,
        `tokenizer.ggml.merges[${String(rank)}]`,
        merge,
        'two tokens with a space between are meant, and together a token',
      );
    }
    ranks.set(pairKey(left, right, vocabulary), rank);
    merged[rank] = made;
  });
  const byteIds = Int32Array.from(byteLetters, (letter) => ids.get(letter) ?? -1);
  return { byteIds, ranks, merged, vocabulary };
}

function makeTokenizer(
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  special: readonly boolean[],
  bpe: BpeModel,
): Tokenizer {
  const specialPattern = alternatives(tokens.filter((_, id) => special[id]));
  const cache = new Map<string, readonly number[]>();
  const pieces: (Uint8Array | undefined)[] = [];

  const encodePreToken = (piece: string): readonly number[] => {
    const known = cache.get(piece);
    if (known !== undefined) return known;
    const found = encodeBytes(bpe, encoder.encode(piece));
    if (piece.length <= LONGEST_CACHED) {
      if (cache.size >= CACHE) cache.clear();
      cache.set(piece, found);
    }
    return found;
  };
  const encodePlain = (text: string, out: number[]): void => {
    for (const [piece] of text.matchAll(preToken)) for (const id of encodePreToken(piece)) out.push(id);
  };
  const bytes = (id: number): Uint8Array => (pieces[id] ??= pieceBytes(tokens[id] ?? ''));
  const join = (list: readonly number[], keepSpecial: boolean): Uint8Array => {
    const shown = list.filter((id) => keepSpecial || special[id] !== true).map(bytes);
    const joined = new Uint8Array(shown.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of shown) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  };
  return {
    size: tokens.length,
    encode: (text, options) => {
      const clean = wellFormed(text);
      const out: number[] = [];
      if (options?.special === false || specialPattern === undefined) {
        encodePlain(clean, out);
        return out;
      }
      let at = 0;
      for (const match of clean.matchAll(specialPattern)) {
        encodePlain(clean.slice(at, match.index), out);
        out.push(ids.get(match[0]) ?? 0);
        at = match.index + match[0].length;
      }
      encodePlain(clean.slice(at), out);
      return out;
    },
    decode: (list, options) => decoder.decode(join(list, options?.special === true)),
    decodeOpen: (list) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(join(list, false), { stream: true }),
    bytes,
    text: (id) => decoder.decode(bytes(id)),
    isSpecial: (id) => special[id] === true,
    idOf: (token) => ids.get(token),
    encodableBytes: (text) =>
      encoder.encode(wellFormed(text)).reduce((sum, byte) => sum + ((bpe.byteIds[byte] ?? -1) >= 0 ? 1 : 0), 0),
  };
}

/** Matches any of the texts, the longest where several begin; undefined without texts. */
function alternatives(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const sorted = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'gu');
}

/** A token whose letters all stand for bytes is these bytes; any other is its own text. */
function pieceBytes(token: string): Uint8Array {
  const out: number[] = [];
  for (const letter of token) {
    const byte = letterBytes.get(letter);
    if (byte === undefined) return encoder.encode(token);
    out.push(byte);
  }
  return Uint8Array.from(out);
}
