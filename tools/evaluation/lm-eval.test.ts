/** The stored export of a made-up evaluation, and what lm-evaluation-harness printed of it (lm_eval_table.py, run by hand). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fixtureFacts } from '../../src/core/evaluation/export/fixture.ts';
import { lmEvalFiles } from '../../src/core/evaluation/export/lm-eval.ts';

const folder = fileURLToPath(new URL('lm-eval', import.meta.url));
const files = lmEvalFiles(fixtureFacts());

describe('lm-evaluation-harness', () => {
  test.each(files)('$path is the file that it has read', async ({ path, text }) => {
    await expect(text).toMatchFileSnapshot(join(folder, path));
  });

  test('its tables hold our figures', () => {
    const tables = readFileSync(join(folder, 'tables.md'), 'utf8');
    for (const { path, text } of files.filter((file) => file.path.includes('/results_'))) {
      const { results } = JSON.parse(text) as { results: Record<string, Record<string, unknown>> };
      const [, own = ''] = tables.split(`## ${path}\n`);
      const [table = ''] = own.split('\n## ');
      for (const [task, fields] of Object.entries(results))
        for (const [name, value] of Object.entries(fields)) {
          if (typeof value !== 'number' || !name.includes(',')) continue;
          expect(table, `${path} ${task} ${name}`).toContain(value.toFixed(4));
        }
    }
  });
});
