import { expect, test } from 'vitest';
import { readGguf, type GgufValue } from './gguf.ts';
import { writeGguf } from './gguf-writer.ts';
import { readWordPiece } from './wordpiece.ts';

const tokens = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  '▁un',
  '▁a',
  '▁!',
  '▁σ',
  '▁e',
  '▁漢',
  'aff',
  'able',
  'σ',
  '▁ab',
  'a',
];
const file = (list: readonly string[] = tokens, model = 'bert') =>
  readGguf(
    writeGguf(
      {
        'tokenizer.ggml.model': { type: 'string', value: model },
        'tokenizer.ggml.tokens': { type: 'strings', value: list },
      },
      [],
    ),
    'bert.gguf',
  );
const wordPiece = readWordPiece(file());
const pieces = (text: string, most?: number) => wordPiece.encode(text, most).map((id) => tokens[id]);

test.each([
  ['', ['[CLS]', '[SEP]']],
  ['Unaffable a!', ['[CLS]', '▁un', 'aff', 'able', '▁a', '▁!', '[SEP]']],
  ['unaffa', ['[CLS]', '▁un', 'aff', 'a', '[SEP]']],
  ['unaffq a', ['[CLS]', '[UNK]', '▁a', '[SEP]']],
  ['É é E\u0301', ['[CLS]', '▁e', '▁e', '▁e', '[SEP]']],
  // Lower-cased letter by letter: no final sigma.
  ['ΣΣ', ['[CLS]', '▁σ', 'σ', '[SEP]']],
  ['漢漢', ['[CLS]', '▁漢', '▁漢', '[SEP]']],
  ['a\u0000\u200b\ufffda', ['[CLS]', '▁a', 'a', '[SEP]']],
  ['a[MASK]a [SEP]', ['[CLS]', '▁a', '[MASK]', '▁a', '[SEP]', '[SEP]']],
  ['\ud800a', ['[CLS]', '▁a', '[SEP]']],
])('%j', (text, expected) => {
  expect(pieces(text)).toEqual(expected);
});

test('a word of more than 100 characters is unknown', () => {
  expect(pieces('a'.repeat(100))).toHaveLength(102);
  expect(pieces('a'.repeat(101))).toEqual(['[CLS]', '[UNK]', '[SEP]']);
});

test('what is too long is cut at its end', () => {
  expect(pieces('a a a a', 4)).toEqual(['[CLS]', '▁a', '▁a', '[SEP]']);
  expect(pieces('a a a a', 6)).toHaveLength(6);
});

test('what is wrong is named', () => {
  expect(() => readWordPiece(file(tokens, 'gpt2'))).toThrow('bert.gguf: tokenizer.ggml.model is "gpt2"');
  expect(() => readWordPiece(file(tokens.slice(0, 3)))).toThrow('tokenizer.ggml.tokens is "no [SEP]"');
  const without = { ...file(), metadata: new Map<string, GgufValue>([['tokenizer.ggml.model', 'bert']]) };
  expect(() => readWordPiece(without)).toThrow('tokenizer.ggml.tokens is missing');
});
