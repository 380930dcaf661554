import { expect, test } from 'vitest';
import type { Edit } from '../routing/policy.ts';
import { library } from './fixture.ts';
import { muteState, toggleMute, toggleSolo } from './mutes.ts';

const { experts } = library(3, 1);
const bias: Edit = { kind: 'bias', amount: 1, experts: ['e0'] };
const local: Edit = { kind: 'mute', experts: ['e0'], sites: { from: 1 } };

test('only mutes without a scope count as whole', () => {
  expect([...muteState([local, bias], experts).muted]).toEqual([]);
  expect([...muteState([{ kind: 'mute', experts: ['e1'] }], experts).muted]).toEqual(['e1']);
});

test('muting and unmuting leaves other edits alone and keeps one mute in the library’s order', () => {
  const one = toggleMute([local, bias], 'e2', experts);
  expect(one).toEqual([local, bias, { kind: 'mute', experts: ['e2'] }]);
  const two = toggleMute(one, 'e0', experts);
  expect(two).toEqual([local, bias, { kind: 'mute', experts: ['e0', 'e2'] }]);
  expect(toggleMute(toggleMute(two, 'e0', experts), 'e2', experts)).toEqual([local, bias]);
});

test('solo mutes all others, a second press lifts it', () => {
  const solo = toggleSolo([bias], 'e1', experts);
  expect(solo).toEqual([bias, { kind: 'mute', experts: ['e0', 'e2'] }]);
  expect(muteState(solo, experts).solo).toBe('e1');
  expect(toggleSolo(solo, 'e2', experts)).toEqual([bias, { kind: 'mute', experts: ['e0', 'e1'] }]);
  expect(toggleSolo(solo, 'e1', experts)).toEqual([bias]);
});

test('a library of one has no solo', () => {
  expect(muteState([], experts.slice(0, 1)).solo).toBeNull();
});
