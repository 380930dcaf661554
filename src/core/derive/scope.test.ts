import { expect, test } from 'vitest';
import type { Edit } from '../routing/policy.ts';
import { library } from './fixture.ts';
import { actsAtCell, describeScope, reachScope, scopeExtent } from './scope.ts';

const { sites } = library(2, 4);
const mute = (scope: Partial<Edit> = {}): Edit => ({ kind: 'mute', experts: ['e0'], ...scope }) as Edit;

test('extents are cut to the run, and an edit that acts nowhere has none', () => {
  expect(scopeExtent(mute(), sites, 5, 9)).toEqual({ sites: { from: 0, to: 7 }, tokens: { from: 0, to: 8 } });
  expect(
    scopeExtent(mute({ sites: { from: 3, to: 99, input: 'ffn' }, tokens: { part: 'answer' } }), sites, 5, 9),
  ).toEqual({ sites: { from: 3, to: 7, input: 'ffn' }, tokens: { from: 5, to: 8 } });
  expect(scopeExtent(mute({ tokens: { part: 'prompt' }, since: 3 }), sites, 5, 9)?.tokens).toEqual({ from: 3, to: 4 });
  expect(scopeExtent(mute({ tokens: { part: 'prompt' }, since: 5 }), sites, 5, 9)).toBeNull();
  expect(scopeExtent(mute({ sites: { from: 8 } }), sites, 5, 9)).toBeNull();
  expect(scopeExtent(mute({ tokens: { from: 9 } }), sites, 5, 9)).toBeNull();
});

test('an extent holds every cell at which the edit acts', () => {
  const edits = [
    mute(),
    mute({ sites: { from: 2, input: 'attn' }, tokens: { from: 1, to: 6 } }),
    mute({ sites: { to: 3 }, tokens: { part: 'answer' }, since: 6 }),
  ];
  for (const edit of edits) {
    const extent = scopeExtent(edit, sites, 5, 9);
    for (let site = 0; site < sites.length; site++) {
      for (let token = 0; token < 9; token++) {
        const inside =
          extent !== null &&
          site >= extent.sites.from &&
          site <= extent.sites.to &&
          (extent.sites.input === undefined || sites[site]?.input === extent.sites.input) &&
          token >= extent.tokens.from &&
          token <= extent.tokens.to;
        expect(actsAtCell(edit, sites, 5, { site, token })).toBe(inside);
      }
    }
  }
});

test('reaches from a cell', () => {
  const cell = { site: 3, token: 6 };
  expect(reachScope(cell, 'site', 'token', sites)).toEqual({ sites: { from: 3, to: 3 }, tokens: { from: 6, to: 6 } });
  expect(reachScope(cell, 'layer', 'onward', sites)).toEqual({ sites: { from: 2, to: 3 }, tokens: { from: 6 } });
  expect(reachScope(cell, 'onward', 'answer', sites)).toEqual({
    sites: { from: 2 },
    tokens: { from: 6, part: 'answer' },
  });
  expect(reachScope(cell, 'all', 'all', sites)).toEqual({});
});

test('scopes in words', () => {
  expect(describeScope({}, sites)).toBe('everywhere');
  expect(describeScope({ sites: { from: 3, to: 3 }, tokens: { from: 6, to: 6 } }, sites)).toBe('L1.ffn, token 6');
  expect(describeScope({ sites: { from: 2, input: 'ffn' }, tokens: { part: 'answer' }, since: 7 }, sites)).toBe(
    'from L1.attn on, FFN only, answer, since token 7',
  );
  expect(describeScope({ sites: { to: 5 }, tokens: { from: 2, to: 4 } }, sites)).toBe('up to L2.ffn, tokens 2 to 4');
});
