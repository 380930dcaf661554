import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReference, readText } from '../../tools/model-files.ts';
import { encodeBytes, pairKey, type BpeModel } from './bpe.ts';
import { readGguf, type Gguf, type GgufValue } from './gguf.ts';
import { parsePackageManifest } from './manifest.ts';
import { byteLetters, readTokenizer, wellFormed } from './tokenizer.ts';

/** Of any code points, unpaired surrogates among them. */
const anyText = fc.array(fc.nat(0x10ffff), { maxLength: 20 }).map((points) => String.fromCodePoint(...points));

const tiny = readGguf(
  readReference('tiny', parsePackageManifest(readText('tiny/manifest.json')).base.file),
  'tiny.gguf',
);
const tokenizer = readTokenizer(tiny);

describe('every byte has a token here, so', () => {
  test('any text comes back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids, { special: true })).toBe(wellFormed(text));
        expect(ids.reduce((n, id) => n + tokenizer.bytes(id).length, 0)).toBe(tokenizer.encodableBytes(text));
      }),
    );
  });

  test('a text that grows never takes back what it showed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const ids = tokenizer.encode(text, { special: false });
        let shown = '';
        for (let n = 1; n <= ids.length; n++) {
          const next = tokenizer.decodeOpen(ids.slice(0, n));
          expect(next.startsWith(shown)).toBe(true);
          shown = next;
        }
        expect(shown).toBe(wellFormed(text));
      }),
    );
  });
});

test('special tokens as text are special, unless told otherwise', () => {
  const [start, end] = [tokenizer.idOf('<|im_start|>'), tokenizer.idOf('<|im_end|>')];
  expect(tokenizer.encode('<|im_start|><|im_end|>')).toEqual([start, end]);
  const plain = tokenizer.encode('<|im_start|>', { special: false });
  expect(plain.some((id) => tokenizer.isSpecial(id))).toBe(false);
  expect(tokenizer.decode(plain)).toBe('<|im_start|>');
  expect(tokenizer.decode([start ?? 0, ...tokenizer.encode('a'), end ?? 0])).toBe('a');
  expect(tokenizer.decode([])).toBe('');
});

test('a part of a character shows as U+FFFD by itself and is held back while open', () => {
  const ids = tokenizer.encode('é');
  expect(ids.map((id) => tokenizer.text(id))).toEqual(['\ufffd', '\ufffd']);
  expect(tokenizer.decodeOpen(ids.slice(0, 1))).toBe('');
  expect(tokenizer.decode(ids.slice(0, 1))).toBe('\ufffd');
});

test('unpaired surrogates become U+FFFD', () => {
  expect(tokenizer.encode('\ud800a\udc00')).toEqual(tokenizer.encode('\ufffda\ufffd'));
});

test('unknown ids decode to nothing', () => {
  expect(tokenizer.decode([9999, -1])).toBe('');
  expect(tokenizer.idOf('nothing of the kind')).toBeUndefined();
});

describe('merging', () => {
  /** Letters a to d as ids 0 to 3; merges by rank. */
  const vocabulary = ['a', 'b', 'c', 'd', 'ab', 'bc', 'abc', 'aa', 'aaaa', 'cd', 'abcd'];
  const merges = ['b c', 'a a', 'aa aa', 'a b', 'a bc', 'ab c', 'c d', 'abc d'];
  const idOf = (token: string) => vocabulary.indexOf(token);
  const model: BpeModel = {
    byteIds: Int32Array.from({ length: 256 }, (_, b) => (b >= 97 && b <= 100 ? b - 97 : -1)),
    ranks: new Map(
      merges.map((merge, rank) => {
        const [left = '', right = ''] = merge.split(' ');
        return [pairKey(idOf(left), idOf(right), vocabulary.length), rank];
      }),
    ),
    merged: Int32Array.from(merges, (merge) => idOf(merge.replace(' ', ''))),
    vocabulary: vocabulary.length,
  };
  const split = (text: string) => encodeBytes(model, new TextEncoder().encode(text)).map((id) => vocabulary[id]);

  /** The rule itself, slowly: the lowest rank anywhere, the leftmost of equals, again and again. */
  function slowly(text: string): string[] {
    const parts = Array.from(text).filter((c) => c >= 'a' && c <= 'd');
    for (;;) {
      let best = -1;
      let at = -1;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = merges.indexOf(`${parts[i] ?? ''} ${parts[i + 1] ?? ''}`);
        if (rank >= 0 && (best < 0 || rank < best)) [best, at] = [rank, i];
      }
      if (at < 0) return parts;
      parts.splice(at, 2, (parts[at] ?? '') + (parts[at + 1] ?? ''));
    }
  }

  test.each([
    ['', []],
    ['abcd', ['abcd']],
    ['aaaaa', ['aaaa', 'a']],
    ['aaa', ['aa', 'a']],
    ['aabc', ['aa', 'bc']],
    ['axb', ['ab']],
  ])('%j', (text, parts) => {
    expect(split(text)).toEqual(parts);
  });

  test('equal to the rule itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'x'), maxLength: 40 }), (text) => {
        expect(split(text)).toEqual(slowly(text));
      }),
      { numRuns: 500 },
    );
  });

  test('a long run of one letter is no square', () => {
    const before = performance.now();
    expect(split('a'.repeat(200_000))).toHaveLength(50_000);
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});

test('256 different letters stand for the bytes', () => {
  expect(new Set(byteLetters).size).toBe(256);
  expect([byteLetters[0x20], byteLetters[0x0a], byteLetters[0x41], byteLetters[0xff]]).toEqual(['Ġ', 'Ċ', 'A', 'ÿ']);
});

describe('what is wrong is named', () => {
  const changed = (key: string, value: GgufValue | undefined): Gguf => {
    const metadata = new Map(tiny.metadata);
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
    return { ...tiny, metadata };
  };
  const strings = (values: readonly string[]): GgufValue => ({
    kind: 'strings',
    length: values.length,
    values: () => values,
  });
  const T = 'tokenizer.ggml';

  test.each<[string, string, GgufValue | undefined, string]>([
    ['another model', `${T}.model`, 'llama', 'tokenizer.ggml.model is "llama"'],
    ['another split', `${T}.pre`, 'llama-bpe', 'tokenizer.ggml.pre is "llama-bpe"'],
    ['no split', `${T}.pre`, undefined, 'tokenizer.ggml.pre is missing'],
    ['no tokens', `${T}.tokens`, strings([]), 'tokenizer.ggml.tokens is "0 tokens"'],
    ['fewer tokens than types', `${T}.tokens`, strings(['a', 'b']), 'tokenizer.ggml.token_type is "297 types"'],
    [
      'a token twice',
      `${T}.tokens`,
      strings(Array.from({ length: 297 }, () => 'x')),
      'tokenizer.ggml.tokens[1] is "x"',
    ],
    ['merges that are numbers', `${T}.merges`, 7, 'tokenizer.ggml.merges is 7'],
    ['a merge of one', `${T}.merges`, strings(['ab']), 'tokenizer.ggml.merges[0] is "ab"'],
    ['a merge to no token', `${T}.merges`, strings(['q z']), 'tokenizer.ggml.merges[0] is "q z"'],
  ])('%s', (_, key, value, message) => {
    expect(() => readTokenizer(changed(key, value))).toThrow(message);
  });
});
