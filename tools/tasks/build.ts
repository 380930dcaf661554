/**
 * Makes the task documents: `npm run tasks -- [--freeze] [--docs] [--out DIR]`.
 * Writes DIR/<task>/<split>.jsonl (default data/tasks, ignored by git) and DIR/tasks.json (the registry's facts), and
 * compares SHA-256 with tools/tasks/hashes.json: documents are frozen, another hash fails. --freeze rewrites the hashes, --docs the page docs/tasks.md.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { TASKS } from '../../src/core/tasks/registry.ts';
import { SPLITS, type TaskDocuments } from '../../src/core/tasks/task.ts';
import { jsonLines, SEED } from './documents.ts';
import { taskPage } from './sheets.ts';
import { readSources } from './sources.ts';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    freeze: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    out: { type: 'string', default: join(here, '../../data/tasks') },
  },
});
const hashFile = join(here, 'hashes.json');
const frozen = (existsSync(hashFile) ? JSON.parse(readFileSync(hashFile, 'utf8')) : {}) as Record<string, string>;
const sources = await readSources();
const hashes: Record<string, string> = {};
const made = new Map<string, TaskDocuments>();
for (const task of TASKS) {
  const documents = task.documents(sources, SEED);
  made.set(task.id, documents);
  for (const split of SPLITS) {
    const name = `${task.id}/${split}`;
    const text = jsonLines(documents[split]);
    hashes[name] = createHash('sha256').update(text).digest('hex');
    mkdirSync(join(values.out, task.id), { recursive: true });
    writeFileSync(join(values.out, `${name}.jsonl`), text);
  }
  console.log(`${task.id}: ${SPLITS.map((s) => `${s} ${String(documents[s].length)}`).join(', ')}`);
}
// Functions are no JSON: what is left of a task are its facts.
writeFileSync(join(values.out, 'tasks.json'), `${JSON.stringify(TASKS, null, 2)}\n`);
if (values.docs) writeFileSync(join(here, '../../docs/tasks.md'), taskPage(TASKS, made));
if (values.freeze) {
  writeFileSync(hashFile, `${JSON.stringify(hashes, null, 2)}\n`);
  console.log(`frozen: ${hashFile}`);
} else {
  const changed = Object.keys({ ...frozen, ...hashes }).filter((name) => frozen[name] !== hashes[name]);
  if (changed.length > 0) {
    console.error(
      `documents differ from tools/tasks/hashes.json: ${changed.join(', ')}. Task documents are frozen; see docs/experts.md.`,
    );
    process.exitCode = 1;
  }
}
