import { expect, test } from 'vitest';
import { boolean, checkParam, choice, defaults, integer, number, parseParam, show } from './params.ts';

const words = { label: 'x', help: 'x' };
const specs = {
  c: number({ ...words, default: 3, min: 0, max: 10, step: 0.1 }),
  k: integer({ ...words, default: 2, min: 1, max: 16 }),
  on: boolean({ ...words, default: true }),
  rule: choice({
    ...words,
    default: 'a',
    options: [
      { value: 'a', label: 'A' },
      { value: 'b', label: 'B' },
    ],
  }),
};

test('defaults', () => {
  const values = defaults(specs);
  expect(values).toEqual({ c: 3, k: 2, on: true, rule: 'a' });
  const typed: { c: number; k: number; on: boolean; rule: 'a' | 'b' } = values;
  expect(typed.rule).toBe('a');
});

test('values of the parameter’s type and range are taken', () => {
  for (const value of [0, 10, 0.123]) expect(checkParam(specs.c, value)).toEqual({ ok: true, value });
  expect(checkParam(specs.c, -0)).toEqual({ ok: true, value: 0 });
  expect(checkParam(specs.k, 16)).toEqual({ ok: true, value: 16 });
  expect(checkParam(specs.on, false)).toEqual({ ok: true, value: false });
  expect(checkParam(specs.rule, 'b')).toEqual({ ok: true, value: 'b' });
});

test('others are refused with what is expected', () => {
  const reason = (spec: Parameters<typeof checkParam>[0], value: unknown) => {
    const checked = checkParam(spec, value);
    return checked.ok ? 'taken' : checked.reason;
  };
  for (const value of [-0.1, 10.1, Number.NaN, Infinity, '3', null, undefined, {}])
    expect(reason(specs.c, value)).toMatch(/^expected a number from 0 to 10, not /);
  for (const value of [0, 17, 1.5, true])
    expect(reason(specs.k, value)).toMatch(/^expected a whole number from 1 to 16/);
  for (const value of ['true', 1, null]) expect(reason(specs.on, value)).toMatch(/^expected true or false, not /);
  for (const value of ['c', 1, 'A']) expect(reason(specs.rule, value)).toMatch(/^expected one of a, b, not /);
});

test('text means a value', () => {
  expect(parseParam(specs.c, ' 2.5 ')).toEqual({ ok: true, value: 2.5 });
  expect(parseParam(specs.c, '1e1')).toEqual({ ok: true, value: 10 });
  expect(parseParam(specs.on, 'false')).toEqual({ ok: true, value: false });
  expect(parseParam(specs.rule, 'b')).toEqual({ ok: true, value: 'b' });
  expect(parseParam(specs.c, '')).toEqual({ ok: false, reason: 'expected a number from 0 to 10, not ""' });
  expect(parseParam(specs.c, 'three').ok).toBe(false);
  expect(parseParam(specs.c, 'Infinity').ok).toBe(false);
  expect(parseParam(specs.k, '2.5').ok).toBe(false);
  expect(parseParam(specs.on, 'yes').ok).toBe(false);
});

test('any value is shown on one short line', () => {
  expect([1, 'a\nb', null, undefined, [1], {}, show].map(show)).toEqual([
    '1',
    '"a\\nb"',
    'null',
    'undefined',
    'a list',
    'an object',
    'a function',
  ]);
  expect(show('x'.repeat(1000)).length).toBeLessThanOrEqual(60);
});
