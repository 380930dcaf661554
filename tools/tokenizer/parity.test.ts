import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGguf } from '../../src/formats/gguf.ts';
import { readTokenizer } from '../../src/formats/tokenizer.ts';
import { readWordPiece } from '../../src/formats/wordpiece.ts';
import { readBase, readBytes } from '../model-files.ts';
import { asciiJson, oddStrings } from './corpus.ts';

interface Reference {
  readonly strings: string;
  readonly ids: readonly string[];
  readonly decoded?: string;
}

const load = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8')) as Reference;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Ids are stored as differences. */
function unpack(row: string): readonly number[] {
  let id = 0;
  return row === '' ? [] : row.split(' ').map((step) => (id += Number(step)));
}

const strings = oddStrings();

/** Strings on which the ids are not those of Python, shown with what they are made of. */
function differences(encode: (text: string) => readonly number[], reference: Reference): readonly string[] {
  return strings.filter((text, i) => encode(text).join() !== unpack(reference.ids[i] ?? 'missing').join());
}

test('the references are of these strings, at least 2,000 and all different', () => {
  const hash = sha256(asciiJson(strings));
  expect([load('bpe').strings, load('wordpiece').strings]).toEqual([hash, hash]);
  expect(new Set(strings).size).toBeGreaterThan(2500);
});

describe('byte-level BPE against tokenizers in Python', () => {
  const tokenizer = readTokenizer(readGguf(readBase(), 'base.gguf'));
  const reference = load('bpe');

  test('the same ids for every string', () => {
    expect(differences((text) => tokenizer.encode(text), reference)).toEqual([]);
  });

  test('the same texts back', () => {
    const decoded = reference.ids.map((row) => tokenizer.decode(unpack(row), { special: true }));
    expect(sha256(decoded.join('\0'))).toBe(reference.decoded);
  });
});

describe('WordPiece against tokenizers in Python', () => {
  const wordPiece = readWordPiece(readGguf(readBytes('all-minilm-l6-v2/all-minilm-l6-v2.gguf'), 'embedder.gguf'));
  /**
   * The Rust library's tables of marks and punctuation end with Unicode 8; characters added later split words there
   * otherwise than by their category. The vocabulary has none of them: such words are unknown either way.
   */
  const later = [
    0xc84, 0x116b9, 0x11f4f, 0x1e944, 0x1e945, 0x1e946, 0x1e947, 0x1e948, 0x1e949, 0x1e94a, 0x1e95e, 0x1e95f,
  ];
  const isLater = (text: string) => later.some((c) => text.includes(String.fromCodePoint(c)));

  test('the same ids for every string of Unicode 8', () => {
    const different = differences((text) => wordPiece.encode(text), load('wordpiece'));
    expect(different.filter((text) => !isLater(text))).toEqual([]);
    expect(different.length).toBeLessThan(10);
  });
});
