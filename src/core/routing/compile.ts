/** From a policy, which is a document, to the function that the host calls for each site and block of tokens. */
import { checkParam, defaults, type ParamSpecs, type ParamValue } from '../params.ts';
import type { Registry } from '../registry.ts';
import { applyBias, applyForce, applyMute, applyScale, resolveEdits, type ResolvedEdit } from './edits.ts';
import { PolicyError } from './error.ts';
import type { Choice, Chosen, Policy, PolicyRun, RunContext, SiteBlock } from './policy.ts';
import { SCORES } from './scores/registry.ts';
import { SELECTIONS } from './selection/registry.ts';

/**
 * Once a run. Parameters that the document leaves out are at their defaults.
 *
 * @throws PolicyError naming the field, on an unknown id, a value out of range, an expert the library has not, or something
 * that the score needs and the package has not. `route` throws one when a score is not a finite number.
 */
export function compilePolicy(policy: Policy, context: RunContext): PolicyRun {
  const [score, scoreParams] = lookUp('score', SCORES, policy.score);
  const [selection, selectParams] = lookUp('select', SELECTIONS, policy.select);
  const { library } = context;
  const units = library.experts.length;
  const edits = resolveEdits(policy.edits, library, context.promptTokens);
  const editsBySite = library.sites.map((_, site) => edits.filter((edit) => edit.sites[site] === 1));
  const empty = score.declares.empty === true;
  const forced = new Set(edits.flatMap((edit) => (edit.kind === 'force' ? edit.units : []))).size;
  const slots = Math.max(empty ? 0 : selection.slots(selectParams, units), forced);
  const temperature = selection.temperature?.(selectParams) ?? 1;
  const run = score.begin(context, scoreParams);
  const scratch = { raw: new Float32Array(0), biased: new Float32Array(0), edited: new Float32Array(0) };
  const row = new Float32Array(units);
  const none: readonly ResolvedEdit[] = [];

  const select = (block: SiteBlock, scores: Float32Array, out: Chosen) => {
    const { site, first, tokens } = block;
    if (empty) clear(out, tokens);
    else selection.select({ scores, tokens, units, site, first, seed: context.seed }, selectParams, out);
  };

  return {
    slots,
    units,
    mix: policy.mix,
    terms: run.terms ?? [],
    ...(run.linear === undefined ? {} : { linear: run.linear }),
    route(block, out, rawScores) {
      const { site, first, tokens } = block;
      const count = tokens * units;
      if (out.slots !== slots)
        throw new Error(`route: the slots given are ${String(out.slots)}, this policy needs ${String(slots)}`);
      if (scratch.raw.length < count)
        for (const name of ['raw', 'biased', 'edited'] as const) scratch[name] = new Float32Array(count);
      const raw = rawScores ?? scratch.raw;
      if (block.scores === undefined) run.score(block, raw);
      else raw.set(block.scores);
      for (let i = 0; i < count; i++)
        if (!Number.isFinite(raw[i] ?? 0)) throw notFinite(policy.score.id, context, block, i, raw[i] ?? 0);
      const here = editsBySite[site] ?? none;
      if (!here.some((edit) => edit.from < first + tokens && edit.to >= first)) {
        select(block, raw, out);
        return;
      }
      const { biased, edited } = scratch;
      const span = { first, tokens, units };
      copy(raw, biased, count);
      applyBias(here, span, biased);
      copy(biased, edited, count);
      applyMute(here, span, edited);
      select(block, edited, out);
      applyForce(here, span, biased, temperature, row, out);
      applyScale(here, span, out);
    },
  };
}

/** The entry that a choice names and all its parameters. */
function lookUp<T extends { readonly id: string; readonly params: ParamSpecs }>(
  field: 'score' | 'select',
  registry: Registry<T>,
  { id, params }: Choice,
): [T, Readonly<Record<string, ParamValue>>] {
  const entry = registry.get(id);
  if (!entry) throw new PolicyError(field, `${field}: there is no ${id}; there are ${registry.ids.join(', ')}`);
  const values: Record<string, ParamValue> = { ...defaults(entry.params) };
  for (const [name, value] of Object.entries(params)) {
    const spec = Object.hasOwn(entry.params, name) ? entry.params[name] : undefined;
    if (!spec) throw new PolicyError(`${field}.${name}`, `${field}.${name}: ${id} has no such parameter`);
    const checked = checkParam(spec, value);
    if (!checked.ok) throw new PolicyError(`${field}.${name}`, `${field}.${name}: ${checked.reason}`);
    values[name] = checked.value;
  }
  return [entry, values];
}

function copy(from: Float32Array, to: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) to[i] = from[i] ?? 0;
}

function clear(out: Chosen, tokens: number): void {
  out.experts.fill(-1, 0, tokens * out.slots);
  out.weights.fill(0, 0, tokens * out.slots);
}

function notFinite(score: string, { library }: RunContext, block: SiteBlock, at: number, value: number): PolicyError {
  const units = library.experts.length;
  const token = Math.floor(at / units);
  const row = block.u.subarray(token * library.width, (token + 1) * library.width);
  const cause = row.every(Number.isFinite)
    ? 'the site’s input is finite, so a vector of this expert is not: replace its file'
    : 'the site’s input is not finite either, so an adapter or the base gave NaN or infinity at an earlier site: mute the experts chosen there to find which';
  return new PolicyError(
    'score',
    `score ${score} is ${String(value)} for expert ${library.experts[at % units]?.id ?? '?'} at site ${library.sites[block.site]?.name ?? String(block.site)}, token ${String(block.first + token)}: ${cause}`,
  );
}
