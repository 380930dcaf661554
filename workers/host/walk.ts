/** One pass through the routing sites: read the input, ask the policy, hand the weights over. */
import type { Site } from '../../src/core/library.ts';
import type { Chosen, PolicyRun } from '../../src/core/routing/policy.ts';
import { EngineError } from '../../src/protocol/error.ts';
import type { Pass } from '../backends/backend.ts';
import type { ScoredBlock } from './blocks.ts';
import type { Pause } from './pause.ts';

export interface WalkClock {
  /** Milliseconds spent in the policy, added up. */
  policy: number;
}

/** Tokens of a pass that follow each other, and the position of the first. */
export interface Part {
  readonly first: number;
  readonly tokens: number;
}

/**
 * Takes `pass` from its current site to the head and writes what was chosen into `block`, whose tokens are the pass's.
 * @param parts of the pass, in order, where it is not one text
 * @throws Stopped when told to; EngineError `internal` or `policy` when a number is not finite. The pass is left to the caller.
 */
export async function walk(
  pass: Pass,
  policy: PolicyRun,
  sites: readonly Site[],
  block: ScoredBlock,
  pause: Pause,
  clock: WalkClock,
  parts: readonly Part[] = [pass],
): Promise<void> {
  const { tokens, first } = pass;
  const { slots, units, mix } = policy;
  const chosen: Chosen = {
    slots,
    experts: new Int16Array(tokens * slots),
    weights: new Float32Array(tokens * slots),
  };
  for (let site = pass.site; site < sites.length; site = pass.site) {
    const u = await pass.input();
    refuseNotFinite(u, tokens, first, sites[site]);
    const scores = policy.linear && (await pass.scores?.(policy.linear));
    const began = performance.now();
    chosen.experts.fill(-1);
    chosen.weights.fill(0);
    const raw = block.scores.subarray(site * tokens * units, (site + 1) * tokens * units);
    let at = 0;
    for (const part of parts) {
      const rows = <T extends Float32Array | Int16Array>(of: T, width: number): T =>
        of.subarray(at * width, (at + part.tokens) * width) as T;
      policy.route(
        {
          site,
          first: part.first,
          tokens: part.tokens,
          u: rows(u, u.length / tokens),
          ...(scores && { scores: rows(scores, units) }),
        },
        { slots, experts: rows(chosen.experts, slots), weights: rows(chosen.weights, slots) },
        rows(raw, units),
      );
      at += part.tokens;
    }
    const any = record(chosen, block, site, tokens, sites[site]);
    clock.policy += performance.now() - began;
    await pass.advance(any ? { slots, units: chosen.experts, weights: chosen.weights, mix } : null);
    await pause();
  }
}

/** A block may have more slots than the policy in force needs. True when some unit was chosen. */
function record(chosen: Chosen, block: ScoredBlock, site: number, tokens: number, where: Site | undefined): boolean {
  let any = false;
  for (let token = 0; token < tokens; token++) {
    const to = (site * tokens + token) * block.slots;
    for (let slot = 0; slot < chosen.slots; slot++) {
      const unit = chosen.experts[token * chosen.slots + slot] ?? -1;
      const weight = chosen.weights[token * chosen.slots + slot] ?? 0;
      if (!Number.isFinite(weight)) {
        throw new EngineError(
          'policy',
          `The policy gave unit ${String(unit)} the weight ${String(weight)} at ${where?.name ?? String(site)}: change its parameters or edits.`,
        );
      }
      any ||= unit >= 0;
      block.experts[to + slot] = unit;
      block.weights[to + slot] = weight;
    }
  }
  return any;
}

/** A sum is not finite as soon as one addend is not; finite inputs of this size cannot overflow it. */
function refuseNotFinite(u: Float32Array, tokens: number, first: number, site: Site | undefined): void {
  let sum = 0;
  // Not `for … of`, which takes ten times as long under V8: 70,000 numbers a site.
  const { length } = u;
  for (let i = 0; i < length; i++) sum += u[i] ?? 0;
  if (Number.isFinite(sum)) return;
  const width = u.length / tokens;
  const bad = u.findIndex((value) => !Number.isFinite(value));
  throw new EngineError(
    'internal',
    `The input of ${site?.name ?? 'a site'} is not a number from token ${String(first + Math.floor(bad / width))} on: an expert's weights are damaged or an edit scales one too far. Mute the experts that take part there, or lower the scale.`,
  );
}
