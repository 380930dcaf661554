/**
 * A step of `npm run parity` (`--engine against-onnx`): the SIMD backend against the ONNX chain on prompts of its own, under Node. For each
 * prompt, in turns without experts and with the published gates' top-2: the chain answers greedily; the SIMD backend reads prompt and answer with the
 * chain's routes, and some rows of logits are compared whole; then it answers by itself. Exit code 1 when out of bounds.
 */
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-web';
import { nodeKernels, spawnNodeHelper } from '../../src/cli/node-kernels.ts';
import { presetPolicy } from '../../src/core/experiment/policies.ts';
import { argmax, largest } from '../../src/core/numerics.ts';
import type { PolicyRun } from '../../src/core/routing/policy.ts';
import { RULES } from '../../src/core/routing/rules.ts';
import { readTokenizer } from '../../src/formats/tokenizer.ts';
import type { Backend } from '../../workers/backends/backend.ts';
import { createOnnxBackend } from '../../workers/backends/onnx/create.ts';
import { createSimdBackend } from '../../workers/backends/simd/create.ts';
import { hasRelaxedSimd } from '../../workers/backends/simd/kernels.ts';
import { emptyBlock, joinBlocks, type ScoredBlock } from '../../workers/host/blocks.ts';
import { preparePrompt } from '../../workers/host/prompt.ts';
import { coreRouting } from '../../workers/host/routing.ts';
import { walk } from '../../workers/host/walk.ts';
import { readPackage } from './many-experts.ts';

const { values } = parseArgs({
  options: { prompts: { type: 'string', default: '40' }, tokens: { type: 'string', default: '64' } },
});
const count = Number(values.prompts);
const tokens = Number(values.tokens);
/** Rows of each prompt that are compared whole: 200 of 40 prompts. */
const ROWS = 5;
/** What is asked of int16 activations. */
const BOUNDS = { rms: 2e-3, largest: 2e-2, margin: 0.05 };

const loaded = await readPackage();
const { library, manifest, llama, adapters } = loaded;
const { sites } = library;
const shape = { sites: sites.length, units: library.experts.length };
const tokenizer = readTokenizer(llama.gguf);

/** The experts' own instructions on words that none of their documents is needed for. */
const WORDS = ['lantern', 'to carry', '17 and 25', 'the quiet river'];
const prompts = Array.from({ length: count }, (_, i) => {
  const expert = manifest.experts[i % manifest.experts.length];
  const word = WORDS[Math.floor(i / manifest.experts.length) % WORDS.length] ?? '';
  return `${expert?.card?.instruction ?? 'Continue:'} ${word}`;
});

interface Answer {
  readonly ids: readonly number[];
  /** Rows of logits from which its tokens were taken. */
  readonly rows: readonly Float32Array[];
  /** Of all tokens that were read. */
  readonly routes: ScoredBlock;
}

const noPause = (): Promise<void> => Promise.resolve();

async function answer(backend: Backend, prompt: Int32Array, policy: PolicyRun): Promise<Answer> {
  const sequence = await backend.open();
  const blocks: ScoredBlock[] = [];
  const ids: number[] = [];
  const rows: Float32Array[] = [];
  let next = prompt;
  while (ids.length < tokens) {
    const pass = await sequence.begin(next);
    const { slots, units } = policy;
    const block = emptyBlock({ sites: sites.length, first: pass.first, tokens: pass.tokens, slots, units });
    await walk(pass, policy, sites, block, noPause, { policy: 0 });
    blocks.push(block);
    const row = (await pass.logits('last')).slice();
    pass.release();
    rows.push(row);
    ids.push(argmax(row));
    next = Int32Array.of(ids.at(-1) ?? 0);
  }
  sequence.release();
  return { ids, rows, routes: joinBlocks(blocks, { from: 0, to: prompt.length + tokens - 1 }, shape) };
}

/** Rows of logits from which the answer's tokens are taken, with the routes given. */
async function replay(backend: Backend, prompt: Int32Array, told: Answer, policy: PolicyRun): Promise<Float32Array> {
  const ids = Int32Array.from([...prompt, ...told.ids.slice(0, -1)]);
  const sequence = await backend.open();
  const pass = await sequence.begin(ids);
  const { slots } = policy;
  while (pass.site < sites.length) {
    const from = pass.site * ids.length * slots;
    const units = told.routes.experts.slice(from, from + ids.length * slots);
    const weights = told.routes.weights.slice(from, from + ids.length * slots);
    await pass.advance(slots === 0 ? null : { slots, units, weights, mix: policy.mix });
  }
  const logits = await pass.logits(told.ids.map((_, i) => prompt.length - 1 + i));
  pass.release();
  sequence.release();
  return logits;
}

const marginOf = (row: Float32Array): number => {
  const [first = 0, second = 0] = largest(row, 2);
  return (row[first] ?? 0) - (row[second] ?? 0);
};

/** Whether the first cell whose choice differs is a near-tie by the chain's own scores. */
function routesPartAtTie(a: ScoredBlock, b: ScoredBlock, error: number, until: number): boolean {
  const { slots, units } = a;
  for (let token = 0; token < until; token++) {
    for (let site = 0; site < a.sites; site++) {
      const cell = (site * a.tokens + token) * slots;
      const mine = a.experts.subarray(cell, cell + slots);
      const theirs = b.experts.subarray((site * b.tokens + token) * slots, (site * b.tokens + token + 1) * slots);
      if ([...mine].sort().join() === [...theirs].sort().join()) continue;
      const scores = a.scores.subarray((site * a.tokens + token) * units, (site * a.tokens + token + 1) * units);
      const sorted = [...scores].sort((x, y) => y - x);
      const gap = (sorted[slots - 1] ?? 0) - (sorted[slots] ?? 0);
      return gap < 2 * error * ((sorted[0] ?? 0) - (sorted.at(-1) ?? 0));
    }
  }
  return false;
}

const policyOf = (id: string): PolicyRun => {
  const preset = RULES.presets.find((p) => p.id === id);
  if (preset === undefined) throw new Error(`no preset ${id}`);
  return coreRouting.compile(presetPolicy(RULES, preset), { library, seed: 0, promptTokens: 0 });
};

const common = { model: llama, adapters, context: manifest.context };
const chain = await createOnnxBackend({ ...common, ort, provider: 'wasm', threads: 2 });
const kernels = { ...common, kernels: nodeKernels, spawn: spawnNodeHelper };
const plain = await createSimdBackend({ ...kernels, threads: 1, relaxed: false });
const others = [
  { name: 'two threads', same: true, backend: await createSimdBackend({ ...kernels, threads: 2, relaxed: false }) },
];
if (hasRelaxedSimd()) {
  others.push({
    name: 'relaxed',
    same: false,
    backend: await createSimdBackend({ ...kernels, threads: 1, relaxed: true }),
  });
} else console.log('this Node has no relaxed SIMD: plain alone is compared');

const tally = {
  rows: 0,
  squares: 0,
  values: 0,
  largest: 0,
  wrong: 0,
  equal: 0,
  ties: 0,
  parted: 0,
  otherBits: 0,
  relaxed: 0,
};
for (const [i, text] of prompts.entries()) {
  const policy = policyOf(i % 2 === 0 ? 'phatgoose' : 'none');
  const prompt = preparePrompt({ text, raw: false }, manifest.template, tokenizer, manifest.context, tokens).ids;
  const told = await answer(chain, prompt, policy);
  const read = await replay(plain, prompt, told, policy);
  const width = read.length / tokens;
  told.rows.forEach((row, r) => {
    const mine = read.subarray(r * width, (r + 1) * width);
    if (argmax(mine) !== told.ids[r] && marginOf(row) > BOUNDS.margin) tally.wrong++;
    if (r % Math.ceil(tokens / ROWS) !== 0) return;
    tally.rows++;
    tally.values += width;
    for (let v = 0; v < width; v++) {
      const difference = Math.abs((mine[v] ?? NaN) - (row[v] ?? NaN));
      tally.squares += difference ** 2;
      tally.largest = Math.max(tally.largest, Number.isNaN(difference) ? Infinity : difference);
    }
  });
  const own = await answer(plain, prompt, policy);
  const at = told.ids.findIndex((id, t) => id !== own.ids[t]);
  if (at < 0) tally.equal++;
  else {
    const tie =
      marginOf(told.rows[at] ?? new Float32Array()) < 2 * plain.logitError ||
      routesPartAtTie(told.routes, own.routes, plain.scoreError, prompt.length + at);
    if (tie) tally.ties++;
    else tally.parted++;
  }
  for (const { same, backend } of others) {
    const again = await replay(backend, prompt, told, policy);
    if (same && again.some((value, v) => value !== read[v])) tally.otherBits++;
    if (!same)
      again.forEach((value, v) => (tally.relaxed = Math.max(tally.relaxed, Math.abs(value - (read[v] ?? NaN)))));
  }
  if (process.stderr.isTTY) process.stderr.write(`${String(i + 1)} of ${String(count)}\n`);
}
const rms = Math.sqrt(tally.squares / tally.values);
console.log(`SIMD against the ONNX chain: ${String(count)} prompts, answers of ${String(tokens)} tokens
  ${String(tally.rows)} rows of logits: RMS ${rms.toExponential(2)}, largest ${tally.largest.toExponential(2)} (bounds ${String(BOUNDS.rms)}, ${String(BOUNDS.largest)})
  other largest logit outside margins of ${String(BOUNDS.margin)}: ${String(tally.wrong)} of ${String(count * tokens)}
  greedy answers: ${String(tally.equal)} equal, ${String(tally.ties)} that part at a near-tie, ${String(tally.parted)} elsewhere
  prompts with other bits on two threads: ${String(tally.otherBits)}${hasRelaxedSimd() ? `; relaxed differs by at most ${tally.relaxed.toExponential(2)}` : ''}`);
for (const backend of [chain, plain, ...others.map((other) => other.backend)]) await backend.dispose();
const passed =
  rms <= BOUNDS.rms && tally.largest <= BOUNDS.largest && tally.wrong + tally.parted + tally.otherBits === 0;
process.exit(passed ? 0 : 1);
