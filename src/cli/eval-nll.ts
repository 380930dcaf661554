/** `switchyard eval-nll`: how likely given answers are under a policy. */
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import type { RunRequest } from '../protocol/engine.ts';
import { UsageError, type CliIo } from './io.ts';
import { createNodeEngine } from './node-engine.ts';
import { modelChoice, modelHelp, modelOptions, policyHelp, policyOptions, readExperiment } from './options.ts';
import { loadProgress } from './progress.ts';

export const evalHelp = `switchyard eval-nll < documents.jsonl
Reads a line of JSON { "prompt", "answer" } for each document and prints one { "logprob", "tokens", "characters", "logprobs" } for each:
the summed natural logarithm of the answer's probability, its end-of-turn token included. Prompt and answer are
tokenised apart.

  --raw              leave the chat template out
  --no-end           leave the end-of-turn token out
${policyHelp}
${modelHelp}
`;

const document = v.looseObject({ prompt: v.string(), answer: v.string() });
type Document = v.InferOutput<typeof document>;

export async function evalCommand(args: readonly string[], io: CliIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...modelOptions, ...policyOptions, raw: { type: 'boolean' }, 'no-end': { type: 'boolean' } },
  });
  const choice = modelChoice(values, io);
  const experiment = await readExperiment(values);
  const [policy] = experiment.policies;
  if (policy === undefined) throw new UsageError('the experiment holds no policy');
  const documents = readDocuments(await io.stdin());
  const engine = createNodeEngine();
  try {
    await engine.load({ manifest: choice.folder, backend: choice.backend, threads: choice.threads }, loadProgress(io));
    const ends = values['no-end'] === true ? [] : await engine.endOfTurn();
    const answers = await engine.tokenize(documents.map(({ answer }) => answer));
    for (const [i, { prompt, answer }] of documents.entries()) {
      const ids = [...(answers[i] ?? []).map(({ id }) => id), ...ends];
      if (ids.length === 0) throw new UsageError(`line ${String(i + 1)}: the answer has no tokens.`);
      const request: RunRequest = {
        id: `line ${String(i + 1)}`,
        prompt: { ...experiment.prompt, text: prompt, raw: values.raw ?? experiment.prompt.raw },
        policy,
        seed: experiment.seed,
        sampling: { temperature: 0, topP: 1, maxTokens: ids.length },
        scores: false,
        top: 0,
        answer: ids,
      };
      const result = await engine.run(request, () => undefined);
      const logprobs = result.answer.tokens.map(({ logprob }) => logprob);
      io.out(
        JSON.stringify({
          logprob: logprobs.reduce((sum, value) => sum + value, 0),
          tokens: ids.length,
          characters: Array.from(answer).length,
          logprobs,
        }),
      );
    }
    return 0;
  } finally {
    await engine.dispose();
  }
}

/** All of them are looked at before the model is loaded. */
function readDocuments(text: string): Document[] {
  const lines = text.split('\n').map((line, i) => ({ line: line.trim(), number: i + 1 }));
  const documents = lines
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => {
      let json: unknown;
      try {
        json = JSON.parse(line);
      } catch {
        throw new UsageError(`standard input, line ${String(number)}: it is no JSON.`);
      }
      const parsed = v.safeParse(document, json);
      if (!parsed.success) {
        throw new UsageError(
          `standard input, line ${String(number)}: { "prompt": "…", "answer": "…" } is meant; ${parsed.issues[0].message}.`,
        );
      }
      return parsed.output;
    });
  if (documents.length === 0)
    throw new UsageError('standard input holds no document: a line of JSON for each is meant.');
  return documents;
}
