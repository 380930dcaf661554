/** transformers.js on ONNX Runtime's WebAssembly. The loop is written out, so that no time of a tokenizer or sampler counts. */
import { argmax } from '../../src/core/numerics.ts';
import { DATA, importPeer, PEERS, type Contestant, type Entry } from './contestant.ts';

interface Tensor {
  readonly data: Float32Array;
}
type Cache = Readonly<Record<string, unknown>>;
/** `logits`, and the tensors of the cache as `present.N.key` and `present.N.value`. */
type Outputs = Cache & { readonly logits: Tensor };
type Model = (inputs: Readonly<Record<string, unknown>>) => Promise<Outputs>;
interface Module {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    useBrowserCache: boolean;
    localModelPath: string;
    readonly backends: { readonly onnx: { readonly wasm: { numThreads: number; wasmPaths: unknown } } };
  };
  readonly AutoModelForCausalLM: {
    from_pretrained(name: string, options: { readonly dtype: string; readonly device: string }): Promise<Model>;
  };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
}

export function transformers({ dtype }: Entry & { engine: 'transformers' }): Contestant {
  let loaded: { readonly module: Module; readonly model: Model } | undefined;
  /** The prompt before, its cache and the token behind it. */
  let kept: { readonly ids: readonly number[]; readonly past: Cache; readonly next: number } | undefined;

  async function step(
    ids: readonly number[],
    total: number,
    past: Cache | null,
  ): Promise<{ past: Cache; next: number }> {
    if (loaded === undefined) throw new Error('load first');
    const { module, model } = loaded;
    const row = (values: readonly number[]) =>
      new module.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const mask = Array.from({ length: total }, () => 1);
    const outputs = await model({
      input_ids: row(ids),
      attention_mask: row(mask),
      ...(past === null ? {} : { past_key_values: past }),
    });
    return { past: pastOf(outputs), next: argmax(outputs.logits.data) };
  }

  return {
    async load(threads) {
      const began = performance.now();
      const module = (await importPeer('@huggingface/transformers/dist/transformers.min.js')) as Module;
      const { env } = module;
      Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, useBrowserCache: false });
      env.localModelPath = new URL(`${DATA}/`, location.href).href;
      env.backends.onnx.wasm.numThreads = threads;
      const build = `${PEERS}/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify`;
      const address = (suffix: string): string => new URL(`${build}.${suffix}`, location.href).href;
      env.backends.onnx.wasm.wasmPaths = { mjs: address('mjs'), wasm: address('wasm') };
      const imported = performance.now();
      const model = await module.AutoModelForCausalLM.from_pretrained('base', { dtype, device: 'wasm' });
      loaded = { module, model };
      return { import: imported - began, 'fetch and load': performance.now() - imported };
    },
    async generate({ ids }, maxTokens) {
      const began = performance.now();
      const same = kept?.ids.length === ids.length && kept.ids.every((id, i) => id === ids[i]) ? kept : undefined;
      const read = same ?? { ids, ...(await step(ids, ids.length, null)) };
      kept = read;
      const reading = performance.now() - began;
      const answer = [read.next];
      let { past } = read;
      while (answer.length < maxTokens) {
        const next = await step(answer.slice(-1), ids.length + answer.length, past);
        ({ past } = next);
        answer.push(next.next);
      }
      const more = answer.length - 1;
      const token = more > 0 ? { token: (performance.now() - began - reading) / more } : {};
      return { reading, first: reading, answer, ...token };
    },
  };
}

/** What a step left behind, by the names under which the next one reads it. */
const pastOf = (outputs: Outputs): Cache =>
  Object.fromEntries(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith('present.'))
      .map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
  );
