/** Adapters of a second package that no router of the library meets: each is one expert for everything, in an engine of its own. */
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { Job } from '../core/evaluation/plan.ts';

type Contestants = Job['contestants'];

/** Contestants whose policy gives every token to a control. */
export const isControl =
  (controls: readonly string[]) =>
  ({ policy }: Contestants[number]): boolean =>
    policy.edits.some((edit) => edit.kind === 'force' && edit.experts.some((id) => controls.includes(id)));

/** A control's routes say nothing of the library's experts. */
export const withoutShares = (measurement: Measurement, experts: number): Measurement => {
  const none = Array.from({ length: experts }, () => 0);
  return { ...measurement, routing: { ...measurement.routing, share: none, first: none } };
};

/**
 * Measures each contestant where it belongs and puts the results into the job's order.
 * @returns nothing where either side has left the document out
 */
export async function inTwo(
  contestants: Contestants,
  belongs: (contestant: Contestants[number]) => boolean,
  measure: (side: 'library' | 'controls', contestants: Contestants) => Promise<readonly Measurement[]>,
): Promise<readonly Measurement[]> {
  const sides = { controls: contestants.filter(belongs), library: contestants.filter((one) => !belongs(one)) };
  const found = new Map<string, Measurement>();
  for (const side of ['library', 'controls'] as const) {
    if (sides[side].length === 0) continue;
    const results = await measure(side, sides[side]);
    if (results.length === 0) return [];
    sides[side].forEach(({ name }, i) => {
      const result = results[i];
      if (result !== undefined) found.set(name, result);
    });
  }
  return contestants.flatMap(({ name }) => found.get(name) ?? []);
}
