/** `npx switchyard parity`: the package's reference figures against a backend under Node, as a table. */
import { parseArgs } from 'node:util';
import { openModel } from '../../workers/model.ts';
import { boundsOf, checkParity, reportOf, type ParityChoice, type ParityInput } from '../../workers/parity.ts';
import { within, type ParityBounds, type PolicyParity } from '../core/parity.ts';
import { UsageError, type CliIo } from './io.ts';
import { nodePlatform } from './node-engine.ts';
import { modelChoice, modelHelp, modelOptions, number } from './options.ts';

export const parityHelp = `switchyard parity: compares the backend with the package's reference figures, computed by PyTorch

${modelHelp}
  --prompts N        the first N prompts of the reference (default: all)
  --policy ID        one of the reference's policies (default: all); repeatable
  --tokens N         answer tokens to compare (default: all of them)
  --half NAME        replayed or free (default: both)
  --json             the figures as JSON instead of a table

Exit code 0 within the bounds, 1 out of bounds, 2 an error.`;

const most = { min: 1, max: 1_000_000, integer: true } as const;

/** @returns the exit code, 0 or 1. @throws UsageError, EngineError, FormatError */
export async function parity(args: readonly string[], io: CliIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...modelOptions,
      prompts: { type: 'string' },
      policy: { type: 'string', multiple: true },
      tokens: { type: 'string' },
      half: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { folder, threads } = modelChoice(values, io);
  const halves = halvesOf(values.half);
  const prompts = number('prompts', values.prompts, most);
  const tokens = number('tokens', values.tokens, most) ?? Infinity;
  const began = performance.now();
  const signal = new AbortController().signal;
  const request = { manifest: folder, backend: 'onnx-wasm', threads } as const;
  const model = await openModel(nodePlatform, request, new Map(), () => undefined, signal);
  const { backend, library, prototypes, manifest, embed } = model;
  try {
    const reference = await model.reference();
    const own = manifest.embedder === undefined ? {} : { embed };
    const input: ParityInput = { backend, library, prototypes, reference, signal, ...own };
    const policies = policiesOf(values.policy, input);
    const choice: ParityChoice = { prompts: reference.prompts.slice(0, prompts), policies, tokens, halves };
    const results = await checkParity(input, choice, (prompt, { policy }) => {
      if (io.interactive) io.err(`${prompt} ${policy}`);
    });
    const bounds = boundsOf(backend);
    const report = reportOf(backend, choice.prompts.length, results, performance.now() - began);
    if (values.json) io.out(JSON.stringify({ report, bounds, reference: reference.madeWith, policies: results }));
    else
      for (const line of [`${backend.label}, against ${reference.madeWith}`, ...parityTable(results, bounds)])
        io.out(line);
    return report.passed ? 0 : 1;
  } finally {
    await backend.dispose();
  }
}

/** One line a policy, with a heading and a last line that names the bounds. */
export function parityTable(results: readonly PolicyParity[], bounds: ParityBounds): readonly string[] {
  const share = ({ equal, compared }: { readonly equal: number; readonly compared: number }): string =>
    compared === 0 ? '-' : `${String(equal)}/${String(compared)}`;
  const size = ({ largest, compared }: { readonly largest: number; readonly compared: number }): string =>
    compared === 0 ? '-' : largest.toExponential(1);
  const rows = results.map((result) => [
    result.policy,
    String(result.prompts),
    size(result.logits),
    size(result.scores),
    result.constant && result.choices.equal === result.choices.compared ? 'constant' : share(result.choices),
    share(result.tokens),
    String(result.nearTies),
    String(result.parted),
    within(result, bounds) ? 'ok' : 'OUT OF BOUNDS',
  ]);
  const head = ['policy', 'prompts', 'logits', 'scores', 'choices', 'tokens', 'near-ties', 'parted', ''];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const limit = `bounds: logits ${bounds.logits.toExponential(0)}, scores ${bounds.scores.toExponential(0)} of their site's range, at least ${String(100 * bounds.share)} % of choices and of tokens equal; near-ties (gap below ${(2 * bounds.scoreError).toExponential(0)} of the range, token margin below ${(2 * bounds.logits).toExponential(0)}) are left out`;
  return [line(head), ...rows.map(line), limit];
}

function halvesOf(name: string | undefined): ParityChoice['halves'] {
  if (name === undefined) return ['replayed', 'free'];
  if (name === 'replayed' || name === 'free') return [name];
  throw new UsageError(`--half: there is no ${name}; there are replayed and free.`);
}

function policiesOf(asked: readonly string[] | undefined, { reference }: ParityInput): readonly string[] {
  const known = reference.policies.map(({ id }) => id);
  const unknown = asked?.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw new UsageError(`--policy: the reference has no ${unknown}; it has ${known.join(', ')}.`);
  return asked ?? known;
}
