/**
 * An experiment in the fragment of an address. `#v1&…` is the readable query of `core/experiment/query.ts`;
 * `#v1z&…` is the same text, deflated and in base64url, where that is shorter and the readable form would be long.
 */
import { experimentDifference } from '../core/experiment/difference.ts';
import type { Experiment } from '../core/experiment/experiment.ts';
import type { Problem } from '../core/experiment/json.ts';
import { parseExperiment, type Parsed } from '../core/experiment/parse.ts';
import type { Rules } from '../core/experiment/policies.ts';
import { LONGEST_QUERY, parseQuery, writeQuery } from '../core/experiment/query.ts';

/** Longest fragment that is written: browsers and chat programs cut longer addresses. */
export const LONGEST_HASH = 64_000;
/** From here on the packed form is tried. */
const READABLE = 1_800;

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: GenericTransformStream,
  most: number,
): Promise<Uint8Array | undefined> {
  const reader = (new Blob([bytes]).stream().pipeThrough(stream) as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

const toBase64url = (bytes: Uint8Array): string => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

/** @throws DOMException on a character outside the alphabet. */
const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

const pack = async (query: string): Promise<string> =>
  toBase64url(
    (await through(new TextEncoder().encode(query), new CompressionStream('deflate-raw'), Infinity)) ??
      new Uint8Array(),
  );

async function unpack(packed: string): Promise<string | undefined> {
  try {
    // Four bytes a character at most: a small fragment must not become a huge text.
    const bytes = await through(fromBase64url(packed), new DecompressionStream('deflate-raw'), LONGEST_QUERY * 4);
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The fragment, `#` included; undefined when the experiment is too long for an address. */
export async function writeHash(experiment: Experiment, rules: Rules): Promise<string | undefined> {
  const query = writeQuery(experimentDifference(experiment, rules));
  const plain = `#v1&${query}`;
  if (plain.length <= READABLE) return plain;
  const packed = `#v1z&${await pack(query)}`;
  const shorter = packed.length < plain.length ? packed : plain;
  return shorter.length <= LONGEST_HASH ? shorter : undefined;
}

/** What a fragment holds; undefined when it is empty. A fragment of another kind is named as a problem. */
export async function readHash(hash: string, rules: Rules): Promise<Parsed | undefined> {
  const text = hash.startsWith('#') ? hash.slice(1) : hash;
  if (text === '') return undefined;
  const head = /^v(\d{1,4})(z?)(?:&|$)/.exec(text);
  const fail = (message: string): Parsed => ({
    ...parseExperiment({}, rules),
    problems: [{ field: 'link', message }],
  });
  if (head === null)
    return fail('this address holds no experiment (it would begin with #v1&); the default one is shown.');
  const body = text.slice(head[0].length);
  const query = head[2] === 'z' ? await unpack(body) : body;
  if (query === undefined) return fail('this address is damaged or was cut off; the default experiment is shown.');
  const { json, problems } = parseQuery(query, Number(head[1]));
  const parsed = parseExperiment(json, rules);
  return { experiment: parsed.experiment, problems: joinProblems(problems, parsed.problems) };
}

const joinProblems = (a: readonly Problem[], b: readonly Problem[]): readonly Problem[] => [...a, ...b];
