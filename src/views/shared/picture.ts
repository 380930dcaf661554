/** A drawing on the page as a file that stands alone: its styles are copied from the style sheets into the elements. */

/** What a drawing's look depends on; all else keeps its initial value in a file without style sheets. */
const PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'font-style',
  'font-variant-numeric',
  'text-anchor',
  'dominant-baseline',
  'paint-order',
  'visibility',
] as const;

const SVG = 'http://www.w3.org/2000/svg';

/** Distance of the text below the drawing from its edges, and between its lines, in CSS pixels. */
const MARGIN = 12;
const LINE = 16;

export interface PictureText {
  /** First line of the file, and its title for screen readers. */
  readonly title: string;
  /** Sentences below the drawing, e.g. how often held-out documents were seen. */
  readonly notes?: readonly string[];
}

/**
 * Text of an SVG file that looks as the drawing does now, on the ground that it lies on, with title and notes.
 * @param drawing laid out on the page: its styles are the computed ones
 */
export function svgText(drawing: SVGSVGElement, { title, notes = [] }: PictureText): string {
  const { width, height } = drawing.getBoundingClientRect();
  const lines = notes.flatMap((note) => wrapped(note, Math.max(20, Math.floor((width - 2 * MARGIN) / 6.2))));
  const full = height + MARGIN + LINE + lines.length * LINE + MARGIN;
  const file = document.createElementNS(SVG, 'svg');
  const ink = getComputedStyle(drawing).getPropertyValue('--ink') || getComputedStyle(drawing).color;
  file.setAttribute('xmlns', SVG);
  file.setAttribute('width', String(width));
  file.setAttribute('height', String(full));
  file.setAttribute('viewBox', `0 0 ${String(width)} ${String(full)}`);
  file.setAttribute('role', 'img');
  file.append(element('title', {}, title));
  file.append(element('rect', { width: '100%', height: '100%', fill: groundOf(drawing) }));
  const copy = styledCopy(drawing);
  copy.setAttribute('y', String(MARGIN + LINE));
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const font = { 'font-family': 'Inter, system-ui, sans-serif', fill: ink };
  file.append(element('text', { x: MARGIN, y: MARGIN + 6, 'font-size': 13, 'font-weight': 600, ...font }, title));
  file.append(copy);
  lines.forEach((line, i) => {
    const y = MARGIN + LINE + height + (i + 1) * LINE - 4;
    file.append(element('text', { x: MARGIN, y, 'font-size': 11, ...font }, line));
  });
  return new XMLSerializer().serializeToString(file);
}

/**
 * The same as a PNG.
 * @param scale pixels of the file for one CSS pixel
 * @throws Error where the browser cannot draw it
 */
export async function pngBlob(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('The browser gave no canvas to draw the picture on; save it as SVG instead.');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The picture is too large for a PNG here; save it as SVG instead.'));
      else resolve(blob);
    }, 'image/png');
  });
}

function styledCopy(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((target, i) => {
    const original = originals[i];
    if (original === undefined) return;
    const style = getComputedStyle(original);
    const own = PROPERTIES.map((name) => `${name}:${style.getPropertyValue(name)}`).filter((one) => !one.endsWith(':'));
    target.setAttribute('style', own.join(';'));
    for (const { name } of [...target.attributes])
      // Nothing of the page's behaviour belongs in a file.
      if (/^(class|tabindex|id|data-.*|aria-.*|on.*)$/.test(name)) target.removeAttribute(name);
  });
  return copy;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, text?: string): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Background of the nearest element that has one. */
function groundOf(drawing: Element): string {
  for (let at: Element | null = drawing; at !== null; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (backgroundColor !== 'transparent' && !/^rgba\(.*, 0\)$/.test(backgroundColor)) return backgroundColor;
  }
  return 'white';
}

/** Lines of at most so many characters, broken at spaces. */
function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
