/** The generators of stories and statements, read back by other means than they were written by. */
import { describe, expect, test } from 'vitest';
import { ADJECTIVES, orders } from './adjective-order.ts';
import { carries } from './belief.ts';
import { amount } from './counting.ts';
import { CLASSES } from './groups.ts';
import { walk } from './navigate.ts';
import { sounds } from './pronunciation.ts';
import { draws } from './random.ts';
import { shifted } from './si-conversion.ts';
import { bareSubject } from './spam.ts';
import { keysOf, SPLITS } from './task.ts';

test('a walk, followed step by step, ends at home where it says so', () => {
  for (let n = 0; n < 500; n++) {
    const { text, home } = walk(draws(4, String(n)));
    const at = { forward: 0, backward: 0, left: 0, right: 0 };
    for (const [, steps, way] of text.matchAll(/(\d) steps? (\w+)/g)) at[way as keyof typeof at] += Number(steps);
    expect(at.forward === at.backward && at.left === at.right, text).toBe(home);
  }
});

test('adjectives: one phrase is sorted by class, the other is not, with the same words', () => {
  const rank = (word: string) => ADJECTIVES.findIndex((list) => list.includes(word));
  const sorted = (words: readonly string[]) => words.every((w, i) => i === 0 || rank(words[i - 1] ?? '') < rank(w));
  for (let n = 0; n < 200; n++) {
    const { right, wrong } = orders(draws(6, String(n)), ADJECTIVES);
    expect(sorted(right)).toBe(true);
    expect(sorted(wrong)).toBe(false);
    expect([...wrong].sort()).toEqual([...right].sort());
  }
});

test('lists hold a word once and have words for every split', () => {
  for (const lists of [ADJECTIVES, Object.values(CLASSES)]) {
    const words = lists.flat();
    expect(new Set(words).size).toBe(words.length);
    for (const list of lists) for (const split of SPLITS) expect(keysOf(list, split).length).toBeGreaterThan(0);
  }
});

test('amounts', () => {
  expect([amount('owl', 1), amount('ukulele', 1), amount('cherry', 2), amount('piano', 3)]).toEqual([
    'an owl',
    'a ukulele',
    'two cherries',
    'three pianos',
  ]);
});

describe('belief', () => {
  const chain = (text: string) =>
    text === '' ? [] : text.split('; ').map((link) => ({ who: link.charAt(0), verb: link.slice(2) }));
  test.each([
    ['A knows', '', true],
    ['A thinks', '', false],
    ['A knows', 'A thinks', true],
    ['A thinks', 'A knows', false],
    ['A knows', 'B knows', false],
    ['A knows; B thinks', 'B thinks', true],
    ['A thinks; B knows', 'B knows', false],
    ['A thinks; B knows', 'A thinks', true],
    ['A thinks; B knows', '', false],
    ['A knows; B knows', '', true],
    ['A suspects; B thinks', 'A suspects', false],
    ['', 'A thinks', false],
  ] as const)('%s | %s: %s', (premise, hypothesis, expected) => {
    expect(carries(chain(premise), chain(hypothesis))).toBe(expected);
  });
});

test('powers of ten, shifted by digits, equal multiplication', () => {
  for (let digits = 2; digits < 100; digits++)
    for (let power = -9; power <= 9; power++) {
      const text = shifted(digits, power);
      expect(Number(text) / (digits * 10 ** power)).toBeCloseTo(1, 12);
      expect(text).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
    }
});

test('sounds: syllables, rhyme from the last stressed vowel on', () => {
  expect(sounds('fiddle', 'F IH1 D AH0 L')).toEqual({ word: 'fiddle', syllables: 2, rhyme: 'IH D AH L', onset: 'F' });
  expect(sounds('elect', 'IH0 L EH1 K T')).toMatchObject({ syllables: 2, rhyme: 'EH K T', onset: 'L' });
  expect(sounds('isle', 'AY1 L # place')).toMatchObject({ rhyme: 'AY L', onset: '' });
  expect(sounds('hm', 'HH M')).toBeNull();
});

test('subjects: tags, reply marks and codes are cut, unfit ones emptied', () => {
  expect(bareSubject('Re: [ILUG] Re: Problems with the printer 10.206')).toBe('Problems with the printer');
  expect(bareSubject('FW: A quick question for all      xq77')).toBe('A quick question for all');
  expect(bareSubject('Write to somebody@example.org today')).toBe('');
  expect(bareSubject('=?iso-8859-1?Q?something?=')).toBe('');
  expect(bareSubject('short')).toBe('');
});
