/**
 * BERT's uncased WordPiece from a GGUF (`tokenizer.ggml.model = bert`), as Hugging Face's BertWordPieceTokenizer has it:
 * clean, space out CJK, strip accents, lower-case; split at white space and punctuation; longest piece first.
 * llama.cpp's vocabulary marks the beginning of a word with U+2581 and leaves continuations bare (BERT's `##`).
 */
import { FormatError } from './errors.ts';
import { metadataString, metadataStrings, type Gguf } from './gguf.ts';
import { wellFormed } from './tokenizer.ts';

export interface WordPiece {
  readonly size: number;
  /** `[CLS] … [SEP]`, at most `maxTokens` ids in all: what is longer is cut at its end. */
  encode(text: string, maxTokens?: number): number[];
}

const WORD_START = '\u2581';
/** Longer words, in characters, are unknown. */
const LONGEST_WORD = 100;
type Special = '[UNK]' | '[SEP]' | '[CLS]' | '[PAD]' | '[MASK]';
const specialPattern = /\[(?:UNK|SEP|CLS|PAD|MASK)\]/g;

/** @throws FormatError when the metadata is missing or of another kind. */
export function readWordPiece(gguf: Gguf): WordPiece {
  const { file } = gguf;
  const model = metadataString(gguf, 'tokenizer.ggml.model');
  if (model !== 'bert') throw new FormatError(file, 'tokenizer.ggml.model', model, '"bert" (WordPiece) is read');
  const tokens = metadataStrings(gguf, 'tokenizer.ggml.tokens');
  const specials = new Map<string, number>();
  const starts = new Map<string, number>();
  const continuations = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (token.startsWith('[') && token.endsWith(']')) specials.set(token, id);
    else if (token.startsWith(WORD_START)) starts.set(token.slice(1), id);
    else continuations.set(token, id);
  });
  const idOf = (name: Special): number => {
    const id = specials.get(name);
    if (id === undefined) throw new FormatError(file, 'tokenizer.ggml.tokens', `no ${name}`, 'BERT needs it');
    return id;
  };
  const unknown = idOf('[UNK]');
  const begin = idOf('[CLS]');
  const end = idOf('[SEP]');
  const encodeSection = (text: string, out: number[]): void => {
    for (const word of words(text)) out.push(...(pieces(word, starts, continuations) ?? [unknown]));
  };
  return {
    size: tokens.length,
    encode: (text, maxTokens = Infinity) => {
      const clean = wellFormed(text);
      const out = [begin];
      let at = 0;
      for (const match of clean.matchAll(specialPattern)) {
        encodeSection(clean.slice(at, match.index), out);
        out.push(specials.get(match[0]) ?? unknown);
        at = match.index + match[0].length;
      }
      encodeSection(clean.slice(at), out);
      if (out.length > maxTokens - 1) out.length = Math.max(1, maxTokens - 1);
      out.push(end);
      return out;
    },
  };
}

function pieces(
  word: string,
  starts: ReadonlyMap<string, number>,
  continuations: ReadonlyMap<string, number>,
): number[] | undefined {
  const letters = Array.from(word);
  if (letters.length > LONGEST_WORD) return undefined;
  const out: number[] = [];
  for (let from = 0; from < letters.length;) {
    const known = from === 0 ? starts : continuations;
    let to = letters.length;
    let id = known.get(letters.slice(from, to).join(''));
    while (id === undefined && to > from + 1) id = known.get(letters.slice(from, --to).join(''));
    if (id === undefined) return undefined;
    out.push(id);
    from = to;
  }
  return out;
}

/** Words and punctuation marks of a text, normalised. */
function words(text: string): readonly string[] {
  let spaced = '';
  for (const c of text) {
    if (c === '\uFFFD' || isControl(c)) continue;
    spaced += isCjk(c) ? ` ${c} ` : c;
  }
  let lower = '';
  for (const c of spaced.normalize('NFD')) {
    // Letter by letter: the final sigma of a word is none of WordPiece's business.
    if (!/\p{Mn}/u.test(c)) lower += c.toLowerCase();
  }
  return lower.match(/[\p{P}!-/:-@[-`{-~]|[^\p{White_Space}\p{P}!-/:-@[-`{-~]+/gu) ?? [];
}

const isControl = (c: string): boolean => c !== '\t' && c !== '\n' && c !== '\r' && /[\p{Cc}\p{Cf}\p{Co}]/u.test(c);

function isCjk(c: string): boolean {
  const p = c.codePointAt(0) ?? 0;
  return (
    (p >= 0x4e00 && p <= 0x9fff) ||
    (p >= 0x3400 && p <= 0x4dbf) ||
    (p >= 0x20000 && p <= 0x2a6df) ||
    (p >= 0x2a700 && p <= 0x2b73f) ||
    (p >= 0x2b740 && p <= 0x2b81f) ||
    (p >= 0x2b920 && p <= 0x2ceaf) ||
    (p >= 0xf900 && p <= 0xfaff) ||
    (p >= 0x2f800 && p <= 0x2fa1f)
  );
}
