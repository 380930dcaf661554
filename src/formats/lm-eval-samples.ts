/**
 * One line of the samples that lm-evaluation-harness logs (`--log_samples`; read against its 0.4.13): `arguments` holds a
 * request for each option ({ gen_args_0: { arg_0: context, arg_1: continuation } }, in older files [[context, continuation]]),
 * `target` the gold index or text, as a string. What the harness measured (`resps`, metrics) is not read.
 */

/** The fields of an own task's row that the line stands for, or what keeps it from being one. */
export type SampleRow =
  | { readonly prompt: unknown; readonly answer: unknown }
  | { readonly prompt: unknown; readonly options: readonly unknown[]; readonly gold: unknown }
  | { readonly column: string; readonly fault: string };

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSample = (row: Fields): boolean => 'doc_id' in row && 'arguments' in row && 'target' in row;

/** [context, continuation or settings of generation] of each request, in order. */
function requests(value: unknown): (readonly unknown[])[] | null {
  if (Array.isArray(value)) return value.every(Array.isArray) ? (value as unknown[][]) : null;
  if (!isFields(value)) return null;
  const out: unknown[][] = [];
  for (let i = 0; ; i++) {
    const request = value[`gen_args_${String(i)}`];
    if (request === undefined) return out;
    if (!isFields(request)) return null;
    out.push([request.arg_0, request.arg_1]);
  }
}

export function sampleRow(row: Fields): SampleRow {
  const all = requests(row.arguments);
  if (all === null || all.length === 0)
    return {
      column: 'arguments',
      fault: 'holds no requests: give the file that lm_eval --log_samples wrote, unchanged',
    };
  // Mutual-information scoring adds requests without context; they say nothing about the document.
  const withContext = all.filter(([context]) => context !== '');
  const asked = withContext.length > 0 ? withContext : all;
  const [prompt, first] = asked[0] ?? [];
  if (isFields(first)) return { prompt, answer: row.target };
  if (asked.length === 1) return { prompt, answer: first };
  if (asked.some(([context]) => context !== prompt))
    return { column: 'arguments', fault: 'has options with different contexts, which cannot be a prompt with options' };
  return { prompt, options: asked.map(([, continuation]) => continuation), gold: row.target };
}
