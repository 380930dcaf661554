import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { schemaFile, schemaText } from '../../tools/cli-schema.ts';
import { main } from './main.ts';
import { routeSchema, shortFloat, type RouteOutput } from './route-output.ts';
import { tinyFolder } from './testing.ts';

// Each command opens the package for itself, and test machines are busy.
vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'switchyard-cli-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

interface Said {
  readonly code: number;
  readonly out: string[];
  readonly err: string;
}

async function cli(args: readonly string[], stdin = ''): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, {
    root,
    stdin: () => Promise.resolve(stdin),
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    interactive: false,
  });
  return { code, out, err: err.join('\n') };
}

const onTiny = ['--package', tinyFolder, '--threads', '1'];
async function route(...args: string[]): Promise<RouteOutput> {
  const said = await cli(['route', '--json', ...onTiny, ...args]);
  expect(said.err).toBe('');
  expect(said.code).toBe(0);
  expect(said.out).toHaveLength(1);
  const json: unknown = JSON.parse(said.out[0] ?? '');
  v.parse(routeSchema, json);
  return json as RouteOutput;
}

describe('route', () => {
  test('prints what its schema says', async () => {
    const options = ['--policy', 'phatgoose', '--set', 'select.k=1', '--max-tokens', '5', '--logits', '10', '--scores'];
    const {
      experiment,
      prompt: said,
      answer,
      trace,
    } = await route('--prompt', 'Say “hello” to $& and {prompt}', ...options);
    expect(experiment.policies[0]).toMatchObject({ method: 'phatgoose', select: { id: 'top-k', params: { k: 1 } } });
    expect(experiment.package).toBe('tiny');
    expect(said.text).toContain('Say “hello” to $& and {prompt}<|im_end|>');
    expect(answer.tokens).toHaveLength(5);
    answer.logits.forEach((top, i) => {
      expect(top).toHaveLength(10);
      expect(top[0]?.[0]).toBe(answer.tokens[i]);
      const values = top.map(([, logit]) => logit);
      expect(values).toEqual([...values].sort((a, b) => b - a));
    });
    expect(trace?.siteNames).toEqual(['L0.attn', 'L0.ffn', 'L1.attn', 'L1.ffn']);
    expect(trace?.expertIds).toEqual(['alpha', 'beta', 'gamma']);
    expect(trace?.tokens).toBe(said.tokens.length + 4);
    expect(trace?.experts.map((rows) => rows.length)).toEqual(trace?.siteNames.map(() => trace.tokens));
    expect(trace?.weights.flat(2).every((weight) => weight === 1)).toBe(true);
    expect(trace?.scores?.[0]?.[0]).toHaveLength(3);
    // The chosen one is the one with the largest score.
    trace?.experts.forEach((rows, site) => {
      rows.forEach(([expert], token) => {
        const scores = trace.scores?.[site]?.[token] ?? [];
        expect(scores[expert ?? -1]).toBe(Math.max(...scores));
      });
    });
  });

  test('leaves the trace out unless asked, and the template with --raw', async () => {
    const output = await route('--prompt', 'hello', '--raw', '--policy', 'none', '--max-tokens', '2');
    expect(output.trace).toBeUndefined();
    expect(output.prompt.text).toBe('hello');
    expect(output.answer.logits[0]).toHaveLength(10);
  });

  test('its own output, given back as an experiment, gives the same', async () => {
    const sampled = ['--temperature', '1.5', '--top-p', '0.9', '--seed', '7', '--max-tokens', '8'];
    const first = await route('--prompt', 'again', '--policy', 'uniform', ...sampled, '--trace');
    const file = join(scratch, 'first.json');
    writeFileSync(file, JSON.stringify(first));
    expect(await route('--experiment', file, '--trace')).toEqual(first);
    const other = await route('--experiment', file, '--seed', '8');
    expect(other.experiment.seed).toBe(8);
    expect(other.answer.tokens).not.toEqual(first.answer.tokens);
  });

  test('runs the policy of an experiment that --run names, with its edits', async () => {
    const file = join(scratch, 'ab.json');
    const edits = [{ kind: 'mute', experts: ['alpha'], since: 20 }];
    writeFileSync(
      file,
      JSON.stringify({
        version: 1,
        package: 'tiny',
        prompt: { text: 'hello' },
        policies: [{ method: 'none' }, { method: 'phatgoose', edits }],
        sampling: { maxTokens: 12 },
      }),
    );
    const { experiment, trace } = await route('--experiment', file, '--run', 'B', '--trace');
    expect(experiment.policies[0]?.edits).toEqual(edits);
    expect(trace?.experts.flatMap((rows) => rows.slice(20)).flat()).not.toContain(0);
    expect(trace?.experts.flatMap((rows) => rows.slice(0, 20)).flat()).toContain(0);
  });

  test('a table for people', async () => {
    const said = await cli(['route', ...onTiny, '--prompt', 'hello', '--max-tokens', '3', '--trace']);
    expect(said.code).toBe(0);
    expect(said.out.join('\n')).toMatch(/expert\s+weight\s+answer\s+attention\s+FFN/);
    expect(said.out.join('\n')).toMatch(/0 +"<\|im_start\|>"/);
  });

  test('numbers are the shortest that give the float back', () => {
    for (const value of [0.1, 1 / 3, -38.123456789, 1e-12, 16777216.5].map(Math.fround)) {
      expect(Math.fround(shortFloat(value))).toBe(value);
      expect(String(shortFloat(value)).length).toBeLessThan(16);
    }
    expect(shortFloat(Math.fround(0.1))).toBe(0.1);
  });
});

describe('bad input: exit code 2, nothing on standard output, a message that says what to do', () => {
  const hello = ['--prompt', 'hello'];
  test.each([
    [['route', ...onTiny], /--prompt: say something/],
    [['route', ...onTiny, ...hello, '--policy', 'glyder'], /there is no glyder; there are none, .*phatgoose/],
    [['route', ...onTiny, ...hello, '--policy', 'phatgoose', '--set', 'c=3'], /no parameter c; it has .*select\.k/],
    [['route', ...onTiny, ...hello, '--set', 'k=0'], /--set k: .*from 1 to/],
    [['route', ...onTiny, ...hello, '--set', 'k'], /NAME=VALUE is meant/],
    [['route', ...onTiny, ...hello, '--max-tokens', 'many'], /--max-tokens: "many" is not a whole number from 1/],
    [['route', ...onTiny, ...hello, '--max-tokens', '1000'], /more than the context of 128 holds.*at most/],
    [['route', ...onTiny, ...hello, '--temperature', '-1'], /--temperature/],
    [['route', ...onTiny, ...hello, '--experiment', join(scratch, 'nowhere.json')], /nowhere\.json cannot be read/],
    [['route', ...onTiny, ...hello, '--run', 'B'], /--run: B/],
    [['route', ...onTiny, ...hello, '--nonsense'], /nonsense/],
    [['route', ...hello, '--package', scratch], /manifest\.json: it is not in the folder/],
    [['tokenize', ...onTiny], /a JSON array of strings is meant/],
    [['eval-nll', ...onTiny], /no document/],
    [['juggle'], /there is no command juggle/],
    [[], /switchyard COMMAND/],
  ] as const)('%j', async (args, message) => {
    const said = await cli(args);
    expect(said.err).toMatch(message);
    expect(said.out).toEqual([]);
    expect(said.code).toBe(2);
  });

  test('a field of an experiment that cannot be taken as it stands', async () => {
    const file = join(scratch, 'bad.json');
    writeFileSync(file, JSON.stringify({ prompt: { text: 'x' }, policies: [{ method: 'nobody' }], seed: -1 }));
    const said = await cli(['route', ...onTiny, '--experiment', file]);
    expect(said.code).toBe(2);
    expect(said.err).toMatch(/A\.method/);
    expect(said.err).toMatch(/seed/);
  });

  test('an experiment for another package is run, and that is said', async () => {
    const file = join(scratch, 'other.json');
    const experiment = {
      package: 'another',
      packageHash: 'a'.repeat(64),
      prompt: { text: 'x' },
      sampling: { maxTokens: 1 },
    };
    writeFileSync(file, JSON.stringify(experiment));
    const said = await cli(['route', ...onTiny, '--experiment', file, '--json']);
    expect(said.code).toBe(0);
    expect(said.err).toMatch(/note: .*"another"/);
  });
});

describe('tokenize and eval-nll', () => {
  test('texts to ids', async () => {
    const said = await cli(['tokenize', ...onTiny], JSON.stringify(['', 'hello', '<|im_end|>', '\ud800']));
    expect(said).toMatchObject({ code: 0, err: '' });
    const ids = JSON.parse(said.out.join('')) as number[][];
    expect(ids[0]).toEqual([]);
    expect(ids[2]).toHaveLength(1);
    expect(ids).toHaveLength(4);
  });

  test('a line for each document: the sum over its tokens and the end of turn', async () => {
    const documents = [
      { prompt: 'hello', answer: 'there' },
      { prompt: 'hello', answer: 'you' },
    ];
    const stdin = documents.map((document) => JSON.stringify(document)).join('\n');
    const said = await cli(['eval-nll', ...onTiny, '--policy', 'phatgoose'], `${stdin}\n`);
    expect(said).toMatchObject({ code: 0, err: '' });
    const lines = said.out.map((line) => JSON.parse(line) as { logprob: number; tokens: number; logprobs: number[] });
    expect(lines).toHaveLength(2);
    for (const { logprob, tokens, logprobs } of lines) {
      expect(logprobs).toHaveLength(tokens);
      expect(logprob).toBeCloseTo(
        logprobs.reduce((a, b) => a + b),
        9,
      );
      expect(logprob).toBeLessThan(0);
    }
    const open = await cli(['eval-nll', ...onTiny, '--policy', 'phatgoose', '--no-end'], stdin);
    const first = JSON.parse(open.out[0] ?? '') as { logprob: number; tokens: number };
    expect(first.tokens).toBe((lines[0]?.tokens ?? 0) - 1);
    expect(first.logprob).toBeGreaterThan(lines[0]?.logprob ?? 0);
  });

  test('the line that is wrong is named before anything is run', async () => {
    const said = await cli(['eval-nll', ...onTiny], '{"prompt":"a","answer":"b"}\n{"prompt":"a"}\n');
    expect(said.code).toBe(2);
    expect(said.out).toEqual([]);
    expect(said.err).toMatch(/line 2/);
  });
});

test('the published schema is the one that the output is checked against', async () => {
  expect(readFileSync(schemaFile, 'utf8')).toBe(await schemaText());
});

test('`npx switchyard` finds the program of this folder, without asking a registry', async () => {
  const env = { ...process.env, npm_config_registry: 'http://127.0.0.1:9' };
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'switchyard', '--help'], {
    cwd: root,
    env,
    shell: process.platform === 'win32',
  });
  expect(stdout).toMatch(/^switchyard COMMAND/);
}, 120_000);
