import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EngineError } from '../protocol/error.ts';
import { UsageError, type CliIo } from './io.ts';
import { parity } from './parity.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tiny = ['--package', `${root}/models/tiny`, '--threads', '1'];

async function run(...args: string[]): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const io: CliIo = {
    root,
    stdin: () => Promise.resolve(''),
    out: (line) => lines.push(line),
    err: () => undefined,
    interactive: false,
  };
  return { code: await parity([...tiny, ...args], io), lines };
}

test('a table with a line a policy, and exit code 0 within the bounds', async () => {
  const { code, lines } = await run('--policy', 'none', '--policy', 'phatgoose', '--prompts', '1', '--tokens', '4');
  expect(code).toBe(0);
  expect(lines.filter((line) => line.endsWith(' ok'))).toHaveLength(2);
  expect(lines.find((line) => line.startsWith('none'))).toContain('constant');
  expect(lines.join('\n')).toMatch(/against PyTorch .*\n.*bounds: logits 1e-3/s);
}, 30_000);

test('JSON with one half alone', async () => {
  const { lines } = await run('--json', '--half', 'replayed', '--policy', 'glider', '--tokens', '2');
  const result: unknown = JSON.parse(lines.join('\n'));
  expect(result).toMatchObject({
    provider: 'wasm',
    report: { passed: true, prompts: 3 },
    policies: [{ policy: 'glider', choices: { compared: 0 }, tokens: { compared: 0 } }],
  });
}, 30_000);

test.each([
  [['--half', 'other'], UsageError, /replayed and free/],
  [['--prompts', '0'], UsageError, /--prompts/],
  [['--policy', 'nobody'], EngineError, /no policy nobody; it has none, uniform/],
])(
  '%j is refused',
  async (args, kind, message) => {
    const failed = run(...args);
    await expect(failed).rejects.toThrow(kind);
    await expect(failed).rejects.toThrow(message);
  },
  30_000,
);
