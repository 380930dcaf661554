/** The page docs/tasks.md: a sheet for each task of the registry, from the registry and its documents. */
import { SPLITS, type Split, type Task, type TaskDocument, type TaskDocuments } from '../../src/core/tasks/task.ts';

const EXAMPLES = 5;

/** Share (0 to 1) of the most frequent answer: what the best constant answer would score. */
export function majority(documents: readonly TaskDocument[]): number {
  const counts = new Map<string, number>();
  for (const { answer } of documents) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return Math.max(...counts.values()) / documents.length;
}

/** Per cent with one decimal where it has one. */
const percent = (share: number) => String(Math.round(share * 1000) / 10);
const different = (documents: readonly TaskDocument[]) => new Set(documents.flatMap((d) => d.items)).size;
/** Backticks that no text can close early. */
const code = (text: string) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/** What a reader must know of the answer: its kind, and the options where all documents share them. */
function answers({ kind, chance }: Task, test: readonly TaskDocument[]): string {
  const [first] = test;
  if (kind === 'free' || first?.options === undefined) return 'free';
  const number = String(Math.round(1 / chance));
  const own = new Set(test.map((d) => [...(d.options ?? [])].sort().join('\n'))).size > 1;
  return own ? `one of ${number}, other options in each document` : `one of ${number}: ${first.options.join(', ')}`;
}

function sheet(task: Task, documents: TaskDocuments, labels: ReadonlyMap<string, string>): string {
  const { sheet: facts } = task;
  const kin = facts.relation?.to.map((id) => labels.get(id) ?? id).join(', ');
  const size = (split: Split) => `${String(documents[split].length)} (${String(different(documents[split]))})`;
  const rows: [string, string | undefined][] = [
    ['measures', facts.measures],
    ['expert card', task.instruction],
    ['answer', answers(task, documents.test)],
    ['metric', task.metric],
    ['chance · majority', `${percent(task.chance)} % · ${percent(majority(documents.test))} %`],
    ['source', facts.source],
    ['licence', facts.licence],
    ['resembles', facts.resembles],
    ['kin in the library', facts.relation && `${facts.relation.degree}${kin === '' ? '' : ` of ${String(kin)}`}`],
    ['documents (different items)', SPLITS.map((split) => `${split} ${size(split)}`).join(', ')],
    ['limits', facts.limits],
  ];
  const lines = rows.flatMap(([name, text]) => (text === undefined ? [] : [`- **${name}**: ${text}`]));
  const examples =
    facts.quotes === true
      ? ["Other people's sentences are not committed: `npm run tasks` writes the documents to `data/tasks/`."]
      : [
          '| prompt | answer |',
          '|---|---|',
          ...documents.validation
            .slice(0, EXAMPLES)
            .map((d) => `| ${code(d.prompt.replaceAll('|', '\\|'))} | ${code(d.answer)} |`),
        ];
  return [`### ${task.label}`, `\`${task.id}\` · ${task.family}`, lines.join('\n'), examples.join('\n')].join('\n\n');
}

/** The whole page; `documents` by task id. */
export function taskPage(tasks: readonly Task[], documents: ReadonlyMap<string, TaskDocuments>): string {
  const labels = new Map(tasks.map((t) => [t.id, t.label]));
  const of = (id: string): TaskDocuments => {
    const found = documents.get(id);
    if (found === undefined) throw new Error(`no documents of ${id}`);
    return found;
  };
  const part = (split: Task['split'], title: string) => {
    const chosen = tasks.filter((t) => t.split === split);
    const rows = chosen.map(
      (t) =>
        `| ${t.label} | \`${t.id}\` | ${t.family} | ${t.kind} | ${percent(t.chance)} | ${percent(majority(of(t.id).test))} |`,
    );
    const table = ['| task | id | family | answer | chance, % | majority, % |', '|---|---|---|---|---|---|', ...rows];
    return [
      `## ${title}: ${String(chosen.length)} tasks`,
      table.join('\n'),
      ...chosen.map((t) => sheet(t, of(t.id), labels)),
    ];
  };
  return `${[
    '# Tasks',
    '<!-- written by `npm run tasks -- --docs` from src/core/tasks; a test fails when it is out of date -->',
    'Held-in tasks are those that an expert was trained on; held-out ones never are. Every task is one file in `src/core/tasks/` and one line in its `registry.ts`; [experts.md](experts.md) says how documents are split, frozen and measured.',
    '*Chance* is a uniform guess over the options, *majority* the share of the most frequent answer among the test documents: what the best constant answer scores. *Different items* are the keys (words, countries, sums, frames) that documents are made from; where they are few, documents depend on one another and intervals are too narrow. Examples are validation documents. What a task resembles it re-creates in our own words: results here are no results on that benchmark.',
    ...part('held-in', 'Held-in'),
    ...part('held-out', 'Held-out'),
  ].join('\n\n')}\n`;
}
