/** `switchyard tokenize`: texts to token ids, without the model's weights being prepared. */
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { readGguf } from '../formats/gguf.ts';
import { fileName, parsePackageManifest } from '../formats/manifest.ts';
import { readTokenizer } from '../formats/tokenizer.ts';
import { packageReader } from '../../workers/package/reader.ts';
import { folderSource } from './folder-source.ts';
import { UsageError, type CliIo } from './io.ts';
import { modelChoice, modelHelp, modelOptions } from './options.ts';

export const tokenizeHelp = `switchyard tokenize < texts.json
Reads a JSON array of strings and prints an array of arrays of token ids. Nothing is added to the texts;
special tokens that stand in them become their ids.

${modelHelp}
`;

const LARGEST_MANIFEST = 16_000_000;
const texts = v.array(v.string());

export async function tokenizeCommand(args: readonly string[], io: CliIo): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: modelOptions });
  const { folder } = modelChoice(values, io);
  const input = v.safeParse(texts, parseJson(await io.stdin()));
  if (!input.success) throw new UsageError('standard input: a JSON array of strings is meant, e.g. ["one", "two"].');
  const never = new AbortController().signal;
  const source = folderSource(folder);
  const manifest = parsePackageManifest(
    new TextDecoder().decode(await source.readAll('manifest.json', LARGEST_MANIFEST, never)),
    source.name('manifest.json'),
  );
  const { file } = manifest.base;
  const bytes = await packageReader(source, undefined).read(file, () => undefined, never);
  const tokenizer = readTokenizer(readGguf(bytes, fileName(file)));
  io.out(JSON.stringify(input.output.map((text) => tokenizer.encode(text))));
  return 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
