import { expect, test } from 'vitest';
import { createRegistry } from './registry.ts';

test('keeps the order of the list and finds by id', () => {
  const registry = createRegistry('thing', [{ id: 'b' }, { id: 'a' }]);
  expect(registry.ids).toEqual(['b', 'a']);
  expect(registry.get('a')).toBe(registry.list[1]);
  expect(registry.get('toString')).toBeUndefined();
});

test('fails at start on a duplicate id', () => {
  expect(() => createRegistry('thing', [{ id: 'a' }, { id: 'a' }])).toThrow(/two things have the id a/);
});
