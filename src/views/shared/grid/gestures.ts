/** How the token × site picture scrolls and zooms. */
import { useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, type RefObject } from 'react';
import type { Geometry } from './geometry.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * After a zoom, what lay under a point lies there again: call the result with that point before the zoom changes. Without a
 * call it is the selected cell where that is in view, else the middle.
 */
export function useKeepAnchor(
  scroller: RefObject<HTMLDivElement | null>,
  geometry: Geometry,
  zoom: number,
  selected: { readonly column: number; readonly site: number } | null,
): (at: Point) => void {
  const before = useRef({ geometry, zoom });
  const anchor = useRef<Point | null>(null);
  const anchorIn = useEffectEvent((element: HTMLElement, g: Geometry): Point => {
    const middle = { x: element.clientWidth / 2, y: element.clientHeight / 2 };
    if (!selected) return middle;
    const x = (g.lefts[selected.column] ?? 0) + g.cellWidth / 2 - element.scrollLeft;
    const y = (g.tops[selected.site] ?? 0) + g.cellHeight / 2 - element.scrollTop;
    const inView = x > g.gutter && y > g.header && x < element.clientWidth && y < element.clientHeight;
    return inView ? { x, y } : middle;
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    const given = anchor.current;
    const { geometry: old, zoom: oldZoom } = before.current;
    before.current = { geometry, zoom };
    anchor.current = null;
    if (!element || zoom === oldZoom) return;
    const at = given ?? anchorIn(element, old);
    const along = (scrolled: number, point: number, edge: number, nextEdge: number, ratio: number) =>
      (scrolled + Math.max(0, point - edge)) * ratio + nextEdge - Math.max(nextEdge, point);
    element.scrollTo(
      along(element.scrollLeft, at.x, old.gutter, geometry.gutter, geometry.cellWidth / old.cellWidth),
      along(element.scrollTop, at.y, old.header, geometry.header, geometry.layerHeight / old.layerHeight),
    );
  }, [scroller, geometry, zoom]);
  return useCallback((at) => {
    anchor.current = at;
  }, []);
}

/** While tokens arrive and the newest was in view, the newest stays in view. */
export function useFollowEnd(scroller: RefObject<HTMLDivElement | null>, geometry: Geometry, count: number): void {
  const before = useRef({ width: geometry.width, count });
  useLayoutEffect(() => {
    const element = scroller.current;
    const old = before.current;
    before.current = { width: geometry.width, count };
    if (!element || count <= old.count || old.count === 0) return;
    if (element.scrollLeft + element.clientWidth >= old.width - 2) element.scrollTo({ left: geometry.width });
  }, [scroller, geometry, count]);
}

/** Ctrl or ⌘ with the wheel (also what a trackpad's pinch sends) and two fingers on a touch screen. */
export function useZoomGestures(
  scroller: RefObject<HTMLDivElement | null>,
  onFactor: (factor: number, at: Point) => void,
): void {
  const apply = useEffectEvent(onFactor);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let spread = 0;
    const at = (x: number, y: number): Point => {
      const box = element.getBoundingClientRect();
      return { x: x - box.left, y: y - box.top };
    };
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      apply(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.004)), at(event.clientX, event.clientY));
    };
    const touch = (event: TouchEvent) => {
      const [a, b] = event.touches;
      if (!a || !b) {
        spread = 0;
        return;
      }
      event.preventDefault();
      const distance = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      if (spread > 0 && distance > 0) {
        apply(distance / spread, at((a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2));
      }
      spread = distance;
    };
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('touchstart', touch, { passive: false });
    element.addEventListener('touchmove', touch, { passive: false });
    element.addEventListener('touchend', touch);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('touchstart', touch);
      element.removeEventListener('touchmove', touch);
      element.removeEventListener('touchend', touch);
    };
  }, [scroller]);
}
