/** llama.cpp outside the browser, by tools/peers/native.py, where this machine's Python has it. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Contestant, Generated } from '../../e2e/bench/contestant.ts';
import { root } from '../ensure.mjs';
import { dataFolder, type PeerGguf } from '../peers/prepare.ts';

/** `PYTHON`, or what is called python3. */
const python = (): string => process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');

/** Why there is no native row; undefined when there is one. */
export function nativeMissing(): string | undefined {
  const { status, error } = spawnSync(python(), ['-c', 'import llama_cpp'], { stdio: 'ignore' });
  if (error !== undefined) return `there is no ${python()} here (set PYTHON to another one)`;
  return status === 0
    ? undefined
    : `${python()} has no llama_cpp: pip install llama-cpp-python==0.3.36, or set PYTHON to one that has it`;
}

export interface NativeContestant extends Contestant {
  close(): void;
}

export function nativeContestant(type: PeerGguf): NativeContestant {
  let asked: { answer: (line: string) => void; fail: (error: Error) => void } | undefined;
  let child: ReturnType<typeof start> | undefined;

  function start(threads: number) {
    const script = join(root, 'tools', 'peers', 'native.py');
    const started = spawn(python(), [script, join(dataFolder, `base.${type}.gguf`), String(threads)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    createInterface(started.stdout).on('line', (line) => {
      asked?.answer(line);
    });
    started.on('exit', (code) => {
      asked?.fail(new Error(`tools/peers/native.py ended with ${String(code)}`));
    });
    return started;
  }

  const line = (): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      asked = {
        answer: (text) => {
          resolve(JSON.parse(text) as Record<string, unknown>);
        },
        fail: reject,
      };
    });

  return {
    async load(threads) {
      child = start(threads);
      return (await line()) as { load: number };
    },
    async generate({ ids }, maxTokens) {
      const answered = line();
      child?.stdin.write(`${JSON.stringify({ ids, max: maxTokens })}\n`);
      const { token, ...rest } = (await answered) as unknown as Omit<Generated, 'token'> & { token: number | null };
      return { ...rest, ...(token === null ? {} : { token }) };
    },
    close() {
      asked = undefined;
      child?.stdin.end();
      child?.kill();
    },
  };
}
