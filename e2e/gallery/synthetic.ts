/** A made-up library and made-up routes for the gallery and for tests of views. Nothing here comes from a model, and the page never shows it. */
import type { ExpertInfo, LibraryInfo, Site } from '../../src/core/library.ts';
import type { Policy, ScoreTerm } from '../../src/core/routing/policy.ts';
import type { RoutingTrace } from '../../src/core/trace.ts';
import type { AnswerToken, TokenText } from '../../src/protocol/engine.ts';
import type { RunView } from '../../src/views/shared/types.ts';

const EXPERTS: readonly (readonly [badge: string, label: string, family: string])[] = [
  ['PT', 'Past tense', 'word forms'],
  ['QF', 'Question formation', 'word forms'],
  ['SP', 'Spelling correction', 'word forms'],
  ['AD', 'Addition', 'arithmetic'],
  ['SB', 'Subtraction', 'arithmetic'],
  ['OC', 'Object counting', 'arithmetic'],
  ['LG', 'Boolean logic', 'symbols'],
  ['BR', 'Closing brackets', 'symbols'],
  ['AN', 'Antonym', 'knowledge'],
  ['CA', 'Capital', 'knowledge'],
  ['SE', 'Sentiment', 'classification'],
  ['LI', 'Language', 'classification'],
  ['IN', 'Intent', 'classification'],
  ['NC', 'Noun category', 'classification'],
  ['RH', 'Rhyme', 'word forms'],
  ['UN', 'Unit identification', 'arithmetic'],
  ['RG', 'RGB colour', 'symbols'],
  ['HS', 'HSL colour', 'symbols'],
  ['WH', 'Who has what', 'reading'],
  ['NV', 'Navigate', 'reading'],
  ['EP', 'Belief', 'reading'],
  ['AO', 'Adjective order', 'word forms'],
  ['SM', 'Spam', 'classification'],
  ['EX', 'File extension', 'knowledge'],
];

const slug = (label: string) => label.toLowerCase().replaceAll(' ', '-');

export function syntheticLibrary(experts = 10, layers = 30): LibraryInfo {
  const sites: Site[] = [];
  for (let layer = 0; layer < layers; layer++) {
    sites.push({ layer, input: 'attn', name: `L${String(layer)}.attn` });
    sites.push({ layer, input: 'ffn', name: `L${String(layer)}.ffn` });
  }
  return {
    experts: EXPERTS.slice(0, experts).map(([badge, label, family]): ExpertInfo => ({
      id: slug(label),
      label,
      badge,
      family,
      task: slug(label),
    })),
    sites,
    width: 576,
    has: ['gates', 'embeddings', 'prompt-embedding'],
  };
}

/** Uniform in [0, 1), the same for the same numbers. */
function hash(...keys: number[]): number {
  let h = 2166136261;
  for (const k of keys) {
    h = Math.imul(h ^ (k + 1), 16777619);
    h ^= h >>> 13;
    h = Math.imul(h, 0x5bd1e995);
    h ^= h >>> 15;
  }
  return (h >>> 0) / 4294967296;
}

export const SHORT = [' What', ' is', ' ', '1', '7', ' +', ' ', '2', '5', '?'];
export const LONG =
  'Tom has 3 red apples and 4 green pears . He gives 2 of the pears to Anna , who already had 1 plum and 5 cherries . How many pieces of fruit does Anna have now ?'
    .split(' ')
    .map((w, i) => (i === 0 ? w : ` ${w}`));

export interface SyntheticOptions {
  readonly words?: readonly string[];
  readonly answer?: readonly string[];
  readonly seed?: number;
  readonly slots?: number;
  /** Positions with a row; all but the last by default. */
  readonly routed?: number;
  readonly policy?: Partial<Policy>;
  /** Sites from which the seed matters: below, two runs agree. */
  readonly from?: number;
}

export function syntheticRun(library: LibraryInfo, options: SyntheticOptions = {}): RunView {
  const { words = SHORT, answer = ['4', '2', '<|im_end|>'], seed = 1, slots = 2, from = 0 } = options;
  const texts: [string, boolean][] = [
    ...['<|im_start|>', 'user', '\n'].map((t): [string, boolean] => [t, true]),
    ...words.map((t, i): [string, boolean] => [i === 0 ? t.trimStart() : t, false]),
    ...['<|im_end|>', '\n', '<|im_start|>', 'assistant', '\n'].map((t): [string, boolean] => [t, true]),
  ];
  const prompt = texts.map(([text, template], i): TokenText => ({ id: 100 + i, text, template }));
  const tokens = answer.map((text, i): AnswerToken => syntheticAnswer(text, i, seed));
  const routed = options.routed ?? prompt.length + tokens.length - 1;
  const terms: ScoreTerm[] = [
    {
      name: 'c · cos(e, e_task)',
      values: Float32Array.from(library.experts, (_, e) => (e === 3 ? 2.1 : e === 4 ? 1.4 : 0.9 * hash(7, e))),
    },
  ];
  const all = [...texts, ...answer.map((t): [string, boolean] => [t, t.startsWith('<|')])];
  return {
    trace: syntheticTrace(library, all, routed, slots, (site) => (site >= from ? seed : 1), terms),
    prompt: { tokens: prompt },
    answer: { tokens },
    terms,
    policy: {
      method: 'glider',
      score: { id: 'glider', params: { c: 3 } },
      select: { id: 'top-k', params: { k: slots } },
      mix: 'outputs',
      edits: [],
      ...options.policy,
    },
  };
}

/** The same number for the same text. */
const idOf = (text: string) => Array.from(text).reduce((n, c) => (n * 31 + (c.codePointAt(0) ?? 0)) % 49152, 7);

function syntheticAnswer(text: string, i: number, seed: number): AnswerToken {
  const logits = [14.2, 12.6, 11.9, 10.4, 9.8, 9.7, 9.1, 8.8, 8.6, 8.5].map((v, k) => v - hash(seed, i, k));
  const total = Math.log(logits.reduce((s, v) => s + Math.exp(v), 0));
  const texts = [text, '3', '1', ' forty', '5', '\n', '<|im_end|>', ' 4', '0', '7'];
  const top = logits.map((logit, k) => ({
    id: idOf(texts[k] ?? '') + k * 1e6,
    text: texts[k] ?? '',
    logit,
    logprob: logit - total,
  }));
  return { id: idOf(text), text, template: text.startsWith('<|'), logprob: top[0]?.logprob ?? 0, top };
}

function syntheticTrace(
  library: LibraryInfo,
  texts: readonly (readonly [string, boolean])[],
  tokens: number,
  slots: number,
  seedAt: (site: number) => number,
  terms: readonly ScoreTerm[],
): RoutingTrace {
  const sites = library.sites.length;
  const units = library.experts.length;
  const experts = new Int16Array(sites * tokens * slots).fill(-1);
  const weights = new Float32Array(sites * tokens * slots);
  const scores = new Float32Array(sites * tokens * units);
  for (let site = 0; site < sites; site++) {
    const seed = seedAt(site);
    const phase = Math.floor(site / 9);
    for (let token = 0; token < tokens; token++) {
      const [text = '', template = false] = texts[token] ?? [];
      const kind = template ? 1 : /\d/.test(text) ? 2 : text.trim().length <= 1 ? 3 : 4 + (text.length % 3);
      const row = Array.from({ length: units }, (_, e) => {
        const home = 4.5 * hash(kind, e, phase, 3) ** 3 + 2 * hash(kind, e, 9) ** 2;
        return home + 1.3 * hash(seed, site, token, e) + (terms[0]?.values[e] ?? 0) * 0.8;
      });
      scores.set(row, (site * tokens + token) * units);
      const order = row.map((_, e) => e).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
      const kept = order.slice(0, slots);
      const best = row[kept[0] ?? 0] ?? 0;
      const sum = kept.reduce((s, e) => s + Math.exp((row[e] ?? 0) - best), 0);
      kept.forEach((e, k) => {
        experts[(site * tokens + token) * slots + k] = e;
        weights[(site * tokens + token) * slots + k] = Math.exp((row[e] ?? 0) - best) / sum;
      });
    }
  }
  return { sites, tokens, slots, units, experts, weights, scores };
}
