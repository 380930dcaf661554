import { expect, test } from 'vitest';
import { presetPolicy } from '../core/routing/presets.ts';
import { changed, emptyHistory, redo, undo } from './history.ts';

const at = (c: number) => [{ ...presetPolicy('glider'), score: { id: 'glider', params: { c } } }];

test('a gesture is one step, another begins a new one', () => {
  let history = changed(emptyHistory, at(1), 'drag-1');
  history = changed(history, at(2), 'drag-1');
  history = changed(history, at(3), 'drag-2');
  history = changed(history, at(4), null);
  history = changed(history, at(5), null);
  expect(history.past).toEqual([at(1), at(3), at(4), at(5)]);
});

test('undo and redo go back and forth, a change after undo ends the redo', () => {
  const history = changed(changed(emptyHistory, at(1), null), at(2), null);
  const back = undo(history, at(3));
  expect(back?.policies).toEqual(at(2));
  if (!back) return;
  const again = redo(back.history, back.policies);
  expect(again?.policies).toEqual(at(3));
  expect(again?.history.past).toEqual(history.past);
  expect(changed(back.history, at(2), null).future).toEqual([]);
  expect(undo(emptyHistory, at(1))).toBeUndefined();
  expect(redo(history, at(1))).toBeUndefined();
});

test('the list does not grow without end', () => {
  let history = emptyHistory;
  for (let i = 0; i < 500; i++) history = changed(history, at(i), null);
  expect(history.past).toHaveLength(100);
  expect(history.past.at(-1)).toEqual(at(499));
});
