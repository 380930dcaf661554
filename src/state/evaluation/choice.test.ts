import { expect, test } from 'vitest';
import { sha256Hex } from '../../core/sha256.ts';
import { RULES } from '../../core/routing/rules.ts';
import { presetPolicy } from '../../core/routing/presets.ts';
import { TASKS } from '../../core/tasks/registry.ts';
import { contestantsOf, firstChoice, policyLabel, readChoice } from './choice.ts';
import { createDocuments, documentsFile } from './documents.ts';
import { readPlan } from './plan.ts';

const experts = ['addition', 'boolean', 'past-tense'];
const first = firstChoice(TASKS, experts);

test('to begin with: a few tasks of both halves, the held-in ones with an expert, validation', () => {
  const halves = first.tasks.map((id) => TASKS.find((task) => task.id === id)?.split);
  expect(halves).toEqual(['held-in', 'held-in', 'held-out', 'held-out']);
  expect(first.tasks.slice(0, 2).every((id) => experts.includes(id))).toBe(true);
  expect(first.split).toBe('validation');
});

test('contestants: letters that stay in, base, and an oracle where there is an expert', () => {
  const policies = [presetPolicy('phatgoose'), presetPolicy('glider')];
  const choice = { ...first, tasks: ['addition', 'plural'], without: ['A'], base: true, oracle: true };
  const found = contestantsOf(choice, { experiment: { policies }, rules: RULES, experts });
  expect(found.map(({ name }) => name)).toEqual(['B', 'base', 'oracle']);
  expect(Object.keys(found[2]?.policy ?? {})).toEqual(['addition']);
});

test('an edit made while an answer was written holds from the start of every document', () => {
  const policy = { ...presetPolicy('phatgoose'), edits: [{ kind: 'mute', experts: ['addition'], since: 37 } as const] };
  const [found] = contestantsOf(first, { experiment: { policies: [policy] }, rules: RULES, experts });
  expect(found?.policy).toMatchObject({ edits: [{ kind: 'mute', experts: ['addition'] }] });
  expect(JSON.stringify(found)).not.toContain('since');
  expect(policyLabel(policy, RULES)).toBe('PHATGOOSE, 1 edit');
});

test('a kept choice is read field by field; test is never chosen by habit', () => {
  expect(readChoice('x', first)).toEqual(first);
  expect(readChoice({ tasks: ['plural', 3], documents: 1e9, split: 'test', base: true }, first)).toEqual({
    ...first,
    tasks: ['plural'],
    documents: 200,
    base: true,
  });
});

test('a kept plan of another shape is not offered', () => {
  for (const stored of [undefined, null, 3, {}, { version: 2 }, { version: 1, tasks: [], contestants: [{}] }])
    expect(readPlan(stored)).toBeUndefined();
});

test('documents that differ from the frozen hash are refused, and asked for again next time', async () => {
  const text = `${JSON.stringify({ id: 'plural/test/0', prompt: 'p', answer: 'a', items: [] })}\n`.repeat(3);
  const bytes = new TextEncoder().encode(text);
  const hash = sha256Hex(bytes);
  const asked: string[] = [];
  const source = createDocuments({
    hashes: { 'plural/test': hash },
    read(file) {
      asked.push(file);
      return Promise.resolve(asked.length === 1 ? bytes.subarray(1) : bytes);
    },
  });
  const plural = TASKS.find(({ id }) => id === 'plural');
  if (plural === undefined) throw new Error('there is no task plural');
  await expect(source.task(plural, 'test', 2)).rejects.toThrow(/plural.*SHA-256/);
  expect((await source.task(plural, 'test', 2)).documents.length).toBe(2);
  expect((await source.task(plural, 'test', 9)).documents.length).toBe(3);
  expect(asked).toEqual([documentsFile('plural/test', hash), documentsFile('plural/test', hash)]);
  await expect(source.task(plural, 'validation', 2)).rejects.toThrow(/no documents plural\/validation/);
});
