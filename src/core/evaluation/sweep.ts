/** Which contestants are one policy with one number varied: a path in a picture, not so many points. */
import { canonical, isPolicy, type Contestant } from './plan.ts';

export interface Sweep {
  /** The number that differs, e.g. `score.c`, `select.k` or `edits.0.amount`. */
  readonly parameter: string;
  /** At least two, in order of the value; no value twice. */
  readonly points: readonly { readonly name: string; readonly value: number }[];
}

/**
 * All sweeps among contestants: those whose policies (score, selection, mix, edits; the preset's name apart) are equal but for one
 * number. A contestant of a grid belongs to one sweep for each of its directions; contestants with one policy for each task to none.
 */
export function findSweeps(contestants: readonly Pick<Contestant, 'name' | 'policy'>[]): readonly Sweep[] {
  const groups = new Map<string, { parameter: string; points: { name: string; value: number }[] }>();
  for (const { name, policy } of contestants) {
    if (!isPolicy(policy)) continue;
    const { score, select, mix, edits } = policy;
    const whole = { score, select, mix, edits };
    for (const { path, value } of numbersIn(whole, [])) {
      const key = `${path.join('.')}\n${canonical(without(whole, path))}`;
      const group = groups.get(key) ?? { parameter: path.filter((part) => part !== 'params').join('.'), points: [] };
      groups.set(key, group);
      // Of two contestants with the same policy the first stands for it.
      if (!group.points.some((point) => point.value === value)) group.points.push({ name, value });
    }
  }
  return [...groups.values()]
    .filter(({ points }) => points.length >= 2)
    .map(({ parameter, points }) => ({ parameter, points: [...points].sort((a, b) => a.value - b.value) }));
}

interface NumberAt {
  readonly path: readonly string[];
  readonly value: number;
}

function numbersIn(value: unknown, path: readonly string[]): NumberAt[] {
  if (typeof value === 'number') return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

/** The same with null in the place of what is at the path. */
function without(value: unknown, [head, ...rest]: readonly string[]): unknown {
  if (head === undefined) return null;
  if (Array.isArray(value))
    return value.map((inner: unknown, i) => (String(i) === head ? without(inner, rest) : inner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === head ? without(inner, rest) : inner]),
  );
}
