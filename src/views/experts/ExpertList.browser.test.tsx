import { useState } from 'react';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import { syntheticLibrary, syntheticRun } from '../../../e2e/gallery/synthetic.ts';
import { expertLoad } from '../../core/derive/load.ts';
import { toggleMute, toggleSolo } from '../../core/derive/mutes.ts';
import type { Edit } from '../../core/routing/policy.ts';
import { percentText } from '../shared/format.ts';
import { ExpertList } from './ExpertList.tsx';

const library = syntheticLibrary(10);
const run = syntheticRun(library);

function Stand() {
  const [edits, setEdits] = useState<readonly Edit[]>([]);
  return (
    <ExpertList
      library={library}
      run={run}
      edits={edits}
      onMute={(id) => {
        setEdits(toggleMute(edits, id, library.experts));
      }}
      onSolo={(id) => {
        setEdits(toggleSolo(edits, id, library.experts));
      }}
    />
  );
}

const button = (name: string) => page.getByRole('button', { name, exact: true });
const rows = () =>
  page
    .getByRole('listitem')
    .elements()
    .map((row) => row.textContent);

test('mute and solo show what is in force', async () => {
  await render(<Stand />);
  await button('Mute Addition').click();
  await expect.element(button('Mute Addition')).toHaveAttribute('aria-pressed', 'true');
  await button('Solo Antonym').click();
  await expect.element(button('Solo Antonym')).toHaveAttribute('aria-pressed', 'true');
  await expect.element(button('Mute Antonym')).toHaveAttribute('aria-pressed', 'false');
  await expect.element(button('Mute Capital')).toHaveAttribute('aria-pressed', 'true');
  await button('Solo Antonym').click();
  await expect.element(button('Mute Capital')).toHaveAttribute('aria-pressed', 'false');
});

test('each row carries the expert’s load; sorted by load on demand', async () => {
  await render(<Stand />);
  const { share } = expertLoad(run.trace, library.sites, library.experts.length);
  library.experts.forEach((expert, unit) => {
    expect(rows()[unit]).toContain(`${expert.label}${percentText(share[unit] ?? 0)}`);
  });
  await button('by load').click();
  const order = [...share.keys()].sort((a, b) => (share[b] ?? 0) - (share[a] ?? 0) || a - b);
  await expect.poll(() => rows()[0]).toContain(library.experts[order[0] ?? -1]?.label ?? '?');
  expect(rows()[9]).toContain(library.experts[order[9] ?? -1]?.label ?? '?');
});
