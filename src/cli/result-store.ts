/** Measurements in a file, one line each, written as they come: what a crash leaves behind is read again. */
import { existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { ResultStore } from '../core/evaluation/runner.ts';
import { isObject } from '../core/experiment/json.ts';
import { UsageError } from './io.ts';

interface Line {
  readonly key: string;
  readonly measurement: Measurement;
}

/** Lines are this program's own; one that another has damaged is named, since what it held may have taken hours. */
function readLine(text: string, file: string, number: number): Line {
  try {
    const json: unknown = JSON.parse(text);
    if (isObject(json) && typeof json.key === 'string' && isObject(json.measurement))
      // Unchecked below this depth: this program wrote it, under a key that holds the version of its shape.
      return json as unknown as Line;
  } catch {
    // Told below.
  }
  throw new UsageError(
    `${file}: line ${String(number)} is damaged; delete it and what it held is measured again, the rest is kept.`,
  );
}

/** @throws UsageError that names a damaged line */
export function fileStore(file: string): ResultStore {
  const kept = new Map<string, Measurement>();
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8');
    // A crash may have cut the last line off.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    whole.split('\n').forEach((line, i) => {
      if (line === '') return;
      const { key, measurement } = readLine(line, file, i + 1);
      kept.set(key, measurement);
    });
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  }
  const handle = openSync(file, 'a');
  return {
    get: (keys) => Promise.resolve(keys.map((key) => kept.get(key))),
    put(entries) {
      const lines = entries.map(([key, measurement]) => {
        kept.set(key, measurement);
        return `${JSON.stringify({ key, measurement } satisfies Line)}\n`;
      });
      writeSync(handle, lines.join(''));
      return Promise.resolve();
    },
  };
}
