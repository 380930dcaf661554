/** Draws the views from synthetic routes, for work on them; served by `npm run dev` at /e2e/gallery/, never built. */
import { useState, type ReactNode } from 'react';
import '../../src/ui/tokens.css';
import { toggleMute, toggleSolo } from '../../src/core/derive/mutes.ts';
import type { Edit } from '../../src/core/routing/policy.ts';
import { ExpertList } from '../../src/views/experts/ExpertList.tsx';
import { Compare } from '../../src/views/compare/Compare.tsx';
import { HeatMap } from '../../src/views/heatmap/HeatMap.tsx';
import { Inspector } from '../../src/views/inspector/Inspector.tsx';
import type { Cell, HeatMode } from '../../src/views/shared/types.ts';
import { TokenStrip } from '../../src/views/strip/TokenStrip.tsx';
import './gallery.css';
import { mount } from './mount.tsx';
import { LONG, syntheticLibrary, syntheticRun } from './synthetic.ts';

const query = new URLSearchParams(location.search);
const experts = Number(query.get('experts') ?? 10);
const library = syntheticLibrary(experts);
const options = query.has('long')
  ? { words: LONG, answer: [' Anna', ' has', ' ', '8', ' pieces', '.', '<|im_end|>'] }
  : {};
const SCORE = {
  id: 'glider',
  label: 'GLIDER',
  formula: '⟨LN(u), LN(v)⟩ / √d + c · cos(e, e_task)',
  summary:
    'A local match of the token with the gate of the expert, plus how near the whole prompt is to its instruction.',
  source: 'arXiv 2410.07172',
};
const EDITS: readonly Edit[] = [
  { kind: 'mute', experts: ['boolean-logic'], sites: { from: 20 }, tokens: { part: 'answer' } },
  { kind: 'bias', amount: 1.5, experts: ['subtraction'], sites: { from: 24, to: 27 } },
];
const run = syntheticRun(library, { ...options, policy: { edits: EDITS }, slots: Number(query.get('slots') ?? 2) });
const other = syntheticRun(library, { ...options, seed: 2, from: 22, answer: ['3', '5', '<|im_end|>'] });
document.documentElement.dataset.theme = query.get('theme') ?? 'light';

function Frame({ name, height, children }: { name: string; height?: number; children: ReactNode }) {
  return (
    <section className="frame" data-frame={name}>
      <h2>{name} (synthetic)</h2>
      <div className="stage" style={height ? { blockSize: height } : {}}>
        {children}
      </div>
    </section>
  );
}

function Gallery() {
  const [mode, setMode] = useState<HeatMode>((query.get('mode') ?? 'top') as HeatMode);
  const [cell, setCell] = useState<Cell | null>({ token: 9, site: 25 });
  const [template, setTemplate] = useState(true);
  const [edits, setEdits] = useState<readonly Edit[]>(EDITS);
  const [highlight, setHighlight] = useState<string | null>(query.get('highlight'));
  const shared = {
    library,
    selected: cell,
    onSelect: setCell,
    mode,
    onMode: setMode,
    template,
    onTemplate: setTemplate,
  };
  return (
    <>
      <Frame name="heatmap" height={640}>
        <HeatMap {...shared} run={run} edits={EDITS.slice(0, 1)} />
      </Frame>
      <div className="columns">
        <Frame name="experts">
          <ExpertList
            library={library}
            run={run}
            edits={edits}
            highlight={highlight}
            onHighlight={setHighlight}
            onMute={(id) => {
              setEdits(toggleMute(edits, id, library.experts));
            }}
            onSolo={(id) => {
              setEdits(toggleSolo(edits, id, library.experts));
            }}
          />
        </Frame>
        <Frame name="inspector">
          <Inspector
            library={library}
            run={run}
            selected={cell}
            score={SCORE}
            params={{ c: 3 }}
            scoreError={0.05}
            onEdit={(edit) => {
              setEdits([...edits, edit]);
            }}
            onRemoveEdit={(edit) => {
              setEdits(edits.filter((e) => e !== edit));
            }}
          />
        </Frame>
      </div>
      <Frame name="strip">
        <TokenStrip {...shared} run={run} />
      </Frame>
      <Frame name="compare">
        <Compare {...shared} run={run} other={other} likelihoods={{ aUnderB: -2.31 }} onLikelihoods={() => undefined} />
      </Frame>
      <Frame name="difference" height={560}>
        <HeatMap {...shared} run={run} difference={other} />
      </Frame>
      <Frame name="stale" height={420}>
        <HeatMap {...shared} run={run} stale="Settings changed since this run" />
      </Frame>
      <Frame name="empty" height={240}>
        <HeatMap {...shared} run={null} />
      </Frame>
    </>
  );
}

mount(Gallery);
