/** The chain on the shipped base: does it speak, and does it compute the same however it is asked? */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metadataStrings } from '../../../src/formats/gguf.ts';
import type { Backend } from '../backend.ts';
import { feed, largestDifference, none, router } from '../contract-tools.ts';
import { readFixture, type Fixture } from '../fixture.ts';
import { createOnnxBackend } from './create.ts';

const folder = new URL('../../../models/smollm2-135m/', import.meta.url);
const MINUTES = 60_000;

describe.skipIf(!existsSync(new URL('manifest.json', folder)))(
  'SmolLM2-135M-Instruct',
  { timeout: 2 * MINUTES },
  () => {
    let model: Fixture;
    let backend: Backend;
    let tokens: readonly string[];
    beforeAll(async () => {
      model = await readFixture(async (path) => new Uint8Array(await readFile(new URL(path, folder))));
      tokens = metadataStrings(model.llama.gguf, 'tokenizer.ggml.tokens');
      backend = await createOnnxBackend({ ort, provider: 'wasm', model: model.llama, adapters: model.adapters });
    }, 3 * MINUTES);
    afterAll(() => backend.dispose());

    /** Ids of a text given as tokens, parted by blanks; Ġ stands for a space, Ċ for a new line. */
    const ids = (text: string): number[] =>
      text.split(' ').map((token) => {
        const id = tokens.indexOf(token);
        if (id < 0) throw new Error(`${token} is no token`);
        return id;
      });
    const prompt = (): number[] =>
      ids('<|im_start|> user Ċ What Ġis Ġthe Ġcapital Ġof ĠFrance ? <|im_end|> Ċ <|im_start|> ass istant Ċ');

    test('knows the capital of France', async () => {
      const sequence = await backend.open();
      let rows = await feed(backend, sequence, prompt(), [prompt().length], none);
      let answer = '';
      for (let step = 0; step < 16; step++) {
        const logits = rows.at(-1) ?? new Float32Array(0);
        const id = logits.reduce((best, value, i) => (value > (logits[best] ?? -Infinity) ? i : best), 0);
        answer += tokens[id] ?? '';
        if (tokens[id] === '<|im_end|>') break;
        rows = await feed(backend, sequence, [id], [1], none);
      }
      sequence.release();
      expect(answer).toBe('TheĠcapitalĠofĠFranceĠisĠParis.<|im_end|>');
    });

    test('gives the same logits in one block, in several and token by token, with two experts and with factors', async () => {
      const units = model.adapters.length;
      for (const route of [router(2, units), router(2, units, 'factors')]) {
        const once = await backend.open();
        const rows = await feed(backend, once, prompt(), [prompt().length], route);
        const parts = await backend.open();
        const grouped = await feed(backend, parts, prompt(), [9, 3, 1, 1, 1, 1], route);
        once.release();
        parts.release();
        expect(largestDifference(grouped, rows)).toBeLessThan(backend.logitError);
      }
    });
  },
);
