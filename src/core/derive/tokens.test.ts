import { expect, test } from 'vitest';
import { spokenToken, tokenColumns, visibleToken } from './tokens.ts';

const prompt = [
  { text: '<|im_start|>', template: true },
  { text: 'Hi', template: false },
  { text: '\n', template: true },
];
const answer = [
  { text: ' there', template: false },
  { text: '<|im_end|>', template: true },
];

test('columns keep their positions when the template is hidden, and say which have a row', () => {
  expect(tokenColumns(prompt, answer, 4, true).map((c) => [c.position, c.part, c.routed])).toEqual([
    [0, 'prompt', true],
    [1, 'prompt', true],
    [2, 'prompt', true],
    [3, 'answer', true],
    [4, 'answer', false],
  ]);
  expect(tokenColumns(prompt, answer, 4, false).map((c) => c.position)).toEqual([1, 3]);
  expect(tokenColumns([], [], 0, true)).toEqual([]);
});

test('white space is made visible', () => {
  expect(visibleToken(' is')).toBe('·is');
  expect(visibleToken('  ')).toBe('␣␣');
  expect(visibleToken('a b\n\t')).toBe('a·b↵⇥');
  expect(visibleToken('')).toBe('∅');
});

test('tokens in words', () => {
  expect([' is', '\n\n', '\t', ' ', ''].map(spokenToken)).toEqual(['is', 'line break', 'tab', 'space', 'empty']);
});
