/** llama.cpp in WebAssembly, by the package @wllama/wllama. */
import { importPeer, PEERS, type Contestant, type Entry } from './contestant.ts';

interface Chunk {
  readonly choices: readonly { readonly text: string }[];
  readonly timings?: {
    readonly cache_n: number;
    readonly prompt_n: number;
    readonly prompt_ms: number;
    readonly predicted_n: number;
    readonly predicted_ms: number;
  };
}
interface Wllama {
  loadModel(files: readonly Blob[], options: Readonly<Record<string, number | boolean>>): Promise<void>;
  getNumThreads(): number;
  createCompletion(options: {
    readonly prompt: string;
    readonly max_tokens: number;
    readonly temperature: number;
    readonly ignore_eos: boolean;
    readonly stream: true;
    readonly onData: (chunk: Chunk) => void;
  }): Promise<void>;
}
interface Module {
  readonly Wllama: new (paths: { readonly default: string }, options: object) => Wllama;
}

export function wllama({ model }: Entry & { engine: 'wllama' }): Contestant {
  let engine: Wllama | undefined;
  return {
    async load(threads) {
      const began = performance.now();
      const bytes = await (await fetch(model)).blob();
      const fetched = performance.now();
      const { Wllama } = (await importPeer('@wllama/wllama/esm/index.js')) as Module;
      const path = new URL(`${PEERS}/@wllama/wllama/esm/wasm/wllama.wasm`, location.href).href;
      engine = new Wllama({ default: path }, { suppressNativeLog: true });
      await engine.loadModel([bytes], { n_threads: threads, n_gpu_layers: 0, n_ctx: 2048, n_parallel: 1 });
      if (engine.getNumThreads() !== threads)
        throw new Error(`${String(engine.getNumThreads())} threads, not ${String(threads)}`);
      return { fetch: fetched - began, load: performance.now() - fetched };
    },
    async generate({ text, ids }, maxTokens) {
      if (engine === undefined) throw new Error('load first');
      const began = performance.now();
      let first = NaN;
      let timings: Chunk['timings'];
      let answer = '';
      await engine.createCompletion({
        prompt: text,
        max_tokens: maxTokens,
        temperature: 0,
        ignore_eos: true,
        stream: true,
        onData: (chunk) => {
          const [choice] = chunk.choices;
          if (choice !== undefined && choice.text !== '' && Number.isNaN(first)) first = performance.now() - began;
          answer += choice?.text ?? '';
          timings = chunk.timings ?? timings;
        },
      });
      if (timings === undefined) throw new Error('no timings came');
      const read = timings.cache_n + timings.prompt_n;
      if (read !== ids.length) throw new Error(`a prompt of ${String(read)} tokens, not ${String(ids.length)}`);
      const more = timings.predicted_n - 1;
      // The first token falls out of the prompt: the time of n tokens is that of n − 1 steps.
      return { reading: timings.prompt_ms, first, answer, ...(more > 0 ? { token: timings.predicted_ms / more } : {}) };
    },
  };
}
