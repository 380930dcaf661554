/** What the digests of a link are taken over; hashing itself is the caller's (`crypto.subtle`, `node:crypto`). */
import type { RoutingTrace } from '../trace.ts';

/** Token ids of the answer, joined by commas, as ASCII. */
export const answerBytes = (ids: readonly number[]): Uint8Array<ArrayBuffer> => {
  const text = ids.join(',');
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
};

/** Experts of all cells, `[site][token][slot]`, as little-endian Int16; weights stay out, as their last bits vary with threads. */
export function routeBytes(trace: RoutingTrace): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(trace.experts.length * 2);
  const view = new DataView(bytes.buffer);
  trace.experts.forEach((unit, i) => {
    view.setInt16(2 * i, unit, true);
  });
  return bytes;
}
