import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { parseLooks } from '../core/evaluation/looks-json.ts';
import { main } from './main.ts';
import { tinyFolder } from './testing.ts';

// Each command opens the package for itself, and test machines are busy.
vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'switchyard-evaluate-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const documents = join(scratch, 'documents');
const write = (task: string, split: string, of: readonly object[]) => {
  mkdirSync(join(documents, task), { recursive: true });
  const lines = of.map((fields, i) => JSON.stringify({ id: `${task}/${split}/${String(i)}`, items: [], ...fields }));
  writeFileSync(join(documents, task, `${split}.jsonl`), `${lines.join('\n')}\n`);
};
const options = ['heat', 'he', 'there'];
for (const split of ['validation', 'test']) {
  write('past-tense', split, [
    { prompt: 'one', answer: 'he' },
    { prompt: 'two', answer: 'the' },
    { prompt: 'three', answer: 'a' },
  ]);
  write('synonym', split, [
    { prompt: 'four', answer: 'he', options, gold: 1 },
    { prompt: 'five', answer: 'heat', options, gold: 0 },
  ]);
}

async function evaluate(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(['evaluate', '--package', tinyFolder, '--threads', '1', '--documents', documents, ...args], {
    root,
    stdin: () => Promise.resolve(''),
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    interactive: false,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const fixed = ['--tasks', 'past-tense,synonym', '--docs', '5'];
const read = (...path: string[]) => readFileSync(join(scratch, ...path), 'utf8');
const json = (...path: string[]) => JSON.parse(read(...path)) as Record<string, unknown>;
/** All files below a folder, with what they hold. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file, readFileSync(file, 'utf8')]),
  );

test('prints a table, writes every export, and begins again where it was', async () => {
  const out = join(scratch, 'results');
  const args = [...fixed, '--policies', 'none,phatgoose,oracle', '--out', out];
  const first = await evaluate(...args);
  expect(first.code).toBe(0);
  expect(first.out).toContain('| Past tense | 3 |');
  expect(first.out).toContain('held-out, mean of 1 task');
  const written = contents(out);
  const paths = Object.keys(written).join('\n');
  for (const file of ['results.json', 'table.md', 'table.tex', 'cells.csv', 'documents.csv', 'looks.json'])
    expect(paths).toContain(file);
  expect(paths).toMatch(/lm-eval.phatgoose.results_/);
  expect(paths).toMatch(/lm-eval.oracle.samples_synonym_/);

  // The last line is cut off, as a crash would.
  const measured = read('results', 'measurements.jsonl');
  writeFileSync(join(out, 'measurements.jsonl'), measured.slice(0, -20));
  const again = await evaluate(...args);
  expect(again.out).toBe(first.out);
  const after = contents(out);
  // But for the time that the one document took.
  const timeless = (files: Record<string, string>) =>
    Object.entries(files).map(([file, text]) => [
      file,
      text.replaceAll(/"(milliseconds|total_evaluation_time_seconds)": ?"?[\d.e-]+"?/g, ''),
    ]);
  expect(timeless(after)).toEqual(timeless(written));
});

test('a sweep, and what a search picks of it on held-in validation', async () => {
  const out = join(scratch, 'sweep');
  const swept = await evaluate(...fixed, '--policies', 'base,phatgoose:k={1,2,3}', '--out', out);
  expect(swept.out).toContain('| base | phatgoose:k=1 | phatgoose:k=2 | phatgoose:k=3 |');
  const picked = await evaluate(
    ...fixed,
    '--policies',
    'base,phatgoose:k={1,2,3}',
    '--pick',
    '--split',
    'test',
    '--out',
    out,
  );
  expect(picked.code).toBe(0);
  const { picked: search, policies } = json('sweep', 'results.json') as {
    picked: { spec: string; chosen: string; tasks: number; documents: number; scores: { score: number }[] }[];
    policies: { name: string }[];
  };
  expect(search).toMatchObject([{ spec: 'phatgoose:k={1,2,3}', tasks: 1, documents: 3 }]);
  expect(search[0]?.scores).toHaveLength(3);
  expect(policies.map(({ name }) => name)).toEqual(['base', search[0]?.chosen]);
  expect(picked.out).toContain('was picked of phatgoose:k={1,2,3} on 3 held-in validation documents');
});

test('policies of an experiment, edits and looks included, stand beside those of the list', async () => {
  const file = join(scratch, 'experiment.json');
  const edits = [{ kind: 'mute', experts: ['alpha', 'beta'] }];
  const policies = [{ method: 'phatgoose' }, { method: 'phatgoose', edits }];
  const looks = ['ab'.repeat(8)];
  writeFileSync(file, JSON.stringify({ version: 1, package: 'tiny', prompt: { text: 'hello' }, policies, looks }));
  const out = join(scratch, 'experiment');
  const args = ['--tasks', 'past-tense', '--experiment', file, '--out', out];
  const said = await evaluate(...args, '--policies', 'single:gamma');
  expect(said.out).toContain('| documents | single:gamma | A | B |');
  const { policies: found } = json('experiment', 'results.json') as {
    policies: { tasks: { nll: number; routing: { load: number[] } }[] }[];
  };
  const [single, , muted] = found.map(({ tasks }) => tasks[0]);
  // Two of three muted: only the third is left.
  expect(muted?.routing.load).toEqual(single?.routing.load);
  expect(muted?.nll).toBeCloseTo(single?.nll ?? NaN, 5);
  expect((await evaluate(...args)).out).toContain('| documents | A | B |');
  // The sender had looked once.
  expect(said.out).toContain('Held-out test seen once while');
});

describe('looks at held-out test', () => {
  const looked = (...args: string[]) => evaluate(...fixed, '--split', 'test', '--out', join(scratch, 'looks'), ...args);
  const log = () => parseLooks(json('looks', 'looks.json')).log;

  test('are counted once each, shown, and a seal comes before or not at all', async () => {
    await evaluate(...fixed, '--policies', 'none', '--out', join(scratch, 'looks'));
    expect(log().looks).toEqual([]);
    const sealed = await looked('--policies', 'none', '--sealed');
    expect(sealed.err).toContain('Held-out test seen once');
    expect(sealed.out).toMatch(/- none was sealed \([0-9a-f]{16}\) on .*held-out test had not been seen until then/);
    await looked('--policies', 'none');
    expect(log().looks).toHaveLength(1);
    const second = await looked('--policies', 'none,phatgoose');
    expect(second.out).toContain('Held-out test seen 2 times');
    expect(log().looks).toHaveLength(2);
    expect(json('looks', 'results.json')).toMatchObject({ looks: { count: 2 } });

    const late = await looked('--policies', 'phatgoose', '--sealed');
    expect(late.code).toBe(2);
    expect(late.err).toMatch(/--sealed: phatgoose \([0-9a-f]{16}\) cannot be sealed: .* once before/);
    expect(log().seals).toHaveLength(1);
  });

  test('one log may serve several folders', async () => {
    const file = join(scratch, 'shared', 'looks.json');
    for (const policy of ['none', 'phatgoose'])
      await evaluate(
        ...fixed,
        '--split',
        'test',
        '--policies',
        policy,
        '--looks',
        file,
        '--out',
        join(scratch, policy),
      );
    expect(parseLooks(JSON.parse(readFileSync(file, 'utf8'))).log.looks).toHaveLength(2);
    expect(existsSync(join(scratch, 'none', 'looks.json'))).toBe(false);
  });

  test('a log that cannot be read whole is not written over', async () => {
    const file = join(scratch, 'bad-looks.json');
    for (const [text, message] of [
      ['{', /is no JSON/],
      ['{"format":"switchyard-looks","version":1,"looks":[{}]}', /looks\[0\]\.at: nothing is not a time/],
    ] as const) {
      writeFileSync(file, text);
      const said = await looked('--policies', 'none', '--looks', file);
      expect(said.code).toBe(2);
      expect(said.err).toMatch(message);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });
});

describe('own tasks', () => {
  const file = join(scratch, 'My words.csv');
  writeFileSync(file, 'prompt,answer,options,gold\none,he,,\ntwo,,he|there,he\nthree,,he|he,he\n');

  test('stand beside the others; bad rows are named', async () => {
    const out = join(scratch, 'own');
    const said = await evaluate('--policies', 'none', '--own', `${file}:held-out`, '--out', out);
    expect(said.code).toBe(0);
    expect(said.err).toMatch(/My words\.csv, row 4, options: holds "he" twice/);
    expect(said.err).toContain('1 rows are left out, 2 documents stay');
    expect(said.out).toContain('| My words.csv | 1 |');
    expect(said.out).toContain('| My words.csv (choices) | 1 |');
    expect(said.out).not.toContain('Past tense');
    // Documents that nobody trained on and nobody set aside for tuning: seeing them is a look.
    expect(parseLooks(json('own', 'looks.json')).log.looks[0]?.tasks.map(({ id }) => id)).toEqual([
      'own-my-words',
      'own-my-words-choice',
    ]);
  });

  test('a document longer than the context is named and left out; the others are measured', async () => {
    const long = join(scratch, 'long.csv');
    writeFileSync(long, `prompt,answer\none,he\n${'word '.repeat(3900)},the\ntwo,a\n`);
    const out = join(scratch, 'own-long');
    const said = await evaluate('--policies', 'none,phatgoose', '--own', `${long}:held-in`, '--out', out);
    expect(said.err).toMatch(/own-long\/test\/1 is left out: The prompt has \d+ tokens/);
    expect(said.code).toBe(0);
    expect(said.out).toContain('| long.csv | 2 |');
  });

  test('what cannot be read', async () => {
    const refused = async (pattern: RegExp, own: string, ...more: string[]) => {
      const said = await evaluate('--policies', 'none', '--out', join(scratch, 'own-refused'), '--own', own, ...more);
      expect(said.err).toMatch(pattern);
      expect(said.code).toBe(2);
    };
    const bad = join(scratch, 'bad.csv');
    writeFileSync(bad, 'a,b\n1,2\n');
    const rows = join(scratch, 'rows.csv');
    writeFileSync(rows, 'prompt,answer\n,x\n');
    await refused(/--own .*: FILE:held-in or FILE:held-out is meant/, file);
    await refused(/--own: the file .*nowhere\.csv cannot be read/, join(scratch, 'nowhere.csv:held-in'));
    await refused(/bad\.csv: header .*no column prompt/, `${bad}:held-in`);
    await refused(/--own: no row of .*rows\.csv can be used/, `${rows}:held-in`);
    await refused(/are both own-my-words/, `${file}:held-in`, '--own', `${file}:held-out`);
  });
});

test('says what it cannot do', async () => {
  const refused = async (pattern: RegExp, ...args: string[]) => {
    const said = await evaluate('--out', join(scratch, 'refused'), ...args);
    expect(said.err).toMatch(pattern);
    expect(said.code).toBe(2);
    expect(said.out).toBe('');
  };
  await refused(/--policies is missing/);
  await refused(/--policies: there is no nobody; there are base, none/, ...fixed, '--policies', 'nobody');
  await refused(/--policies: glider:z=1: .*no parameter z/, ...fixed, '--policies', 'glider:z=1');
  await refused(/no expert nobody; there are alpha, beta, gamma/, ...fixed, '--policies', 'single:nobody');
  await refused(/--policies: none is asked for twice/, ...fixed, '--policies', 'none,none');
  await refused(
    /belongs to no option; put a sweep in quotes/,
    ...fixed,
    '--policies',
    'none,glider:c=0',
    'none,glider:c=1',
  );
  await refused(/--pick: there is no sweep/, ...fixed, '--policies', 'none', '--pick');
  await refused(/--tasks: there is no nothing/, '--policies', 'none', '--tasks', 'nothing');
  await refused(/--split/, ...fixed, '--policies', 'none', '--split', 'all');
  await refused(/npm run tasks/, '--tasks', 'plural', '--policies', 'none');
});

test('a control of a second package takes part, outside the library', async () => {
  const folder = join(scratch, 'two');
  cpSync(tinyFolder, folder, { recursive: true });
  const library = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { experts: object[] };
  const routed = ['vectors', 'embeddings', 'embedder', 'reference'];
  /** The first adapter of the library under another name, without all that routers read. */
  const alone = (id: string): string =>
    JSON.stringify(
      { ...library, experts: library.experts.slice(0, 1).map((one) => ({ ...one, id })) },
      (key, value: unknown) => (routed.includes(key) ? undefined : value),
    );
  const file = (name: string) => join(folder, `${name}.json`);
  writeFileSync(file('controls'), alone('shuffled'));
  writeFileSync(file('same'), alone('beta'));
  const out = join(scratch, 'with-control');
  const policies = ['--policies', 'none,single:alpha,single:shuffled', '--out', out];
  const { code, err } = await evaluate(...fixed, ...policies, '--controls', file('controls'));
  expect(err).not.toContain('error');
  expect(code).toBe(0);
  const rows = read('with-control', 'documents.csv').trim().split(/\r?\n/);
  const of = (name: string) => rows.filter((row) => row.includes(name)).map((row) => row.replace(name, ''));
  expect(of('single:shuffled').length).toBe(5);
  // The same adapter, whichever engine holds it.
  expect(of('single:shuffled')).toEqual(of('single:alpha'));
  const unknown = await evaluate(...fixed, ...policies);
  expect(unknown.err).toMatch(/there is no expert shuffled; there are alpha, beta, gamma/);
  const twice = await evaluate(...fixed, '--policies', 'none', '--out', out, '--controls', file('same'));
  expect(twice.err).toMatch(/--controls: beta is the name of an expert of the library, too/);
});

test('a damaged line of what was measured is named; nothing is lost', async () => {
  const out = join(scratch, 'damaged');
  const args = [...fixed, '--policies', 'none', '--out', out];
  await evaluate(...args);
  const lines = read('damaged', 'measurements.jsonl').split('\n');
  writeFileSync(join(out, 'measurements.jsonl'), lines.with(2, '{"key":3}').join('\n'));
  const { code, err } = await evaluate(...args);
  expect(code).not.toBe(0);
  expect(err).toMatch(/measurements\.jsonl: line 3 is damaged; delete it/);
  expect(read('damaged', 'measurements.jsonl').split('\n').length).toBe(lines.length);
});
