/**
 * Steps that lift an older experiment to the next version. APPEND ONLY: a published link opens for ever, so a step is never
 * changed or removed. Step i turns version i + 1 into version i + 2 and gets plain JSON that may hold anything:
 * it must leave alone what it does not know. Renaming a policy id or a parameter is such a step.
 */
import { isObject, type JsonObject } from './json.ts';

export type Upgrade = (experiment: JsonObject) => JsonObject;

export const upgrades: readonly Upgrade[] = [];

export interface Upgraded {
  readonly experiment: JsonObject;
  /** The version it was written in; 1 when it does not say. */
  readonly from: number;
}

/** Applies the steps from the experiment's own version on; a newer version than known comes back as it is. */
export function upgrade(json: unknown, steps: readonly Upgrade[] = upgrades): Upgraded {
  const experiment = isObject(json) ? json : {};
  const from =
    typeof experiment.version === 'number' && Number.isInteger(experiment.version) && experiment.version >= 1
      ? experiment.version
      : 1;
  return {
    from,
    experiment: steps.slice(from - 1).reduce((e, step) => step(e), { ...experiment }),
  };
}
