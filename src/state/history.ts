/** Undo and redo of changes to the policies. Changes with the same gesture (one drag of a slider) are one step. */
import type { Policy } from '../core/routing/policy.ts';

export type Policies = readonly Policy[];

export interface History {
  readonly past: readonly Policies[];
  readonly future: readonly Policies[];
  /** Gesture of the last change; the next one of the same gesture joins it. */
  readonly gesture: string | null;
}

export const emptyHistory: History = { past: [], future: [], gesture: null };

const MOST = 100;

/** `before` gives way to other policies. */
export function changed(history: History, before: Policies, gesture: string | null): History {
  if (gesture !== null && gesture === history.gesture) return { ...history, future: [] };
  return { past: [...history.past, before].slice(-MOST), future: [], gesture };
}

export interface Step {
  readonly history: History;
  readonly policies: Policies;
}

export function undo({ past, future }: History, now: Policies): Step | undefined {
  const policies = past.at(-1);
  if (policies === undefined) return undefined;
  return { policies, history: { past: past.slice(0, -1), future: [now, ...future], gesture: null } };
}

export function redo({ past, future }: History, now: Policies): Step | undefined {
  const policies = future[0];
  if (policies === undefined) return undefined;
  return { policies, history: { past: [...past, now], future: future.slice(1), gesture: null } };
}
