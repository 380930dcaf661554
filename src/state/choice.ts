/** Which backend computes, and why: the user's word, or the fastest that was measured on this device. */
import type { BackendId } from '../protocol/engine.ts';
import { backendChoice, BACKENDS, DEFAULT_BACKEND } from './backends.ts';

export type Choice = 'auto' | BackendId;

export interface Measured {
  /** Milliseconds to read 32 tokens, and for a token of the answer. */
  readonly prefill: number;
  readonly token: number;
  readonly threads: number;
}

/** What this device gave; a backend that failed keeps the reason. */
export type Measurements = Readonly<Partial<Record<BackendId, Measured | { readonly failed: string }>>>;

/** Less of a gain is noise, and not worth another download. */
const GAIN = 1.1;

export const hasFailed = (of: Measurements[BackendId]): of is { readonly failed: string } =>
  of !== undefined && 'failed' in of;

const speed = (backend: BackendId, { token }: Measured): string =>
  `${backendChoice(backend).short} ${token.toFixed(1)} ms a token`;

export interface Chosen {
  readonly backend: BackendId;
  readonly reason: string;
}

/** What the page loads. Total: whatever has been measured, something is chosen. */
export function choose(choice: Choice, measured: Measurements): Chosen {
  if (choice !== 'auto') return { backend: choice, reason: 'Chosen by you.' };
  const standing = standingBackend(measured);
  const failure = measured[DEFAULT_BACKEND];
  const because = hasFailed(failure) ? `${backendChoice(DEFAULT_BACKEND).short} failed here: ${failure.failed} ` : '';
  const timed = BACKENDS.flatMap(({ id }) => {
    const of = measured[id];
    return of === undefined || hasFailed(of) ? [] : [{ id, of }];
  });
  const home = timed.find(({ id }) => id === standing);
  if (home === undefined)
    return { backend: standing, reason: `${because}Not measured on this device yet: what needs least is taken first.` };
  const best = timed.reduce((a, b) => (b.of.token * GAIN < a.of.token ? b : a), home);
  const others = timed.filter(({ id }) => id !== best.id).map(({ id, of }) => speed(id, of));
  const list = [speed(best.id, best.of), ...others].join(', ');
  const unmeasured = BACKENDS.filter(({ id }) => measured[id] === undefined).map(({ short }) => short);
  const rest = unmeasured.length > 0 ? ` Not measured: ${unmeasured.join(', ')}.` : '';
  const verb = others.length > 0 ? 'The fastest measured on this device' : 'Measured on this device';
  return { backend: best.id, reason: `${because}${verb}: ${list}.${rest}` };
}

/** The first in the order of preference that did not fail; the last one of the chain if all did. */
function standingBackend(measured: Measurements): BackendId {
  let backend: BackendId = DEFAULT_BACKEND;
  while (hasFailed(measured[backend])) {
    const { next } = backendChoice(backend);
    if (next === undefined) return backend;
    backend = next;
  }
  return backend;
}

const finite = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v) && v > 0;

/** From what the browser has kept: fields that are not what they should be are left out. */
export function readMeasurements(stored: unknown): Measurements {
  if (typeof stored !== 'object' || stored === null) return {};
  const out: Partial<Record<BackendId, Measured | { failed: string }>> = {};
  for (const { id } of BACKENDS) {
    const of = (stored as Record<string, unknown>)[id];
    if (typeof of !== 'object' || of === null) continue;
    const { prefill, token, threads, failed } = of as Record<string, unknown>;
    if (typeof failed === 'string') out[id] = { failed: failed.slice(0, 300) };
    else if (finite(prefill) && finite(token) && finite(threads)) out[id] = { prefill, token, threads };
  }
  return out;
}

export const readChoice = (stored: unknown): Choice => BACKENDS.find(({ id }) => id === stored)?.id ?? 'auto';
