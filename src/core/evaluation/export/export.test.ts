import { csvParse } from 'd3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from '../../../formats/csv.ts';
import { readOwnTask } from '../../../formats/own-task.ts';
import { policyHash } from '../plan.ts';
import { cellsCsv, csvText, documentsCsv } from './csv.ts';
import { exportFiles } from './files.ts';
import { fixtureFacts } from './fixture.ts';
import { reportJson } from './json.ts';
import { latexText, reportLatex } from './latex.ts';
import { lmEvalFiles, modelFolder } from './lm-eval.ts';
import { markdownCell, reportMarkdown } from './markdown.ts';
import { percent } from './table.ts';

const facts = fixtureFacts();
const looked = 'Held-out test seen once while the policies of this experiment were tuned.';

describe('Markdown', () => {
  const text = reportMarkdown(facts);
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  test('every row has a cell for each policy, whatever the labels hold', () => {
    expect(rows).toHaveLength(2 + 3 + 2 * 3);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(6);
    expect(text).toContain('| Synonym \\| among four | 10 |');
  });
  test('shares with intervals, looks, seal, what a search picked', () => {
    const { rows: cells } = { rows: facts.tally.rows() };
    const share = cells[0]?.cells.get('base')?.share;
    const shown = [share?.estimate, share?.lower, share?.upper].map((value) => (100 * (value ?? NaN)).toFixed(1));
    expect(rows[2]).toContain(`| ${shown[0] ?? ''} [${shown[1] ?? ''}, ${shown[2] ?? ''}] |`);
    expect(text).toContain(`- ${looked}\n`);
    expect(text).toMatch(
      /- glider:c=3 was sealed \([0-9a-f]{16}\) on 2026-01-31, before its look; .* had not been seen/,
    );
    expect(text).toContain('- glider:c=3 was picked of glider:c={0,3} on 12 held-in validation documents of 1 task.');
    // The oracle has no policy for the own task.
    expect(rows.find((row) => row.includes('[one]'))).toMatch(/– \|$/);
  });
  test('a note says what was chosen on the very documents that are shown', () => {
    expect(text).not.toContain('flattered');
    const validation = facts.evaluation.tasks.map((task) => ({ ...task, split: 'validation' as const }));
    const shown = reportMarkdown({ ...facts, evaluation: { ...facts.evaluation, tasks: validation } });
    expect(shown).toContain('- On held-in tasks glider:c=3 was chosen on validation documents, which this table shows');
    expect(shown).toContain('- On Synonym | among four the oracle’s expert was chosen on validation documents');
    expect(shown).not.toContain('[one]_document.csv the oracle');
  });
  test('an average without spread has no interval, and a note says why', () => {
    expect(text).not.toContain('without an interval');
    const alike = fixtureFacts((document, contestant) => {
      const found = facts.tally
        .outcomes(document.split('/')[0] ?? '', contestant)
        .find((of) => of.document === document);
      return found?.right !== false;
    });
    const averages = reportMarkdown(alike)
      .split('\n')
      .filter((line) => line.startsWith('| **held-in, mean'));
    expect(averages[0]).toMatch(/\| 0\.0 \| 0\.0 \| 0\.0 \|$/);
    expect(reportMarkdown(alike)).toContain(
      '- An average without an interval: in each of its tasks all documents came out alike',
    );
    expect(reportLatex(alike)).toContain('An average without an interval');
  });
  test('no text breaks out of its cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (label) => {
        const cell = markdownCell(label);
        expect(cell).not.toMatch(/[\r\n]/);
        expect(cell.replaceAll(/\\[\\|]/g, '')).not.toContain('|');
      }),
    );
  });
});

describe('LaTeX', () => {
  const text = reportLatex(facts);
  test('booktabs, a column for each policy, rows of equal length', () => {
    for (const rule of ['\\toprule', '\\midrule', '\\bottomrule', '\\cmidrule{1-5}', '{p{0.2\\textwidth}rrrr}'])
      expect(text).toContain(rule);
    const rows = text.split('\n').filter((line) => line.endsWith(' \\\\'));
    expect(rows).toHaveLength(1 + 3 + 2 * 3);
    for (const row of rows) expect(row.match(/(?<!\\)&/g)).toHaveLength(4);
    expect(rows.find((row) => row.includes('one'))).toMatch(/^\\raggedright \{\[\}one\{\]\}\\_document\.csv & 1 &/);
    expect(text).toContain(looked);
  });
  test('more policies than fit across go into several tables, the first in each', () => {
    const { contestants } = facts.evaluation;
    const more = Array.from({ length: 6 }, (_, n) => ({
      name: `p${String(n)}`,
      label: '',
      policy: contestants[0]?.policy ?? {},
    }));
    const evaluation = { ...facts.evaluation, contestants: [...contestants, ...more] };
    const heads = reportLatex({ ...facts, evaluation })
      .split('\n')
      .filter((line) => line.startsWith('Task'));
    expect(heads).toEqual([
      'Task & $n$ & base & glider:c=3 & oracle & p0 \\\\',
      'Task & $n$ & base & p1 & p2 & p3 \\\\',
      'Task & $n$ & base & p4 & p5 \\\\',
    ]);
    expect(percent(-0.0001)).toBe('0.0');
    expect(percent(-0.001)).toBe('-0.1');
  });
  test('no character of a text keeps its meaning in LaTeX', () => {
    const special = fc.string({ unit: fc.constantFrom(...Array.from('\\{}$&#%_^~<>|"[]ab \n\u0001é')) });
    fc.assert(
      fc.property(special, (label) => {
        const rest = latexText(label)
          .replaceAll(/\\text[a-z]+\{\}/g, '')
          .replaceAll(/\\[{}$&#%_]/g, '')
          .replaceAll(/\{[[\]]\}/g, '');
        expect(rest).not.toMatch(/[\\{}$&#%_^~<>|"[\]\n]|\p{Cc}/u);
      }),
    );
    expect(latexText('50 % of {x_1}\\')).toBe('50 \\% of \\{x\\_1\\}\\textbackslash{}');
  });
});

describe('CSV', () => {
  test('two independent readers give back what was written', () => {
    const value = fc.string({ unit: fc.oneof(fc.constantFrom(',', '"', '\r', '\n', ' ', ';', '\t'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), maxLength: 20 }); // prettier-ignore
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 5 }), (rows) => {
        const text = csvText([['one', 'two'], ...rows]);
        const [, ...records] = [...readCsv(text, ',')];
        expect(records.map(({ fields, fault }) => fault ?? [...fields])).toEqual(rows.map((row) => [...row]));
        expect([...csvParse(text)].map(({ one, two }) => [one, two])).toEqual(rows);
      }),
    );
  });

  test('cells: every task under every policy that has results, numbers in full', () => {
    const records = csvParse(cellsCsv(facts));
    expect(records).toHaveLength(8);
    const row = facts.tally.rows()[1];
    const found = records.find(({ task, policy }) => task === 'synonym' && policy === 'glider:c=3');
    const cell = row?.cells.get('glider:c=3');
    const difference = row?.differences.get('glider:c=3');
    expect(Number(found?.share_lower)).toBe(cell?.share.lower);
    expect(Number(found?.p_holm)).toBe(difference?.adjusted);
    expect(found).toMatchObject({ half: 'held-out', chance: '0.25', documents: '10', against: 'base' });
    expect(found?.verdict).toBe(difference?.verdict);
    expect(records[0]).toMatchObject({ policy: 'base', against: '', verdict: '', weight_to_own_expert: '0.75' });
    const single = facts.evaluation.contestants[2]?.policy as Readonly<
      Record<string, Parameters<typeof policyHash>[0]>
    >;
    expect(single.synonym && policyHash(single.synonym)).toBe(
      records.find(({ task, policy }) => task === 'synonym' && policy === 'oracle')?.policy_hash,
    );
  });

  test('documents: answers with quotes and line breaks, lists as JSON', () => {
    const records = csvParse(documentsCsv(facts));
    expect(records).toHaveLength(3 * 12 + 3 * 10 + 2);
    const wrong = records.find(({ answer }) => answer === 'go;\r\n"went"');
    expect(wrong?.right).toBe('false');
    const choice = records.find(({ task }) => task === 'synonym');
    expect(JSON.parse(choice?.options ?? '')).toEqual(['größe', '大きさ', 'size', 'a "b"']);
    expect(JSON.parse(choice?.option_logprobs ?? '')).toHaveLength(4);
    expect(
      records.filter(({ task, policy, right }) => task === 'synonym' && policy === 'base' && right === 'true'),
    ).toHaveLength(facts.tally.rows()[1]?.cells.get('base')?.right ?? -1);
  });
});

describe('lm-evaluation-harness', () => {
  const files = new Map(lmEvalFiles(facts).map(({ path, text }) => [path, text]));
  const results = (folder: string) =>
    JSON.parse(files.get(`${folder}/results_2026-01-31T09-30-00.000000.json`) ?? '{}') as Record<
      'results' | 'groups' | 'n-samples' | 'higher_is_better' | 'switchyard' | 'task_hashes',
      Record<string, Record<string, unknown>>
    >;

  test('a folder for each policy, by a name that every system allows', () => {
    const folders = [...new Set([...files.keys()].map((path) => path.split('/')[0]))];
    expect(folders).toEqual(['base', 'glider__c=3', 'oracle']);
    expect(modelFolder('a"<>:/|\\?*[]b')).toBe('a__b');
  });

  test('means and standard errors are those of the documents', () => {
    const { results: found, groups } = results('base');
    const [tense, synonym] = facts.tally.rows().map((row) => row.cells.get('base'));
    const [n, p] = [12, (tense?.right ?? NaN) / 12];
    expect(found['past-tense']).toMatchObject({ alias: 'Past tense', 'exact_match,none': p });
    expect(found['past-tense']?.['exact_match_stderr,none']).toBeCloseTo(Math.sqrt((p * (1 - p)) / (n - 1)), 12);
    expect(found['past-tense']?.['gold_nll,none']).toBeCloseTo(tense?.nll ?? NaN, 12);
    expect(found.synonym).toMatchObject({ 'acc,none': (synonym?.right ?? NaN) / 10 });
    expect(found.synonym).not.toHaveProperty('exact_match,none');
    // One document tells nothing about spread.
    expect(found['own-one']?.['exact_match_stderr,none']).toBe('N/A');
    expect(groups['held-in']).toMatchObject({ 'right,none': p });
    expect(results('base').higher_is_better['past-tense']).toEqual({ exact_match: true, gold_nll: false });
  });

  test('an oracle without a policy for a task has no results of it', () => {
    expect(Object.keys(results('oracle')['n-samples'])).toEqual(['past-tense', 'synonym']);
  });

  test('looks and seals travel along', () => {
    expect(results('base').switchyard).toMatchObject({ sealed: null, looks: { count: 1, while_tuned: 1 } });
    expect(results('glider__c=3').switchyard).toMatchObject({ sealed: facts.date, looks: { while_tuned: 0 } });
  });

  test('samples are read back as the documents they are of', () => {
    for (const task of facts.evaluation.tasks) {
      const text = files.get(`base/samples_${task.id}_2026-01-31T09-30-00.000000.jsonl`) ?? '';
      const read = readOwnTask(new TextEncoder().encode(text), 'samples.jsonl', task.id);
      expect(read.format).toBe('lm-eval-samples');
      expect(read.problems).toEqual([]);
      const fields = ({ prompt, answer, options, gold }: (typeof read.documents)[number]) => ({
        prompt,
        answer,
        options,
        gold,
      });
      expect(read.documents.map(fields)).toEqual(task.documents.map(fields));
    }
  });

  test('a stopped evaluation says how many documents it has', () => {
    const some = fixtureFacts((document, contestant) => contestant !== 'base' || document.endsWith('/3'));
    const [file, ...others] = lmEvalFiles(some).filter(({ path }) => path.includes('/results_'));
    expect(others).toEqual([]);
    expect(JSON.parse(file?.text ?? '')).toMatchObject({
      'n-samples': { 'past-tense': { original: 12, effective: 11 } },
    });
  });
});

test('JSON: policies by hash, looks counted, what was picked', () => {
  expect(JSON.parse(JSON.stringify(reportJson(facts)))).toMatchObject({
    format: 'switchyard-evaluation',
    looks: { count: 1, format: 'switchyard-looks' },
    policies: [
      { name: 'base', looksWhileTuned: 1, sealed: null },
      { name: 'glider:c=3', looksWhileTuned: 0, sealed: facts.date },
      { name: 'oracle' },
    ],
    picked: [{ chosen: 'glider:c=3' }],
  });
});

test('all files: paths are relative and each is its own', () => {
  const paths = exportFiles(facts).map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) expect(path).toMatch(/^[\w=.-]+(\/[\w=.-]+)*$/);
  expect(paths).toEqual(
    expect.arrayContaining(['results.json', 'table.md', 'table.tex', 'cells.csv', 'documents.csv']),
  );
});
