/** What the bench asks of every engine in a page of its own, ours and others'. Times are milliseconds by the page's clock unless said otherwise. */

/** The same prompt for each: engines that take text must make these tokens of it. */
export interface Prompt {
  readonly text: string;
  readonly ids: readonly number[];
}

export interface Generated {
  /** To read the prompt, by the engine's own clock where it has one. */
  readonly reading: number;
  /** From the call to the answer's first token. */
  readonly first: number;
  /** Each token behind the first; absent when there was none. */
  readonly token?: number;
  /** Text, or the tokens of an engine that was given no vocabulary. */
  readonly answer: string | readonly number[];
}

export interface Contestant {
  /** Milliseconds by phase. */
  load(threads: number): Promise<Readonly<Record<string, number>>>;
  /**
   * The likeliest tokens behind the prompt. What is left of the prompt before it may be taken over, as each engine does by itself.
   * @param method the routing policy's preset; of ours alone
   */
  generate(prompt: Prompt, maxTokens: number, method: string): Promise<Generated>;
}

/** Which engine a page holds: its query, as JSON. */
export type Entry =
  | { readonly engine: 'ours'; readonly backend: 'simd' | 'onnx-wasm'; readonly experts: number }
  /** `model`: address of the GGUF. */
  | { readonly engine: 'wllama'; readonly model: string }
  | { readonly engine: 'transformers'; readonly dtype: 'fp32' | 'q4' };

/** Where the bench's server has what `--prepare` made. */
export const PEERS = '/tools/peers/node_modules';
export const DATA = '/bench-data';

/** A module that the type checker does not see: the peers' packages are not among the product's. */
export const importPeer = (path: string): Promise<unknown> =>
  import(/* @vite-ignore */ new URL(`${PEERS}/${path}`, location.href).href);
