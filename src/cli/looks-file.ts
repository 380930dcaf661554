/** The log of looks of an experiment in a file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  addLook,
  contestantHash,
  lookOf,
  mergeLooks,
  noLooks,
  sealPolicy,
  type Looks,
} from '../core/evaluation/looks.ts';
import { looksJson, parseLooks } from '../core/evaluation/looks-json.ts';
import type { Evaluation } from '../core/evaluation/plan.ts';
import { UsageError } from './io.ts';

/** @throws UsageError for a file that cannot be read whole: written again, it would count fewer looks than there were */
export function readLooks(file: string): Looks {
  if (!existsSync(file)) return noLooks;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--looks: ${file} is no JSON (${error instanceof Error ? error.message : 'unreadable'}).`);
  }
  const { log, problems } = parseLooks(json);
  if (problems.length === 0) return log;
  const list = problems.map(({ field, message }) => `  ${field}: ${message}`).join('\n');
  throw new UsageError(`--looks: ${file} cannot be taken as it stands; mend it, or name another file:\n${list}`);
}

/**
 * Counts an evaluation's look at held-out test, and before it seals its policies where that is asked for; written before anything is measured.
 * @param elsewhere ids of looks that an experiment brings along
 * @param at UTC, as `Date.toISOString` writes it
 * @throws UsageError for a seal that would come after a look
 */
export function keepLook(
  file: string,
  evaluation: Evaluation,
  { sealed, elsewhere, at }: { readonly sealed: boolean; readonly elsewhere: readonly string[]; readonly at: string },
): Looks {
  let log = mergeLooks(readLooks(file), { ...noLooks, others: elsewhere });
  try {
    if (sealed)
      for (const contestant of evaluation.contestants)
        log = sealPolicy(log, { hash: contestantHash(contestant), name: contestant.name, at });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--sealed: ${error.message}`) : error;
  }
  const look = lookOf(evaluation, at);
  if (look !== undefined) log = addLook(log, look);
  writeFileSync(file, `${JSON.stringify(looksJson(log), null, 1)}\n`);
  return log;
}
