import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import { syntheticLibrary, syntheticRun } from '../../../e2e/gallery/synthetic.ts';
import { tokenShares } from '../../core/derive/load.ts';
import { percentText } from '../shared/format.ts';
import type { Cell } from '../shared/types.ts';
import { TokenStrip } from './TokenStrip.tsx';

const library = syntheticLibrary(10);
const run = syntheticRun(library);
const seen = vi.fn<(cell: Cell | null) => void>();

function Stand({ start = null }: { readonly start?: Cell | null }) {
  const [selected, setSelected] = useState<Cell | null>(start);
  return (
    <TokenStrip
      library={library}
      run={run}
      selected={selected}
      onSelect={(cell) => {
        seen(cell);
        setSelected(cell);
      }}
      template={false}
    />
  );
}

const token = (position: number) => page.getByRole('button', { name: new RegExp(`^token ${String(position)} `) });

test('a token says its expert and share over all layers, or at the selected site', async () => {
  await render(<Stand start={{ token: 6, site: 40 }} />);
  const said = (site: number | null) => {
    const top = tokenShares(run.trace, 6, site)[0];
    return `${library.experts[top?.unit ?? -1]?.label ?? ''}, ${percentText(top?.share ?? 0)} of the weight`;
  };
  expect(said(null)).not.toBe(said(40));
  await expect.element(token(6)).toHaveAttribute('title', said(null));
  await page.getByRole('button', { name: 'selected site only' }).click();
  await expect.element(token(6)).toHaveAttribute('title', said(40));
});

test('a press selects the token at the selected site, arrows go on to the next', async () => {
  await render(<Stand start={{ token: 6, site: 40 }} />);
  await token(4).click();
  expect(seen).toHaveBeenLastCalledWith({ token: 4, site: 40 });
  await expect.element(token(4)).toHaveAttribute('aria-pressed', 'true');
  await userEvent.keyboard('{ArrowRight}');
  expect(seen).toHaveBeenLastCalledWith({ token: 5, site: 40 });
  await expect.element(token(5)).toHaveFocus();
  await userEvent.keyboard('{End}{ArrowRight}');
  // The last shown token: the end of turn is part of the template.
  expect(seen).toHaveBeenLastCalledWith({ token: 19, site: 40 });
  await userEvent.keyboard('{Home}');
  expect(seen).toHaveBeenLastCalledWith({ token: 3, site: 40 });
});
