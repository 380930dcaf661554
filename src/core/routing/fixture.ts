/** A small library with everything that scores read, for the tests of routing. */
import type { Library } from '../library.ts';
import { draw } from '../numerics.ts';
import { defaults, type ParamSpecs, type ParamValue } from '../params.ts';
import type { Chosen, Policy, PolicyRun, RunContext } from './policy.ts';

export const EXPERTS = 5;
export const SITES = 6;
/** Not a multiple of four, so that the tail of an unrolled loop is met. */
export const WIDTH = 18;
export const PROMPT_TOKENS = 4;
const DIMENSION = 7;
const EXAMPLES = 3;

/** Numbers in [−1, 1), the same for the same name. */
export const noise = (name: string, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 2 * draw(1, name, 0, 0, i) - 1);

function unitRows(values: Float32Array, width: number): Float32Array {
  return values.map((x, i) => {
    const row = values.subarray(i - (i % width), i - (i % width) + width);
    return x / Math.hypot(...row);
  });
}

export const library = {
  experts: ['alpha', 'beta', 'gamma', 'delta', 'epsilon'].map((id) => ({
    id,
    label: id,
    badge: id.slice(0, 2).toUpperCase(),
    family: 'test',
  })),
  sites: Array.from({ length: SITES }, (_, i) => {
    const input = i % 2 === 0 ? ('attn' as const) : ('ffn' as const);
    const layer = Math.floor(i / 2);
    return { layer, input, name: `L${String(layer)}.${input}` };
  }),
  width: WIDTH,
  has: ['gates', 'mean-activations', 'prototypes', 'embeddings', 'prompt-embedding'],
  gates: noise('gates', SITES * EXPERTS * WIDTH),
  meanActivations: noise('means', SITES * EXPERTS * WIDTH),
  prototypes: unitRows(noise('prototypes', SITES * EXPERTS * WIDTH), WIDTH),
  embeddings: {
    dimension: DIMENSION,
    instruction: unitRows(noise('instruction', EXPERTS * DIMENSION), DIMENSION),
    mean: unitRows(noise('mean', EXPERTS * DIMENSION), DIMENSION),
    examples: unitRows(noise('examples', EXPERTS * EXAMPLES * DIMENSION), DIMENSION),
    examplesPerExpert: EXAMPLES,
  },
} as const satisfies Library;

export const context: RunContext & { readonly promptEmbedding: Float32Array } = {
  library,
  seed: 7,
  promptTokens: PROMPT_TOKENS,
  promptEmbedding: unitRows(noise('prompt', DIMENSION), DIMENSION),
};

export const emptySlots = (tokens: number, slots: number): Chosen => ({
  slots,
  experts: new Int16Array(tokens * slots).fill(99),
  weights: new Float32Array(tokens * slots).fill(99),
});

/** Routes tokens `first` to `first + u.length / width` of one site in one block. */
export function routeBlock(run: PolicyRun, site: number, first: number, u: Float32Array): Chosen {
  const tokens = u.length / WIDTH;
  const out = emptySlots(tokens, run.slots);
  run.route({ site, first, tokens, u }, out);
  return out;
}

export const policyOf = (policy: Partial<Policy>): Policy => ({
  method: 'none',
  score: { id: 'phatgoose', params: {} },
  select: { id: 'top-k', params: { k: 2 } },
  mix: 'outputs',
  edits: [],
  ...policy,
});

/** The defaults; then each parameter at its ends, or each of its options, the others at their defaults. */
export function variants(specs: ParamSpecs): Record<string, ParamValue>[] {
  const base: Record<string, ParamValue> = defaults(specs);
  return [
    base,
    ...Object.entries(specs).flatMap(([name, spec]) => {
      const values: readonly ParamValue[] =
        spec.kind === 'choice'
          ? spec.options.map((o) => o.value)
          : spec.kind === 'boolean'
            ? [false, true]
            : [spec.min, spec.max];
      return values.map((value) => ({ ...base, [name]: value }));
    }),
  ];
}
