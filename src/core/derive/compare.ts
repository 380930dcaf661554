/** Two runs of the same prompt: where routes and answers part, and how often choices agree. */
import type { Site } from '../library.ts';
import type { RoutingTrace, SiteIndex, TokenPosition } from '../trace.ts';
import { cellDifference } from './cells.ts';

export interface ComparedRun {
  readonly trace: RoutingTrace;
  readonly prompt: { readonly tokens: readonly { readonly id: number }[] };
  readonly answer: { readonly tokens: readonly { readonly id: number }[] };
}

export interface LayerAgreement {
  readonly layer: number;
  /** Share of cells with the same first expert, 0 to 1. */
  readonly top: number;
  /** Share of cells with the same set of experts. */
  readonly set: number;
}

export interface Comparison {
  readonly samePrompt: boolean;
  /** Positions from 0 on at which both runs read the same tokens: routes are compared there only. */
  readonly compared: number;
  /** First cell in the order of computation by token, then site, whose set or first expert differs; null when none does. */
  readonly firstRoute: { readonly token: TokenPosition; readonly site: SiteIndex } | null;
  /** Index in the answer of the first differing token (the shorter one's length where it is the other's beginning); null when equal. */
  readonly firstAnswer: number | null;
  /** One entry a layer, from layer 0 on; empty when nothing can be compared. */
  readonly layers: readonly LayerAgreement[];
  /** Over all compared cells. */
  readonly top: number;
  readonly set: number;
}

export function compareRuns(a: ComparedRun, b: ComparedRun, sites: readonly Site[]): Comparison {
  const ids = (run: ComparedRun) => [...run.prompt.tokens, ...run.answer.tokens].map((t) => t.id);
  const x = ids(a);
  const y = ids(b);
  const differing = x.findIndex((id, i) => id !== y[i]);
  const common = differing < 0 ? x.length : differing;
  const prompts = a.prompt.tokens.map((t) => t.id);
  const samePrompt = prompts.length === b.prompt.tokens.length && prompts.every((id, i) => id === y[i]);
  const compared = Math.min(common, a.trace.tokens, b.trace.tokens);

  const layerCount = sites.reduce((n, s) => Math.max(n, s.layer + 1), 0);
  const top = new Float64Array(layerCount);
  const set = new Float64Array(layerCount);
  const cells = new Float64Array(layerCount);
  let firstRoute: Comparison['firstRoute'] = null;
  for (let token = 0; token < compared; token++) {
    for (let site = 0; site < sites.length; site++) {
      const layer = sites[site]?.layer ?? 0;
      const kind = cellDifference(a.trace, b.trace, site, token);
      cells[layer] = (cells[layer] ?? 0) + 1;
      if (kind !== 'top') top[layer] = (top[layer] ?? 0) + 1;
      if (kind === 'same' || kind === 'weights') set[layer] = (set[layer] ?? 0) + 1;
      else firstRoute ??= { token, site };
    }
  }
  const sum = (v: Float64Array) => v.reduce((s, n) => s + n, 0);
  const all = sum(cells);
  return {
    samePrompt,
    compared,
    firstRoute,
    firstAnswer: firstDifference(a.answer.tokens, b.answer.tokens),
    layers:
      all === 0
        ? []
        : Array.from({ length: layerCount }, (_, layer) => ({
            layer,
            top: (top[layer] ?? 0) / Math.max(1, cells[layer] ?? 0),
            set: (set[layer] ?? 0) / Math.max(1, cells[layer] ?? 0),
          })),
    top: all === 0 ? 1 : sum(top) / all,
    set: all === 0 ? 1 : sum(set) / all,
  };
}

function firstDifference(x: readonly { readonly id: number }[], y: readonly { readonly id: number }[]): number | null {
  const length = Math.max(x.length, y.length);
  for (let i = 0; i < length; i++) if (x[i]?.id !== y[i]?.id) return i;
  return null;
}

/** Sum of natural logarithms of the answer's tokens under the policy that made it. */
export const answerLogprob = (tokens: readonly { readonly logprob: number }[]): number =>
  tokens.reduce((sum, token) => sum + token.logprob, 0);
