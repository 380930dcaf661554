/** Facts of the evaluation whose home is the browser: written when they change, checked field by field when they are read. */
import { looksJson, parseLooks } from '../../core/evaluation/looks-json.ts';
import { mergeLooks, noLooks, type Looks } from '../../core/evaluation/looks.ts';
import { EVALUATION_HOMES, type Cost, type EvaluationFacts, type EvaluationStore } from './facts.ts';
import type { Shelf } from './shelf.ts';

/** Own tasks have keys of their own, see `own-tasks.ts`. */
const KEPT = (Object.keys(EVALUATION_HOMES) as (keyof EvaluationFacts)[]).filter(
  (key) => EVALUATION_HOMES[key] === 'browser' && key !== 'own',
);

export interface KeptFacts {
  /** As it was written; see `readChoice`. */
  readonly choice: unknown;
  readonly costs: EvaluationFacts['costs'];
  readonly looks: Looks;
  readonly looksFault: string | null;
}

export async function readKept(shelf: Shelf): Promise<KeptFacts> {
  const [choice, costs, looks] = await shelf.getMany(['choice', 'costs', 'looks']);
  const { log, problems } = looks === undefined ? { log: noLooks, problems: [] } : parseLooks(looks);
  const [first] = problems;
  return {
    choice,
    costs: readCosts(costs),
    looks: log,
    looksFault: first === undefined ? null : `Some of the kept looks cannot be read (${first.field}: ${first.message})`,
  };
}

/** Writes each fact whenever it changes. Returns how to wait until all that has changed is written. */
export function keepFacts(store: EvaluationStore, shelf: Shelf): () => Promise<void> {
  let tail: Promise<void> = Promise.resolve();
  store.subscribe((now, before) => {
    const changed = KEPT.filter((key) => now[key] !== before[key]);
    if (changed.length === 0) return;
    tail = tail.then(async () => {
      for (const key of changed)
        await shelf.setMany([[key, key === 'looks' ? await allLooks(shelf, now.looks) : now[key]]]);
    });
  });
  return () => tail;
}

/** Another tab of the page may have looked meanwhile: its looks count too. */
async function allLooks(shelf: Shelf, own: Looks): Promise<unknown> {
  const [kept] = await shelf.getMany(['looks']);
  return looksJson(kept === undefined ? own : mergeLooks(parseLooks(kept).log, own));
}

/** By backend; what is not of its shape is left out. */
function readCosts(stored: unknown): Readonly<Record<string, Cost>> {
  if (typeof stored !== 'object' || stored === null) return {};
  const positive = (value: unknown): value is number =>
    typeof value === 'number' && Number.isFinite(value) && value > 0;
  return Object.fromEntries(
    Object.entries(stored as Record<string, Partial<Cost> | null>).flatMap(([backend, of]) => {
      const { pairs, milliseconds } = of ?? {};
      return positive(pairs) && positive(milliseconds) ? [[backend, { pairs, milliseconds }] as const] : [];
    }),
  );
}
