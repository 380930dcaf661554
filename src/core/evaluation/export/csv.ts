/** Results as CSV (RFC 4180): a header, CRLF, numbers in full, an empty field where there is no value. */
import { policyFor, policyHash } from '../plan.ts';
import type { TaskRow } from '../tally.ts';
import type { ReportFacts } from './facts.ts';

type Value = string | number | boolean | undefined;

const field = (value: Value): string => {
  const text = value === undefined ? '' : String(value);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Records of equal length, the header first. */
export const csvText = (records: readonly (readonly Value[])[]): string =>
  records.map((record) => `${record.map(field).join(',')}\r\n`).join('');

/** One record for each column, its name and what it holds. */
type Columns<T> = readonly (readonly [name: string, value: (of: T) => Value])[];

const table = <T>(columns: Columns<T>, rows: readonly T[]): string =>
  csvText([columns.map(([name]) => name), ...rows.map((of) => columns.map(([, value]) => value(of)))]);

interface Cell {
  readonly row: TaskRow;
  readonly contestant: ReportFacts['evaluation']['contestants'][number];
  /** Name of the first. */
  readonly first: string;
}

const cellOf = ({ row, contestant: { name } }: Cell) => row.cells.get(name);
const differenceOf = ({ row, contestant: { name } }: Cell) => row.differences.get(name);

const CELLS: Columns<Cell> = [
  ['policy', ({ contestant }) => contestant.name],
  ['policy_hash', (of) => hashFor(of)],
  ['task', ({ row }) => row.task.id],
  ['half', ({ row }) => row.task.half],
  ['split', ({ row }) => row.task.split],
  ['metric', ({ row }) => row.task.metric],
  ['chance', ({ row }) => row.task.chance],
  ['documents', (of) => cellOf(of)?.n],
  ['right', (of) => cellOf(of)?.right],
  ['share', (of) => cellOf(of)?.share.estimate],
  ['share_lower', (of) => cellOf(of)?.share.lower],
  ['share_upper', (of) => cellOf(of)?.share.upper],
  ['nll', (of) => cellOf(of)?.nll],
  ['weight_to_own_expert', (of) => cellOf(of)?.routing.own],
  ['first_choice_own_expert', (of) => cellOf(of)?.routing.agreement],
  ['entropy_bits', (of) => cellOf(of)?.routing.entropy],
  ['experts_per_token_and_site', (of) => cellOf(of)?.routing.chosen],
  ['against', (of) => (differenceOf(of) === undefined ? undefined : of.first)],
  ['paired_documents', (of) => differenceOf(of)?.n],
  ['won', (of) => differenceOf(of)?.won],
  ['lost', (of) => differenceOf(of)?.lost],
  ['difference', (of) => differenceOf(of)?.difference.estimate],
  ['difference_lower', (of) => differenceOf(of)?.difference.lower],
  ['difference_upper', (of) => differenceOf(of)?.difference.upper],
  ['p', (of) => differenceOf(of)?.p],
  ['p_holm', (of) => differenceOf(of)?.adjusted],
  ['verdict', (of) => differenceOf(of)?.verdict],
];

function hashFor({ row, contestant }: Cell): string | undefined {
  const policy = policyFor(contestant, row.task.id);
  return policy === undefined ? undefined : policyHash(policy);
}

/** A record for each task under each policy. Shares are of 1; the verdict is McNemar's exact test with Holm's correction. */
export function cellsCsv({ evaluation: { contestants }, tally }: ReportFacts): string {
  const first = contestants[0]?.name ?? '';
  const cells = tally.rows().flatMap((row) => contestants.map((contestant): Cell => ({ row, contestant, first })));
  return table(
    CELLS,
    cells.filter((of) => cellOf(of) !== undefined),
  );
}

interface Measured {
  readonly policy: string;
  readonly task: ReportFacts['evaluation']['tasks'][number];
  readonly document: ReportFacts['evaluation']['tasks'][number]['documents'][number];
  readonly outcome: ReturnType<ReportFacts['tally']['outcomes']>[number];
}

const DOCUMENTS: Columns<Measured> = [
  ['policy', ({ policy }) => policy],
  ['task', ({ task }) => task.id],
  ['half', ({ task }) => task.half],
  ['split', ({ task }) => task.split],
  ['document', ({ document }) => document.id],
  ['prompt', ({ document }) => document.prompt],
  ['gold', ({ document }) => document.answer],
  ['right', ({ outcome }) => outcome.right],
  ['answer', ({ outcome }) => outcome.measurement.answer],
  ['acc', ({ outcome }) => outcome.scores.acc],
  ['acc_norm', ({ outcome }) => outcome.scores.accNorm],
  ['acc_bytes', ({ outcome }) => outcome.scores.accBytes],
  ['exact', ({ outcome }) => outcome.scores.exact],
  ['nll', ({ outcome }) => outcome.scores.nll],
  ['gold_logprob', ({ outcome }) => outcome.measurement.gold.logprob],
  ['gold_tokens', ({ outcome }) => outcome.measurement.gold.tokens],
  ['options', ({ document }) => (document.options === undefined ? undefined : JSON.stringify(document.options))],
  [
    'option_logprobs',
    ({ outcome }) =>
      outcome.measurement.options === undefined
        ? undefined
        : JSON.stringify(outcome.measurement.options.map(({ logprob }) => logprob)),
  ],
];

/** A record for each document under each policy; lists are JSON in a field. */
export function documentsCsv({ evaluation: { tasks, contestants }, tally }: ReportFacts): string {
  const rows = tasks.flatMap((task) => {
    const documents = new Map(task.documents.map((document) => [document.id, document]));
    return contestants.flatMap(({ name: policy }) =>
      tally.outcomes(task.id, policy).flatMap((outcome): Measured[] => {
        const document = documents.get(outcome.document);
        return document === undefined ? [] : [{ policy, task, document, outcome }];
      }),
    );
  });
  return table(DOCUMENTS, rows);
}
