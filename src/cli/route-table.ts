/** A run for people: the answer, who took part, and on request every token with its experts. */
import type { LoadedModel, RunResult, TokenText } from '../protocol/engine.ts';

export function routeTable(model: LoadedModel, result: RunResult, withTrace: boolean): string {
  const { answer, milliseconds, reused } = result;
  const lines = [
    printable(answer.text),
    '',
    `${String(result.prompt.tokens.length)} tokens of prompt, ${String(answer.tokens.length)} of answer (${ends[result.end]}); ` +
      `prompt ${seconds(milliseconds.prefill)}, answer ${seconds(milliseconds.decode)}, of it policy ${seconds(milliseconds.policy)}` +
      (reused.tokens > 0 ? `; ${String(reused.tokens)} tokens reused` : ''),
    '',
    ...expertTable(model, result),
  ];
  if (withTrace) lines.push('', ...tokenTable(model, result));
  return lines.join('\n');
}

const ends: Readonly<Record<RunResult['end'], string>> = {
  'end-of-turn': 'ended by itself',
  limit: 'cut at its limit',
  stopped: 'stopped',
};
/** A terminal obeys control characters; a model may write any. */
const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'));
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Sum of weights by expert over rows `from` to `to`, at all sites or those of one input; a share of the number of cells. */
function shares(
  { library }: LoadedModel,
  { trace }: RunResult,
  from: number,
  to: number,
  input?: 'attn' | 'ffn',
): number[] {
  const sums = library.experts.map(() => 0);
  let cells = 0;
  library.sites.forEach((site, s) => {
    if (input !== undefined && site.input !== input) return;
    for (let token = from; token < to; token++) {
      cells++;
      for (let slot = 0; slot < trace.slots; slot++) {
        const at = (s * trace.tokens + token) * trace.slots + slot;
        const expert = trace.experts[at] ?? -1;
        if (expert >= 0) sums[expert] = (sums[expert] ?? 0) + (trace.weights[at] ?? 0);
      }
    }
  });
  return sums.map((sum) => (cells === 0 ? 0 : sum / cells));
}

function expertTable(model: LoadedModel, result: RunResult): string[] {
  const { experts } = model.library;
  const { tokens } = result.trace;
  const prompt = Math.min(result.prompt.tokens.length, tokens);
  const columns = [
    shares(model, result, 0, tokens),
    shares(model, result, prompt, tokens),
    shares(model, result, 0, tokens, 'attn'),
    shares(model, result, 0, tokens, 'ffn'),
  ];
  const order = [...experts.keys()].sort((a, b) => (columns[0]?.[b] ?? 0) - (columns[0]?.[a] ?? 0) || a - b);
  const rows = order
    .filter((i) => (columns[0]?.[i] ?? 0) > 0)
    .map((i) => [experts[i]?.badge ?? '', experts[i]?.id ?? '', ...columns.map((column) => percent(column[i] ?? 0))]);
  if (rows.length === 0) return ['No expert took part.'];
  return table([['', 'expert', 'weight', 'answer', 'attention', 'FFN'], ...rows]);
}

/** A token a line, with the experts that have the largest share of its weight over all sites. */
function tokenTable(model: LoadedModel, result: RunResult): string[] {
  const { experts } = model.library;
  const tokens: readonly TokenText[] = [...result.prompt.tokens, ...result.answer.tokens];
  const rows = tokens.slice(0, result.trace.tokens).map((token, position) => {
    const share = shares(model, result, position, position + 1);
    const most = [...share.keys()]
      .sort((a, b) => (share[b] ?? 0) - (share[a] ?? 0) || a - b)
      .slice(0, 3)
      .filter((i) => (share[i] ?? 0) > 0)
      .map((i) => `${experts[i]?.badge ?? ''} ${percent(share[i] ?? 0)}`);
    return [String(position), JSON.stringify(token.text), ...most];
  });
  return table([['', 'token', 'experts'], ...rows]);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
