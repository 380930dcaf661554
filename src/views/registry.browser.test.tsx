import { Suspense } from 'react';
import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-react';
import '../ui/tokens.css';
import { syntheticLibrary, syntheticRun } from '../../e2e/gallery/synthetic.ts';
import type { RoutingTrace } from '../core/trace.ts';
import { VIEWS } from './registry.ts';
import type { RunView, ViewProps } from './shared/types.ts';

const library = syntheticLibrary(10);
const run = syntheticRun(library);
const other = syntheticRun(library, { seed: 2, from: 10, answer: ['3', '5', '<|im_end|>'] });
const nothing = () => undefined;

const base: ViewProps = {
  library,
  run,
  other,
  selected: { token: 9, site: 25 },
  onSelect: nothing,
  mode: 'top',
  onMode: nothing,
  template: true,
  onTemplate: nothing,
  edits: [],
  onEdit: nothing,
  onRemoveEdit: nothing,
  onMute: nothing,
  onSolo: nothing,
  scoreError: 1e-4,
};

const withTrace = (r: RunView, trace: RoutingTrace): RunView => ({ ...r, trace });
const { sites, tokens, slots, units, experts, weights } = run.trace;
const withoutScores: RoutingTrace = { sites, tokens, slots, units, experts, weights };
const noSlots: RoutingTrace = {
  ...withoutScores,
  slots: 0,
  experts: new Int16Array(0),
  weights: new Float32Array(0),
};

const STATES: readonly (readonly [string, Partial<ViewProps>])[] = [
  ['all there is', {}],
  ['no run', { run: null, other: null, selected: null }],
  ['no selection', { selected: null }],
  ['no second run', { other: null }],
  [
    'a run that is still streaming',
    { run: syntheticRun(library, { routed: 9, answer: [] }), selected: { token: 12, site: 3 } },
  ],
  ['a trace without scores', { run: withTrace(run, withoutScores) }],
  ['the base alone', { run: withTrace(run, noSlots), other: withTrace(run, noSlots) }],
  ['a selection outside the run', { selected: { token: 999, site: 3 } }],
  ['a library smaller than the trace', { library: syntheticLibrary(2) }],
  [
    '24 experts, all chosen',
    { library: syntheticLibrary(24), run: syntheticRun(syntheticLibrary(24), { slots: 24 }), other: null },
  ],
  [
    'a stale, locked run',
    { stale: 'Settings changed', locked: 'A recorded run', onEdit: undefined, onMute: undefined },
  ],
];

test('ids are unique and every view has a name and a place', () => {
  expect(new Set(VIEWS.ids).size).toBe(VIEWS.list.length);
  for (const view of VIEWS.list) expect(view.label.length).toBeGreaterThan(2);
});

describe.each(VIEWS.list)('view $id', ({ component: View }) => {
  test.each(STATES)('stands with %s', async (_name, state) => {
    const screen = await render(
      <div style={{ inlineSize: 800, blockSize: 560, display: 'flex', flexDirection: 'column' }}>
        <Suspense>
          <View {...base} {...state} />
        </Suspense>
      </div>,
    );
    await expect.poll(() => screen.container.textContent.length).toBeGreaterThan(10);
    expect(screen.container.textContent).not.toMatch(/NaN|undefined|Infinity/);
  });
});
