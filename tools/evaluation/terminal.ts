/** What the product's commands are given when a tool runs them: results on standard output, progress on standard error. */
import type { CliIo } from '../../src/cli/io.ts';
import { root } from '../ensure.mjs';

export const io: CliIo = {
  root,
  stdin: () => Promise.resolve(''),
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  interactive: process.stderr.isTTY,
};
