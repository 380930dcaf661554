/** `npx switchyard parity`: the package's reference figures against a backend under Node, as a table. */
import { parseArgs } from 'node:util';
import { runSuite, type SuiteRequest } from '../../workers/parity/suite.ts';
import { UsageError, type CliIo } from './io.ts';
import { nodePlatform } from './node-engine.ts';
import { modelChoice, modelHelp, modelOptions, number } from './options.ts';
import { parityTable } from './parity-table.ts';
import { loadProgress } from './progress.ts';

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
  const { folder, threads, backend } = modelChoice(values, io);
  const prompts = number('prompts', values.prompts, most);
  const tokens = number('tokens', values.tokens, most);
  const request: SuiteRequest = {
    manifest: folder,
    backend,
    threads,
    halves: halvesOf(values.half),
    ...(prompts === undefined ? {} : { prompts }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(values.policy === undefined ? {} : { policies: values.policy }),
  };
  const listener = {
    onLoad: loadProgress(io),
    onDone: (prompt: string, policy: string) => {
      if (io.interactive) io.err(`${prompt} under ${policy}`);
    },
  };
  const result = await runSuite(nodePlatform, request, listener, new AbortController().signal);
  if (values.json) io.out(JSON.stringify(result));
  else for (const line of parityTable(result)) io.out(line);
  return result.report.passed ? 0 : 1;
}

function halvesOf(name: string | undefined): NonNullable<SuiteRequest['halves']> {
  if (name === undefined) return ['replayed', 'free'];
  if (name === 'replayed' || name === 'free') return [name];
  throw new UsageError(`--half: there is no ${name}; there are replayed and free.`);
}
