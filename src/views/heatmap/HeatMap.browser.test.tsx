import { useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import { syntheticLibrary, syntheticRun } from '../../../e2e/gallery/synthetic.ts';
import { expertColours } from '../../core/colour.ts';
import { choices } from '../../core/derive/cells.ts';
import { describeCell } from '../shared/routes/describe.ts';
import type { Cell, HeatMode } from '../shared/types.ts';
import { HeatMap, type HeatMapProps } from './HeatMap.tsx';

const library = syntheticLibrary(10);
const run = syntheticRun(library);
const seen = vi.fn<(cell: Cell | null) => void>();

function Stand(props: Partial<HeatMapProps> & { readonly width?: number; readonly start?: Cell | null }) {
  const { width = 900, start = null, ...rest } = props;
  const [selected, setSelected] = useState<Cell | null>(start);
  const [mode, setMode] = useState<HeatMode>('top');
  const [template, setTemplate] = useState(true);
  return (
    <div style={{ inlineSize: width, blockSize: 600, display: 'flex', flexDirection: 'column' }}>
      <HeatMap
        library={library}
        run={run}
        mode={mode}
        onMode={setMode}
        selected={selected}
        onSelect={(cell) => {
          seen(cell);
          setSelected(cell);
        }}
        template={template}
        onTemplate={setTemplate}
        {...rest}
      />
    </div>
  );
}

afterEach(() => {
  seen.mockReset();
});

const part = (name: string) => document.querySelector<HTMLElement>(`[data-part="${name}"]`);
const live = () => part('live')?.textContent;
const map = () => page.getByRole('application');

function canvas(): HTMLCanvasElement {
  const element = document.querySelector('canvas');
  if (!element) throw new Error('no canvas');
  return element;
}

/** Colour of the canvas at a point of the page, as [r, g, b]. */
function pixel(x: number, y: number): number[] {
  const element = canvas();
  const box = element.getBoundingClientRect();
  const ratio = element.width / box.width;
  const data = element
    .getContext('2d')
    ?.getImageData(Math.round((x - box.x) * ratio), Math.round((y - box.y) * ratio), 1, 1);
  return Array.from(data?.data.slice(0, 3) ?? []);
}

const bytes = (hex: string) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
/** A colour of some strength over the white ground of the light scheme. */
const over = (hex: string, alpha: number) => bytes(hex).map((v) => 255 + (v - 255) * alpha);

function centre(): { x: number; y: number } {
  const box = part('selection')?.getBoundingClientRect();
  if (!box) throw new Error('nothing is selected');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

test('arrow keys walk over tokens and sites, and each step is read out', async () => {
  await render(<Stand />);
  (map().element() as HTMLElement).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(seen).toHaveBeenLastCalledWith({ token: 0, site: 0 });
  await userEvent.keyboard('{ArrowRight}{ArrowRight}{ArrowRight}{ArrowUp}{ArrowUp}{ArrowUp}');
  expect(seen).toHaveBeenLastCalledWith({ token: 3, site: 3 });
  await expect.poll(live).toBe(describeCell(library, run, { token: 3, site: 3 }));
  expect(live()).toMatch(/^token 3 ‘What’, layer 1 FFN: \w.* \.\d\d, \w.* \.\d\d$/);
  await userEvent.keyboard('{PageUp}');
  expect(seen).toHaveBeenLastCalledWith({ token: 3, site: 13 });
  await userEvent.keyboard('{End}{ArrowRight}');
  expect(seen).toHaveBeenLastCalledWith({ token: 20, site: 13 });
  await expect.poll(live).toContain('no route');
  await userEvent.keyboard('{Home}{PageDown}{PageDown}');
  expect(seen).toHaveBeenLastCalledWith({ token: 0, site: 0 });
  await userEvent.keyboard('{Escape}');
  expect(seen).toHaveBeenLastCalledWith(null);
  await expect.poll(live).toBe('');
});

test('a click selects the cell under it', async () => {
  await render(<Stand start={{ token: 9, site: 25 }} />);
  await settle();
  const at = centre();
  (map().element() as HTMLElement).focus();
  await userEvent.keyboard('{ArrowLeft}{ArrowDown}');
  expect(seen).toHaveBeenLastCalledWith({ token: 8, site: 24 });
  const box = map().element().getBoundingClientRect();
  await userEvent.click(map(), { position: { x: at.x - box.x, y: at.y - box.y } });
  expect(seen).toHaveBeenLastCalledWith({ token: 9, site: 25 });
});

test('a cell has the colour of its first expert, stronger with its weight', async () => {
  const colours = expertColours(library.experts);
  document.documentElement.dataset.theme = 'light';
  const screen = await render(<Stand start={{ token: 9, site: 25 }} />);
  for (const cell of [
    { token: 9, site: 25 },
    { token: 4, site: 50 },
  ]) {
    await screen.rerender(<Stand selected={cell} />);
    await settle();
    const { x, y } = centre();
    const first = choices(run.trace, cell.site, cell.token)[0];
    if (!first) throw new Error('nothing chosen');
    const expected = over(colours[first.unit]?.light ?? '#000000', 0.3 + 0.7 * first.weight);
    pixel(x, y).forEach((v, i) => {
      expect(Math.abs(v - (expected[i] ?? 0))).toBeLessThan(4);
    });
  }
});

test('plus and minus zoom around the selected cell and keep it in view; zero shows everything again', async () => {
  await render(<Stand start={{ token: 12, site: 30 }} />);
  await settle();
  const small = part('selection')?.getBoundingClientRect();
  (map().element() as HTMLElement).focus();
  await userEvent.keyboard('+++++++++');
  await settle();
  const large = part('selection')?.getBoundingClientRect();
  const view = map().element().getBoundingClientRect();
  if (!small || !large) throw new Error('the selection is gone');
  expect(large.width).toBeGreaterThan(small.width * 1.5);
  expect(large.height).toBeGreaterThan(24);
  expect(large.left).toBeGreaterThan(view.left);
  expect(large.right).toBeLessThan(view.right);
  expect(large.top).toBeGreaterThan(view.top);
  expect(large.bottom).toBeLessThan(view.bottom);
  await userEvent.keyboard('0');
  await settle();
  expect(part('selection')?.getBoundingClientRect().height).toBeCloseTo(small.height, 1);
});

test('the zoom buttons stop where nothing grows any more, so that one press back acts', async () => {
  await render(<Stand start={{ token: 12, site: 30 }} />);
  const zoomIn = page.getByRole('button', { name: 'Zoom in' });
  for (let i = 0; i < 8; i++) await zoomIn.click();
  await settle();
  const before = part('selection')?.getBoundingClientRect().height ?? 0;
  await page.getByRole('button', { name: 'Zoom out' }).click();
  await settle();
  expect(part('selection')?.getBoundingClientRect().height).toBeLessThan(before);
});

test('on a narrow screen it scrolls sideways under a layer axis that stays', async () => {
  await render(<Stand width={360} />);
  await settle();
  const scroller = map().element() as HTMLElement;
  expect(scroller.scrollWidth).toBeGreaterThan(scroller.clientWidth);
  const axis = () => {
    const c = canvas();
    return c
      .getContext('2d')
      ?.getImageData(0, Math.round(c.height * 0.4), 30, Math.round(c.height * 0.5))
      .data.join();
  };
  const cells = () => {
    const c = canvas();
    return c
      .getContext('2d')
      ?.getImageData(80, Math.round(c.height * 0.4), 80, Math.round(c.height * 0.5))
      .data.join();
  };
  const [axisBefore, cellsBefore] = [axis(), cells()];
  scroller.scrollLeft = 70;
  await settle();
  expect(axis()).toBe(axisBefore);
  expect(cells()).not.toBe(cellsBefore);
});

test('hiding the template’s tokens keeps positions', async () => {
  await render(<Stand />);
  await page.getByRole('button', { name: 'Template tokens' }).click();
  (map().element() as HTMLElement).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(seen).toHaveBeenLastCalledWith({ token: 3, site: 0 });
});

test('modes show a scale with its definition in place of the experts', async () => {
  await render(<Stand />);
  await page.getByRole('radio', { name: 'Entropy' }).click();
  await expect.element(page.getByText('entropy of the weights, bits')).toBeVisible();
  await page.getByRole('radio', { name: 'Top expert' }).click();
  await expect.element(page.getByRole('list', { name: 'Experts in this picture, most chosen first' })).toBeVisible();
});

test('where two runs differ, the left half is A and the right half hatched', async () => {
  document.documentElement.dataset.theme = 'light';
  const other = syntheticRun(library, { seed: 2, from: 22 });
  let cell: Cell | undefined;
  for (let site = 22; site < 60 && !cell; site++) {
    const [a, b] = [run, other].map((r) => choices(r.trace, site, 9)[0]?.unit);
    if (a !== b) cell = { token: 9, site };
  }
  if (!cell) throw new Error('the synthetic runs do not differ');
  await render(<Stand difference={other} selected={cell} />);
  await settle();
  const box = part('selection')?.getBoundingClientRect();
  if (!box) throw new Error('nothing is selected');
  const first = choices(run.trace, cell.site, cell.token)[0];
  const left = pixel(box.x + box.width * 0.25, box.y + box.height / 2);
  left.forEach((v, i) => {
    expect(
      Math.abs(v - (bytes(expertColours(library.experts)[first?.unit ?? 0]?.light ?? '#000000')[i] ?? 0)),
    ).toBeLessThan(4);
  });
  const right = new Set<string>();
  for (let x = 0.55; x < 0.95; x += 0.02) right.add(pixel(box.x + box.width * x, box.y + box.height / 2).join());
  expect(right.size).toBeGreaterThan(2);
  expect(live()).toMatch(/^A, token 9 .*; B, token 9 /);
});

test('a stale picture says why', async () => {
  await render(<Stand stale="Settings changed since this run" />);
  await expect.element(page.getByText('Settings changed since this run')).toBeVisible();
});

test('the canvas has as many pixels as the screen', async () => {
  await render(<Stand />);
  await settle();
  const c = canvas();
  expect(c.width).toBe(Math.round(c.clientWidth * devicePixelRatio));
  expect(c.height).toBe(Math.round(c.clientHeight * devicePixelRatio));
});
