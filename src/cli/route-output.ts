/** The JSON that `switchyard route --json` prints: what it holds, and its schema (docs/schema/route.schema.json). */
import * as v from 'valibot';
import type { Experiment } from '../core/experiment/experiment.ts';
import type { RoutingTrace } from '../core/trace.ts';
import type { LoadedModel, RunResult } from '../protocol/engine.ts';

const whole = v.pipe(v.number(), v.integer());
const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const described = <Schema extends v.GenericSchema>(schema: Schema, text: string) => v.pipe(schema, v.description(text));

const scope = {
  experts: v.array(v.string()),
  sites: v.optional(
    v.strictObject({
      from: v.optional(natural),
      to: v.optional(natural),
      input: v.optional(v.picklist(['attn', 'ffn'])),
    }),
  ),
  tokens: v.optional(
    v.strictObject({
      from: v.optional(natural),
      to: v.optional(natural),
      part: v.optional(v.picklist(['prompt', 'answer'])),
    }),
  ),
  since: v.optional(natural),
};
const edit = v.variant('kind', [
  v.strictObject({ kind: v.literal('bias'), amount: v.number(), ...scope }),
  v.strictObject({ kind: v.literal('mute'), ...scope }),
  v.strictObject({ kind: v.literal('force'), ...scope }),
  v.strictObject({ kind: v.literal('scale'), factor: v.number(), ...scope }),
]);
const choice = v.strictObject({
  id: v.string(),
  params: v.record(v.string(), v.union([v.number(), v.boolean(), v.string()])),
});
const policy = v.strictObject({
  method: v.string(),
  score: choice,
  select: choice,
  mix: v.picklist(['outputs', 'factors']),
  edits: v.array(edit),
});

const experiment = v.looseObject({
  version: v.literal(1),
  package: v.string(),
  packageHash: described(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), "SHA-256 of the package's manifest.json"),
  prompt: v.strictObject({ text: v.string(), raw: v.boolean(), system: v.optional(v.string()) }),
  policies: v.pipe(v.array(policy), v.length(1)),
  seed: natural,
  sampling: v.strictObject({ temperature: v.number(), topP: v.number(), maxTokens: natural }),
});

const cells = <Schema extends v.GenericSchema>(item: Schema) => v.array(v.array(v.array(item)));
const trace = v.strictObject({
  siteNames: described(v.array(v.string()), 'In the order of the first axis'),
  expertIds: described(v.array(v.string()), 'What the numbers in `experts` and the last axis of `scores` index'),
  tokens: described(natural, 'Rows: the tokens of prompt and answer, less the last one, which is never fed back'),
  slots: described(natural, 'Most experts chosen by one token'),
  experts: described(cells(whole), '[site][token][slot]: index of the expert, falling by weight; -1 is an empty slot'),
  weights: described(cells(v.number()), '[site][token][slot]: its weight; 0 in an empty slot'),
  scores: v.optional(described(cells(v.number()), '[site][token][expert]: raw scores, before edits and selection')),
});

export const routeSchema = v.pipe(
  v.strictObject({
    experiment: described(experiment, 'Repeats this output when given back by --experiment'),
    prompt: v.strictObject({
      text: described(v.string(), 'All of what the model read, template included'),
      tokens: described(v.array(natural), 'Token ids'),
    }),
    answer: v.strictObject({
      text: v.string(),
      tokens: described(v.array(natural), 'Token ids, an end-of-turn token included'),
      logits: described(
        v.array(v.array(v.tuple([natural, v.number()]))),
        'logits[i]: the largest [token id, logit] pairs, falling, of the row from which tokens[i] was chosen',
      ),
      logprobs: described(v.array(v.number()), 'Natural logarithm of the probability of tokens[i], before temperature'),
      end: v.picklist(['end-of-turn', 'limit', 'stopped']),
    }),
    trace: v.optional(described(trace, 'With --trace')),
  }),
  v.title('Output of switchyard route --json'),
);

export type RouteOutput = Omit<v.InferOutput<typeof routeSchema>, 'experiment'> & {
  readonly experiment: Experiment;
};

/** A Float32 in the fewest digits that give it back. */
export const shortFloat = (value: number): number => {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
};

export function routeOutput(
  experiment: Experiment,
  model: LoadedModel,
  result: RunResult,
  withTrace: boolean,
): RouteOutput {
  const { prompt, answer } = result;
  return {
    experiment: { ...experiment, package: model.package.id, packageHash: model.package.hash },
    prompt: { text: prompt.text, tokens: prompt.tokens.map(({ id }) => id) },
    answer: {
      text: answer.text,
      tokens: answer.tokens.map(({ id }) => id),
      logits: answer.tokens.map(({ top }) => top.map(({ id, logit }): [number, number] => [id, shortFloat(logit)])),
      logprobs: answer.tokens.map(({ logprob }) => logprob),
      end: result.end,
    },
    ...(withTrace ? { trace: traceOutput(result.trace, model) } : {}),
  };
}

function traceOutput(trace: RoutingTrace, { library }: LoadedModel): NonNullable<RouteOutput['trace']> {
  const { sites, tokens, slots, units, experts, weights, scores } = trace;
  const nested = (values: Int16Array | Float32Array, width: number): number[][][] =>
    Array.from({ length: sites }, (_, site) =>
      Array.from({ length: tokens }, (__, token) => {
        const at = (site * tokens + token) * width;
        return Array.from(values.subarray(at, at + width), shortFloat);
      }),
    );
  return {
    siteNames: library.sites.map(({ name }) => name),
    expertIds: library.experts.map(({ id }) => id),
    tokens,
    slots,
    experts: nested(experts, slots),
    weights: nested(weights, slots),
    ...(scores === undefined ? {} : { scores: nested(scores, units) }),
  };
}
