/** `npx switchyard parity`: the package's reference figures against a backend under Node, as a table. */
import { parseArgs } from 'node:util';
import { boundsOf, checkParity, reportOf, type ParityInput } from '../../workers/parity.ts';
import { openSuite } from '../../workers/parity/suite.ts';
import { within, type ParityBounds, type PolicyParity } from '../core/parity.ts';
import type { BackendId } from '../protocol/engine.ts';
import { EngineError } from '../protocol/error.ts';
import { nodePlatform } from './node-engine.ts';

export const parityHelp = `switchyard parity [options]
  --package DIR    model package (default: the one that comes with this program)
  --prompts N      the first N prompts of the reference (default: all)
  --policy ID      one policy, repeatable (default: all); ids as in the reference
  --tokens N       answer tokens to compare (default: all, 64)
  --half NAME      replayed or free (default: both)
  --backend ID     onnx-wasm (default)
  --threads N      threads of the backend (default 1)
  --json           the figures as JSON instead of a table
Exit code: 0 within the bounds, 1 out of bounds, 2 an error.`;

export interface ParityOutput {
  out(text: string): void;
  /** Progress and notes. */
  err(text: string): void;
}

/** @returns the exit code. @throws EngineError, and TypeError for options that are none */
export async function parityCommand(args: readonly string[], folder: string, output: ParityOutput): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      package: { type: 'string' },
      prompts: { type: 'string' },
      policy: { type: 'string', multiple: true },
      tokens: { type: 'string' },
      half: { type: 'string' },
      backend: { type: 'string', default: 'onnx-wasm' },
      threads: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    output.out(parityHelp);
    return 0;
  }
  const request = {
    manifest: values.package ?? folder,
    backend: values.backend as BackendId,
    threads: wholeNumber('threads', values.threads) ?? 1,
  };
  const halves = halvesOf(values.half);
  const prompts = wholeNumber('prompts', values.prompts);
  const tokens = wholeNumber('tokens', values.tokens) ?? Infinity;
  const began = performance.now();
  const input = await openSuite(nodePlatform, request, new AbortController().signal);
  try {
    const { reference, backend } = input;
    const policies = values.policy ?? reference.policies.map(({ id }) => id);
    refuseUnknown(policies, input);
    const choice = { prompts: reference.prompts.slice(0, prompts), policies, tokens, halves };
    const results = await checkParity(input, choice, (prompt, { policy }) => {
      output.err(`${prompt} ${policy}`);
    });
    const bounds = boundsOf(backend);
    const report = reportOf(backend, choice.prompts.length, results, performance.now() - began);
    output.out(
      values.json
        ? JSON.stringify({ report, bounds, reference: reference.madeWith, policies: results })
        : [`${backend.label}, against ${reference.madeWith}`, ...parityTable(results, bounds)].join('\n'),
    );
    return report.passed ? 0 : 1;
  } finally {
    await input.backend.dispose();
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
    share(result.choices),
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

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new EngineError('policy', `--${name} is ${text}; a whole number from 1 on is meant`);
  }
  return value;
}

function halvesOf(name: string | undefined): readonly ('replayed' | 'free')[] {
  if (name === undefined) return ['replayed', 'free'];
  if (name === 'replayed' || name === 'free') return [name];
  throw new EngineError('policy', `--half is ${name}; replayed or free is meant`);
}

function refuseUnknown(policies: readonly string[], { reference }: ParityInput): void {
  const known = reference.policies.map(({ id }) => id);
  const unknown = policies.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  throw new EngineError('policy', `--policy is ${unknown}; the reference has ${known.join(', ')}`);
}
