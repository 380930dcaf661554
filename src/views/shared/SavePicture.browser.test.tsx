import { createRef } from 'react';
import { expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import '../../ui/tokens.css';
import { pngBlob, svgText } from './picture.ts';
import { SavePicture } from './SavePicture.tsx';

const of = createRef<SVGSVGElement>();

async function drawn() {
  await render(
    <div style={{ background: 'rgb(10, 20, 30)', color: 'rgb(1, 2, 3)' }}>
      <style>{'.dot { fill: rgb(200, 0, 0); } .gone { visibility: hidden; }'}</style>
      <svg ref={of} width={200} height={100} role="img" aria-label="x">
        <circle className="dot" cx={100} cy={50} r={20} tabIndex={0} onClick={() => undefined} />
        <rect className="gone" width={200} height={20} />
      </svg>
      <SavePicture of={of} name="results" title="Held-in & held-out" notes={['Seen <twice>.']} />
    </div>,
  );
  if (of.current === null) throw new Error('no drawing');
  return of.current;
}

async function pixel(blob: Blob, x: number, y: number): Promise<number[]> {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context?.drawImage(bitmap, 0, 0);
  return [...(context?.getImageData(x, y, 1, 1).data ?? [])];
}

test('the file looks alike without style sheets, and nothing of the page is left in it', async () => {
  const text = svgText(await drawn(), { title: 'Held-in & held-out', notes: ['Seen <twice>.'] });
  const file = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  expect(file.querySelector('parsererror')).toBeNull();
  expect(file.querySelector('circle')?.getAttribute('style')).toContain('fill:rgb(200, 0, 0)');
  expect(text).not.toMatch(/class=|tabindex=|aria-/);
  expect(file.querySelector('title')?.textContent).toBe('Held-in & held-out');
  expect(file.textContent).toContain('Seen <twice>.');
  // The drawing lies 28 px lower, below the title; twice as many pixels.
  const png = await pngBlob(text, 2);
  expect(await pixel(png, 200, 156)).toEqual([200, 0, 0, 255]);
  expect(await pixel(png, 10, 120)).toEqual([10, 20, 30, 255]);
  expect(await pixel(png, 200, 66)).toEqual([10, 20, 30, 255]);
});

test('long notes are broken into lines that fit', async () => {
  const note = 'held-out test was seen seven times while this policy was tuned '.repeat(4).trim();
  const file = new DOMParser().parseFromString(svgText(await drawn(), { title: 't', notes: [note] }), 'image/svg+xml');
  const lines = [...file.querySelectorAll('svg > text')].slice(1).map((line) => line.textContent);
  expect(lines.length).toBeGreaterThan(4);
  expect(lines.join(' ')).toBe(note);
});

test('the buttons save both kinds under the name given', async () => {
  await drawn();
  const names: string[] = [];
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download);
  });
  await page.getByRole('button', { name: 'as SVG' }).click();
  await page.getByRole('button', { name: 'as PNG' }).click();
  await expect.poll(() => names).toEqual(['results.svg', 'results.png']);
  click.mockRestore();
});
