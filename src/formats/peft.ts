/** A PEFT LoRA adapter: adapter_config.json and adapter_model.safetensors, checked against the base it is for. */
import { FormatError } from './errors.ts';
import { moduleShape, modules, type LlamaShape, type ModuleName } from './llama.ts';
import { checkSafetensor, isBfloat16, readSafetensors, safetensorsF32, writeSafetensor } from './safetensors.ts';

/** Of an adapter that was read, A and B are made from the file's bytes each time they are asked for: hold them while in use. */
export interface LoraModule {
  readonly layer: number;
  readonly name: ModuleName;
  /** `[rank][inputs]` */
  readonly A: Float32Array<ArrayBuffer>;
  /** `[outputs][rank]`, rows in Hugging Face's order. */
  readonly B: Float32Array<ArrayBuffer>;
  /** Of an adapter that was read: a half into an array of its length, without another between. */
  readonly write?: (half: 'A' | 'B', to: Float32Array) => void;
}

export interface LoraAdapter {
  readonly id: string;
  readonly rank: number;
  readonly alpha: number;
  /** What B·A is multiplied by: alpha / rank, or alpha / √rank with rsLoRA. */
  readonly scale: number;
  /** By layer, then in the order q, k, v, gate, up; a module that the adapter leaves alone is absent. */
  readonly modules: readonly LoraModule[];
  /** Bytes of adapter_model.safetensors, which the modules are made from; absent where they were not read from a file. */
  readonly file?: Uint8Array;
  /** Whether every tensor of the file is BF16. */
  readonly bfloat16?: boolean;
}

export interface AdapterSource {
  /** The expert's id; also names it in messages. */
  readonly id: string;
  /** Text of adapter_config.json. */
  readonly config: string;
  /** Bytes of adapter_model.safetensors. */
  readonly weights: Uint8Array;
  /** File names for messages. */
  readonly configFile?: string;
  readonly weightsFile?: string;
}

const LARGEST_RANK = 1024;

/** Settings that would change the computation, and the values under which they do nothing. */
const neutral: readonly (readonly [field: string, ...values: unknown[]])[] = [
  ['bias', 'none'],
  ['use_dora', false],
  ['rank_pattern', {}],
  ['alpha_pattern', {}],
  ['modules_to_save', []],
  ['fan_in_fan_out', false],
  ['lora_bias', false],
  ['layer_replication', []],
  ['trainable_token_indices', []],
  ['target_parameters', []],
  ['megatron_config'],
  ['use_qalora', false],
  ['alora_invocation_tokens', []],
  ['exclude_modules', []],
];

/**
 * Reads an adapter for a llama of this shape.
 * @throws FormatError for another kind of adapter, settings that are not computed, modules without a routing site, wrong shapes, NaN or infinity.
 */
export function readAdapter(source: AdapterSource, shape: LlamaShape): LoraAdapter {
  const configFile = source.configFile ?? `${source.id}/adapter_config.json`;
  const weightsFile = source.weightsFile ?? `${source.id}/adapter_model.safetensors`;
  const { rank, alpha, scale } = readConfig(source.config, configFile);
  const weights = readSafetensors(source.weights, weightsFile);
  const halves = new Map<string, { layer: number; name: ModuleName; A?: string; B?: string }>();
  for (const name of weights.tensors.keys()) {
    const { layer, module, half } = parseName(name, weightsFile, shape);
    const key = `${String(layer)}.${module}`;
    const entry = halves.get(key) ?? { layer, name: module };
    if (entry[half] !== undefined) {
      throw new FormatError(weightsFile, 'tensor', name, `it is the same matrix as ${entry[half]}: keep one`);
    }
    entry[half] = name;
    halves.set(key, entry);
  }
  if (halves.size === 0) throw new FormatError(weightsFile, 'tensors', 0, 'a LoRA adapter has at least one A and B');
  const found = [...halves.values()].map(({ layer, name, A, B }): LoraModule => {
    const [out, input] = moduleShape(shape, name);
    const load = (tensor: string | undefined, half: string, dims: readonly number[]) => {
      if (tensor === undefined) {
        throw new FormatError(
          weightsFile,
          `lora_${half} of layer ${String(layer)} ${name}`,
          undefined,
          'A and B come in pairs: save the adapter again',
        );
      }
      const bad = checkSafetensor(weights, tensor, dims);
      if (bad >= 0) {
        throw new FormatError(
          weightsFile,
          `${tensor}[${String(bad)}]`,
          safetensorsF32(weights, tensor)[bad],
          'every weight must be finite: the adapter cannot be used',
        );
      }
      return tensor;
    };
    const a = load(A, 'A', [rank, input]);
    const b = load(B, 'B', [out, rank]);
    return {
      layer,
      name,
      get A() {
        return safetensorsF32(weights, a);
      },
      get B() {
        return safetensorsF32(weights, b);
      },
      write: (half, to) => {
        writeSafetensor(weights, half === 'A' ? a : b, to);
      },
    };
  });
  found.sort((a, b) => a.layer - b.layer || modules.indexOf(a.name) - modules.indexOf(b.name));
  return { id: source.id, rank, alpha, scale, modules: found, file: source.weights, bfloat16: isBfloat16(weights) };
}

function readConfig(text: string, file: string): { rank: number; alpha: number; scale: number } {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new FormatError(file, 'content', text, 'it is no JSON: save the adapter again');
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new FormatError(file, 'content', config, 'a JSON object is meant');
  }
  const fields = config as Record<string, unknown>;
  if (fields.peft_type !== 'LORA')
    throw new FormatError(file, 'peft_type', fields.peft_type, 'only "LORA" is computed');
  for (const [field, ...values] of neutral) {
    const value = fields[field];
    if (value === undefined || value === null) continue;
    const given = JSON.stringify(value);
    if (!values.some((allowed) => JSON.stringify(allowed) === given)) {
      const wanted = values.length === 0 ? 'null' : values.map((v) => JSON.stringify(v)).join(' or ');
      throw new FormatError(file, field, value, `this is not computed: train with ${wanted}`);
    }
  }
  const { r: rank, lora_alpha: alpha, use_rslora: rsLora } = fields;
  if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1 || rank > LARGEST_RANK) {
    throw new FormatError(file, 'r', rank, `a whole number from 1 to ${String(LARGEST_RANK)} is needed`);
  }
  if (typeof alpha !== 'number' || !Number.isFinite(alpha)) {
    throw new FormatError(file, 'lora_alpha', alpha, 'a number is needed');
  }
  return { rank, alpha, scale: rsLora === true ? alpha / Math.sqrt(rank) : alpha / rank };
}

const namePattern =
  /^base_model\.model\.model\.layers\.(\d{1,4})\.(?:self_attn|mlp)\.([a-z_]+)\.lora_([AB])(?:\.default)?\.weight$/;
const sited: ReadonlySet<string> = new Set(modules);

function parseName(
  name: string,
  file: string,
  shape: LlamaShape,
): { layer: number; module: ModuleName; half: 'A' | 'B' } {
  const [, layerText, module, half] = namePattern.exec(name) ?? [];
  if (layerText === undefined || module === undefined || half === undefined) {
    throw new FormatError(
      file,
      'tensor',
      name,
      'names such as base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight are read: save the adapter by PEFT',
    );
  }
  if (!sited.has(module)) {
    throw new FormatError(
      file,
      'tensor',
      name,
      `${module} has no routing site: train with target_modules ${modules.join(', ')}`,
    );
  }
  const layer = Number(layerText);
  if (layer >= shape.layers) {
    throw new FormatError(
      file,
      'tensor',
      name,
      `the base has ${String(shape.layers)} layers: this adapter is for another one`,
    );
  }
  return { layer, module: module as ModuleName, half: half === 'A' ? 'A' : 'B' };
}
