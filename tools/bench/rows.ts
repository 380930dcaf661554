/** Who takes part in the bench with peers, and what is asked of the results. */
import { DATA, type Entry } from '../../e2e/bench/contestant.ts';
import { GGUF_TYPES } from '../peers/prepare.ts';
import type { Target } from './ratios.ts';

/** An engine in a page of its own. */
export interface Page {
  readonly row: string;
  readonly entry: Entry;
  readonly method: 'none' | 'phatgoose';
}

const SIMD = 'SIMD';
const ONNX = 'ONNX chain';
const SIMD_NONE = `${SIMD}, no experts`;
const SIMD_24 = `${SIMD}, top-2 of 24`;
const SIMD_128 = `${SIMD}, top-2 of 128`;
const ONNX_24 = `${ONNX}, top-2 of 24`;
const wllama = (type: string): string => `wllama, ${type}`;
const transformers = (dtype: string): string => `transformers.js, ${dtype}`;
export const native = (type: string): string => `native llama.cpp, ${type}`;

export const isOurs = (row: string): boolean => row.startsWith(SIMD) || row.startsWith(ONNX);

/**
 * Those of more experts than are trained compute with copies whose gates are perturbed. The ONNX chain holds experts in
 * float32: 128 of them would take 0.9 GB beside a base of as much, and are left out.
 */
export const PAGES: readonly Page[] = [
  { row: SIMD_NONE, entry: { engine: 'ours', backend: 'simd', experts: 0 }, method: 'none' },
  { row: SIMD_24, entry: { engine: 'ours', backend: 'simd', experts: 24 }, method: 'phatgoose' },
  { row: SIMD_128, entry: { engine: 'ours', backend: 'simd', experts: 128 }, method: 'phatgoose' },
  { row: `${ONNX}, no experts`, entry: { engine: 'ours', backend: 'onnx-wasm', experts: 0 }, method: 'none' },
  { row: ONNX_24, entry: { engine: 'ours', backend: 'onnx-wasm', experts: 24 }, method: 'phatgoose' },
  ...GGUF_TYPES.map((type): Page => ({
    row: wllama(type),
    entry: { engine: 'wllama', model: `${DATA}/base.${type}.gguf` },
    method: 'none',
  })),
  ...(['q4', 'fp32'] as const).map((dtype): Page => ({
    row: transformers(dtype),
    entry: { engine: 'transformers', dtype },
    method: 'none',
  })),
];

export const measures = {
  prefill: (tokens: number): string => `prefill ${String(tokens)}`,
  decode: (context: number): string => `decode at ${String(context)}`,
  first: 'first token behind 32',
  load: 'load',
  peak: 'peak memory',
} as const;

const DECODE = measures.decode(64);
const PREFILL = measures.prefill(128);

/** `[decode, prefill 128]`, how many times as fast at least. */
const faster = (text: string, peers: readonly string[], bounds: readonly [number, number]): readonly Target[] =>
  [DECODE, PREFILL].map((measure, i) => ({
    text: `${measure} against ${text}`,
    measure,
    of: peers,
    by: [SIMD_24],
    is: 'at least',
    bound: bounds[i] ?? NaN,
  }));

/** What experts cost, as a part of the time without them. */
const cost = (threads: number, measure: string, row: string, percent: number): Target => ({
  text: `${row} against none, ${measure}`,
  measure,
  of: [row],
  by: [SIMD_NONE],
  is: 'at most',
  bound: 1 + percent / 100,
  threads,
});

const natives = GGUF_TYPES.map(native);

export const TARGETS: readonly Target[] = [
  ...faster('wllama at its best', GGUF_TYPES.map(wllama), [5, 8]),
  ...faster('transformers.js at its best', ['q4', 'fp32'].map(transformers), [4, 2]),
  ...faster('the ONNX chain with the same experts', [ONNX_24], [3.5, 2]),
  { text: `${DECODE} over native at its best`, measure: DECODE, of: [SIMD_24], by: natives, is: 'at most', bound: 1.1 },
  {
    text: `${PREFILL} over native at its best`,
    measure: PREFILL,
    of: [SIMD_24],
    by: natives,
    is: 'at most',
    bound: 1.8,
  },
  cost(1, PREFILL, SIMD_24, 10),
  cost(1, DECODE, SIMD_24, 18),
  cost(1, DECODE, SIMD_128, 27),
  cost(2, PREFILL, SIMD_24, 20),
  cost(2, DECODE, SIMD_24, 20),
  cost(2, DECODE, SIMD_128, 30),
  { text: 'load from memory, ms', measure: measures.load, of: [SIMD_24], is: 'at most', bound: 600 },
  {
    text: 'peak memory of the renderer, MB',
    measure: measures.peak,
    of: [SIMD_24],
    is: 'at most',
    bound: 450,
  },
];
