import { expect, test } from 'vitest';
import { numberText, percentText, weightText } from './format.ts';

test('weights: two decimals, no leading zero', () => {
  expect([0, 0.614, 0.996, 1, 1.5, -0.39, -0.001, Number.NaN].map(weightText)).toEqual([
    '.00',
    '.61',
    '1.00',
    '1.00',
    '1.50',
    '−.39',
    '.00',
    '–',
  ]);
});

test('numbers carry a true minus, muted is −∞', () => {
  expect([1.234, -1.235, -0.001, -Infinity, Number.NaN].map((v) => numberText(v))).toEqual([
    '1.23',
    '−1.24',
    '0.00',
    '−∞',
    '–',
  ]);
  expect(numberText(2, 0)).toBe('2');
});

test('percentages', () => {
  expect([0, 0.0004, 0.012, 0.0994, 0.0996, 0.41, 1].map(percentText)).toEqual([
    '0 %',
    '< 0.1 %',
    '1.2 %',
    '9.9 %',
    '10 %',
    '41 %',
    '100 %',
  ]);
});
