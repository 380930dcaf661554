/** The rules inside the generators, checked against slower or other ways to the same answer. */
import { describe, expect, test } from 'vitest';
import { expression } from './boolean.ts';
import { openWord } from './brackets.ts';
import { regularPast } from './past-tense.ts';
import { regularPlural } from './plural.ts';
import { draws } from './random.ts';
import { mistype } from './spelling.ts';
import { makeDocuments, splitOf, type TaskSources } from './task.ts';
import { handOvers } from './who-has.ts';
import { wordnet } from './wordnet.ts';

const PAIR: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };

describe('brackets', () => {
  test('word and answer together are balanced, and the word alone is not', () => {
    for (let n = 0; n < 300; n++) {
      const draw = draws(7, String(n));
      const { word, answer } = openWord(draw, 5 + draw.int(10), 4);
      const open: string[] = [];
      for (const symbol of `${word} ${answer}`.split(' ')) {
        if (symbol in PAIR) open.push(symbol);
        else expect(PAIR[open.pop() ?? '']).toBe(symbol);
      }
      expect(open).toEqual([]);
      expect(answer.split(' ').length).toBeLessThanOrEqual(4);
      expect(answer).not.toBe('');
    }
  });
});

/** A small evaluator of its own: shrinks the innermost bracket until one constant is left. */
function evaluate(text: string): boolean {
  let rest = text;
  const step = () =>
    rest
      .replace(/not True/g, 'no')
      .replace(/not False/g, 'True')
      .replace(/\bno\b/g, 'False')
      .replace(/\((True|False) (and|or) (True|False)\)/g, (_, a: string, op: string, b: string) =>
        (op === 'and' ? a === 'True' && b === 'True' : a === 'True' || b === 'True') ? 'True' : 'False',
      );
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = step();
  }
  if (rest !== 'True' && rest !== 'False') throw new Error(`left over: ${rest}`);
  return rest === 'True';
}

test('boolean expressions have the value they claim', () => {
  for (let n = 0; n < 300; n++) {
    const { text, value } = expression(draws(5, String(n)), 1 + (n % 6));
    expect(evaluate(text), text).toBe(value);
  }
});

test('regular past tense', () => {
  expect(['walk', 'love', 'carry', 'play', 'stop', 'fix', 'enter', 'panic'].map(regularPast)).toEqual([
    'walked',
    'loved',
    'carried',
    'played',
    'stopped',
    'fixed',
    null,
    null,
  ]);
});

test('regular plural', () => {
  expect(['cat', 'box', 'city', 'day', 'church', 'hero', 'leaf'].map(regularPlural)).toEqual([
    'cats',
    'boxes',
    'cities',
    'days',
    'churches',
    null,
    null,
  ]);
});

test('a typing error keeps the ends of a word and changes its length by one at most', () => {
  for (let n = 0; n < 300; n++) {
    const wrong = mistype('garden', draws(1, String(n)));
    expect(wrong.at(0)).toBe('g');
    expect(Math.abs(wrong.length - 6)).toBeLessThanOrEqual(1);
  }
});

test('hand-overs: the story, read line by line, ends with the same holders', () => {
  for (let n = 0; n < 200; n++) {
    const { lines, holder } = handOvers(['A', 'B', 'C'], ['cup', 'key'], 1 + (n % 4), draws(2, String(n)));
    const read = new Map<string, string>();
    for (const line of lines) {
      const has = /^(\w) has the (\w+)\.$/.exec(line);
      const gives = /^(\w) gives the (\w+) to (\w)\.$/.exec(line);
      const takes = /^(\w) takes the (\w+) from (\w)\.$/.exec(line);
      if (has) read.set(has[2] ?? '', has[1] ?? '');
      else if (gives) {
        expect(read.get(gives[2] ?? '')).toBe(gives[1]);
        read.set(gives[2] ?? '', gives[3] ?? '');
      } else if (takes) {
        expect(read.get(takes[2] ?? '')).toBe(takes[3]);
        read.set(takes[2] ?? '', takes[1] ?? '');
      } else throw new Error(line);
    }
    expect([...read].sort()).toEqual([...holder].sort());
  }
});

const SENSES = `dog%1:05:00:: 02086723 1 42
dog%1:18:01:: 10042764 2 2
dog%2:38:00:: 02005890 1 2
hot%3:00:01:: 01250274 1 50
hot%5:00:00:active:01 00033190 21 0
hot_dog%1:13:01:: 07692347 1 0
`;
const ADJECTIVES = `  1 licence text
00001000 00 a 02 hot 0 Torrid(p) 0 001 ! 00002000 a 0101 | used of heat
00002000 00 a 01 cold 0 001 ! 00001000 a 0101 | used of cold
`;
const SOURCES: TaskSources = {
  wordnet: { senses: SENSES, adjectives: ADJECTIVES },
  afinn: {},
  irregularVerbs: {},
  irregularPlurals: {},
  countries: {},
  cssColours: {},
  pronunciations: {},
  units: [],
  mediaTypes: {},
  declaration: {},
  subjects: { spam: [], ham: [] },
  britishSpellings: {},
};

describe('wordnet', () => {
  test('reads senses, drops collocations and sums counts by part of speech', () => {
    const { senses, count } = wordnet(SOURCES);
    expect(senses.map((s) => [s.lemma, s.part, s.file, s.number, s.count])).toEqual([
      ['dog', 'noun', 5, 1, 42],
      ['dog', 'noun', 18, 2, 2],
      ['dog', 'verb', 38, 1, 2],
      ['hot', 'adjective', 0, 1, 50],
      ['hot', 'adjective', 0, 21, 0],
    ]);
    expect(count('dog', 'noun')).toBe(44);
    expect(count('cat', 'noun')).toBe(0);
  });
  test('reads synsets (markers cut, lower case) and antonyms of single words', () => {
    const { synsets, antonyms } = wordnet(SOURCES).adjectives;
    expect(synsets).toEqual([['hot', 'torrid'], ['cold']]);
    expect([...(antonyms.get('hot') ?? [])]).toEqual(['cold']);
    expect(antonyms.get('torrid')).toBeUndefined();
  });
  test('refuses an unknown part of speech', () => {
    const broken = { ...SOURCES, wordnet: { senses: 'dog%9:05:00:: 1 1 1\n', adjectives: '' } };
    expect(() => wordnet(broken)).toThrow('unknown part of speech');
  });
});

describe('makeDocuments', () => {
  const recipe = {
    id: 'toy',
    items: Array.from({ length: 50 }, (_, i) => String(i)),
    key: (item: string) => item,
    sizes: { train: 40, validation: 5, test: 5 },
    make: (item: string, draw: { int(below: number): number }) => ({
      prompt: `${item} ${String(draw.int(9))}`,
      answer: item,
      items: [item],
    }),
  };
  test('keeps every item in the split of its key and never repeats a prompt', () => {
    const documents = makeDocuments(recipe, 1);
    for (const split of ['train', 'validation', 'test'] as const)
      for (const d of documents[split]) expect(splitOf(d.answer)).toBe(split);
    const all = Object.values(documents).flat();
    expect(new Set(all.map((d) => d.prompt)).size).toBe(all.length);
    expect(all.length).toBe(50);
  });
  test('stops where there are no new prompts, and throws where a split has no item', () => {
    const few = { ...recipe, make: (item: string) => ({ prompt: item, answer: item, items: [item] }) };
    const inTrain = recipe.items.filter((i) => splitOf(i) === 'train').length;
    expect(makeDocuments(few, 1).train.length).toBe(Math.min(40, inTrain));
    const one = recipe.items.filter((i) => splitOf(i) === 'train');
    expect(() => makeDocuments({ ...recipe, items: one }, 1)).toThrow('no items for split test');
  });
});
