/** Measurements in a file, one line each, written as they come: what a crash leaves behind is read again. */
import { existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Measurement } from '../core/evaluation/measurement.ts';
import type { ResultStore } from '../core/evaluation/runner.ts';

interface Line {
  readonly key: string;
  readonly measurement: Measurement;
}

export function fileStore(file: string): ResultStore {
  const kept = new Map<string, Measurement>();
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8');
    // A crash may have cut the last line off.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of whole.split('\n')) {
      if (line === '') continue;
      const { key, measurement } = JSON.parse(line) as Line;
      kept.set(key, measurement);
    }
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
