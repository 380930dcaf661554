/**
 * Records real runs for the page's first screen: `npx jiti tools/record.ts` writes `public/recorded/<name>.json` for each
 * experiment of `tools/recordings.json`. Needs the model package; run it again whenever the package changes.
 * The same experiments run by `npx switchyard route --experiment` give the same answers and routes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNodeEngine } from '../src/cli/node-engine.ts';
import { PACKAGE } from '../src/core/experiment/defaults.ts';
import { experimentDifference } from '../src/core/experiment/difference.ts';
import { parseExperiment } from '../src/core/experiment/parse.ts';
import { presetPolicy } from '../src/core/routing/presets.ts';
import { RULES } from '../src/core/routing/rules.ts';
import type { RunResult } from '../src/protocol/engine.ts';
import { EXAMPLE_METHOD, EXAMPLES } from '../src/ui/prompt/examples.ts';
import type { RecordedFile, RecordedRun } from '../src/state/recorded.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Next tokens kept with each token of the answer. */
const TOP = 8;
/** A recording must not hold up the first screen. */
const MOST_BYTES = 150_000;

/** Numbers in steps of `scale` as base64 of little-endian Int16. */
function pack(values: ArrayLike<number>, scale: number): { scale: number; data: string } {
  const bytes = Buffer.alloc(values.length * 2);
  for (let i = 0; i < values.length; i++) bytes.writeInt16LE(Math.round((values[i] ?? 0) / scale), 2 * i);
  return { scale, data: bytes.toString('base64') };
}

/** The finest step at which the largest value still fits an Int16: the error is at most half of it. */
function fine(values: Float32Array): { scale: number; data: string } {
  const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return pack(values, largest === 0 ? 1 : largest / 32767);
}

const short = (value: number) => Number(value.toPrecision(6));

function packRun({ prompt, answer, trace, terms, end, milliseconds }: RunResult): RecordedRun {
  const { sites, tokens, slots, units } = trace;
  return {
    prompt: { text: prompt.text, tokens: prompt.tokens.map((t) => (t.template ? [t.id, t.text, 1] : [t.id, t.text])) },
    answer: {
      text: answer.text,
      tokens: answer.tokens.map((t) => {
        const top = t.top.map((n) => [n.id, n.text, short(n.logit), short(n.logprob)] as const);
        return t.template ? [t.id, t.text, short(t.logprob), top, 1] : [t.id, t.text, short(t.logprob), top];
      }),
    },
    trace: {
      sites,
      tokens,
      slots,
      units,
      experts: pack(trace.experts, 1),
      weights: fine(trace.weights),
      ...(trace.scores ? { scores: fine(trace.scores) } : {}),
    },
    terms: terms.map(({ name, values }) => ({ name, values: Array.from(values, short) })),
    end,
    milliseconds,
  };
}

interface Recording {
  readonly name: string;
  readonly experiment: { readonly package: string };
}

async function main(): Promise<void> {
  const recordings = JSON.parse(readFileSync(join(root, 'tools', 'recordings.json'), 'utf8')) as readonly Recording[];
  const folder = join(root, 'public', 'recorded');
  mkdirSync(folder, { recursive: true });
  for (const { name, experiment: json } of recordings) {
    const { experiment, problems } = parseExperiment(json, RULES);
    if (problems[0]) throw new Error(`tools/recordings.json, ${name}: ${problems[0].field}: ${problems[0].message}`);
    const engine = createNodeEngine();
    const manifest = join(root, 'models', experiment.package);
    const model = await engine.load({ manifest, backend: 'onnx-wasm', threads: 1 }, () => undefined);
    const runs: RecordedRun[] = [];
    for (const [i, policy] of experiment.policies.entries()) {
      const { prompt, seed, sampling } = experiment;
      const request = { id: `${name}-${String(i)}`, prompt, policy, seed, sampling, scores: true, top: TOP };
      const result = await engine.run(request, () => undefined);
      console.log(`${name} ${policy.method}: ${JSON.stringify(result.answer.text)}`);
      runs.push(packRun(result));
    }
    await engine.dispose();
    const { id, label, hash } = model.package;
    const file: RecordedFile = {
      format: 'switchyard-recorded',
      version: 1,
      package: { id, label, hash },
      library: model.library,
      experiment: experimentDifference(experiment, RULES),
      runs,
    };
    const text = `${JSON.stringify(file)}\n`;
    if (text.length > MOST_BYTES)
      throw new Error(
        `recording ${name} has ${String(text.length)} bytes, more than ${String(MOST_BYTES)}: take a shorter prompt`,
      );
    writeFileSync(join(folder, `${name}.json`), text);
    console.log(`public/recorded/${name}.json: ${String(text.length)} bytes`);
  }
}

/** Every example that claims that an edit changes its answer is run with and without it. */
async function checkExamples(): Promise<void> {
  const engine = createNodeEngine();
  await engine.load({ manifest: join(root, 'models', PACKAGE), backend: 'onnx-wasm', threads: 1 }, () => undefined);
  const { seed, sampling } = parseExperiment({}, RULES).experiment;
  const wrong: string[] = [];
  for (const { task, prompt: text, edit } of EXAMPLES) {
    if (edit === undefined) continue;
    const policy = presetPolicy(EXAMPLE_METHOD);
    for (const [edits, said] of [[[], edit.before] as const, [[edit.edit], edit.after] as const]) {
      const request = {
        prompt: { text, raw: false },
        policy: { ...policy, edits },
        seed,
        sampling,
        scores: false,
        top: 1,
      };
      const { answer } = await engine.run({ id: `${task}-${String(edits.length)}`, ...request }, () => undefined);
      if (answer.text !== said)
        wrong.push(`${task}: ${JSON.stringify(answer.text)}, but examples.ts says ${JSON.stringify(said)}`);
    }
  }
  await engine.dispose();
  if (wrong.length > 0) throw new Error(`src/ui/prompt/examples.ts no longer holds:\n${wrong.join('\n')}`);
  console.log('all examples answer as they say');
}

await main();
await checkExamples();
