/** Every task of the registry, with the real packages: the contract of `Task`, and the frozen hashes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readGguf } from '../../src/formats/gguf.ts';
import { readTokenizer } from '../../src/formats/tokenizer.ts';
import { readBase } from '../model-files.ts';
import { TASKS } from '../../src/core/tasks/registry.ts';
import { SPLITS, splitOf, type TaskDocuments, type TaskSources } from '../../src/core/tasks/task.ts';
import { antonymWords } from '../../src/core/tasks/antonym.ts';
import { jsonLines, SEED } from './documents.ts';
import { taskPage } from './sheets.ts';
import { readSources } from './sources.ts';

const hashes = JSON.parse(readFileSync(new URL('hashes.json', import.meta.url), 'utf8')) as Record<string, string>;
const made = new Map<string, TaskDocuments>();
let sources: TaskSources;
const of = (id: string): TaskDocuments => {
  const documents = made.get(id);
  if (documents === undefined) throw new Error(`no documents of ${id}`);
  return documents;
};

beforeAll(async () => {
  sources = await readSources();
  for (const task of TASKS) made.set(task.id, task.documents(sources, SEED));
}, 60_000);

test('ids and badges are unique, badges have two letters', () => {
  for (const field of ['id', 'badge', 'label', 'instruction'] as const)
    expect(new Set(TASKS.map((t) => t[field])).size).toBe(TASKS.length);
  for (const task of TASKS) expect(task.badge).toMatch(/^[A-Z]{2}$/);
});

test('docs/tasks.md is what the registry and its documents say (npm run tasks -- --docs)', () => {
  expect(readFileSync(new URL('../../docs/tasks.md', import.meta.url), 'utf8')).toBe(taskPage(TASKS, made));
});

test('prompts of test documents have at most 60 tokens', () => {
  const tokenizer = readTokenizer(readGguf(readBase(), 'base'));
  for (const { id } of TASKS)
    for (const { prompt } of of(id).test) expect(tokenizer.encode(prompt).length, prompt).toBeLessThanOrEqual(60);
}, 60_000);

describe.each(TASKS.map((task) => ({ id: task.id, task })))('$id', ({ task }) => {
  test('an instruction is one sentence of 15 to 25 words', () => {
    const words = task.instruction.split(' ').length;
    expect(words).toBeGreaterThanOrEqual(15);
    expect(words).toBeLessThanOrEqual(25);
    expect(task.instruction).toMatch(/^[A-Z].*\.$/);
  });

  test('documents are those whose hashes are frozen', () => {
    for (const split of SPLITS) {
      const hash = createHash('sha256')
        .update(jsonLines(of(task.id)[split]))
        .digest('hex');
      expect(hash, `${task.id}/${split}`).toBe(hashes[`${task.id}/${split}`]);
    }
  });

  test('the sheet of a held-out task, and of no other, names its kin in the library', () => {
    const { relation } = task.sheet;
    expect(relation === undefined).toBe(task.split === 'held-in');
    if (relation === undefined) return;
    expect(relation.to.length > 0).toBe(relation.degree !== 'far');
    for (const id of relation.to) expect(TASKS.find((t) => t.id === id)?.split, id).toBe('held-in');
  });

  test('enough documents, no prompt twice, prompts short', () => {
    const documents = of(task.id);
    expect(documents.train.length).toBeGreaterThanOrEqual(600);
    expect(documents.validation.length).toBeGreaterThanOrEqual(100);
    expect(documents.test.length).toBeGreaterThanOrEqual(200);
    const prompts = SPLITS.flatMap((s) => documents[s].map((d) => d.prompt));
    expect(new Set(prompts).size).toBe(prompts.length);
    for (const prompt of prompts) expect(prompt.length).toBeLessThan(260);
  });

  test('items of a document lie in its split alone', () => {
    for (const split of SPLITS)
      for (const d of of(task.id)[split]) {
        expect(d.items.length).toBeGreaterThan(0);
        for (const item of d.items) expect(splitOf(item), `${d.id}: ${item}`).toBe(split);
      }
  });

  test('options hold the answer once, at gold; free answers have none', () => {
    for (const split of SPLITS)
      for (const d of of(task.id)[split]) {
        expect(d.answer.trim()).toBe(d.answer);
        expect(d.answer).not.toBe('');
        if (task.kind === 'free') expect(d.options).toBeUndefined();
        else {
          expect(d.options?.[d.gold ?? -1]).toBe(d.answer);
          expect(new Set(d.options).size).toBe(d.options?.length);
          expect(d.options?.length).toBe(Math.round(1 / task.chance));
        }
      }
  });

  test('another seed gives other documents, the same seed the same', () => {
    expect(jsonLines(task.documents(sources, SEED).test)).toBe(jsonLines(of(task.id).test));
    expect(jsonLines(task.documents(sources, SEED + 1).test)).not.toBe(jsonLines(of(task.id).test));
  });
});

describe.each(TASKS.flatMap(({ id, sheet }) => (sheet.relation?.to ?? []).map((kin) => ({ id, kin }))))(
  '$id after $kin',
  ({ id, kin }) => {
    test('no test item was trained on in its kin, and no test prompt is one of its prompts', () => {
      const trained = new Set(of(kin).train.flatMap((d) => d.items));
      expect(of(id).test.flatMap((d) => d.items.filter((i) => trained.has(i)))).toEqual([]);
      const prompts = new Set(of(kin).train.map((d) => d.prompt));
      expect(of(id).test.filter((d) => prompts.has(d.prompt))).toEqual([]);
    });
  },
);

test('words that antonym was trained on, as any part of a pair, are not in the test of synonym', () => {
  const trained = antonymWords(sources, 'train');
  expect(of('synonym').test.flatMap((d) => d.items.filter((i) => trained.has(i)))).toEqual([]);
});
