/**
 * Writes `models/tiny/` and `models/tiny-embedder/`: packages of random weights in the formats of real ones, some hundred kB,
 * for tests and fuzzing. Run with `npx jiti tools/tiny-package.ts`.
 */
import { writeSafetensors, type SafetensorsEntry } from '../src/formats/safetensors.ts';
import { tiny, tinyBase } from './tiny/base.ts';
import { writeTinyEmbedder } from './tiny/embedder.ts';
import { emptyFolder } from './tiny/folder.ts';
import { random, type Random } from './tiny/random.ts';

const SEED = 20261124;
const RANK = 4;
const ALPHA = 8;
const SITES = 2 * tiny.layers;
/** Width of the sentence embeddings. */
const EMBEDDING = 8;
const EXAMPLES = 4;
/** Bytes of a part of the base, so that joining parts is tested too. */
const PART = 20_000;

const experts = [
  { id: 'alpha', label: 'Alpha', badge: 'AL', family: 'letters' },
  { id: 'beta', label: 'Beta', badge: 'BE', family: 'letters' },
  { id: 'gamma', label: 'Gamma', badge: 'GA', family: 'others' },
] as const;

const targets = [
  ['self_attn.q_proj', tiny.heads * tiny.headDim],
  ['self_attn.k_proj', tiny.kvHeads * tiny.headDim],
  ['self_attn.v_proj', tiny.kvHeads * tiny.headDim],
  ['mlp.gate_proj', tiny.ffn],
  ['mlp.up_proj', tiny.ffn],
] as const;

function adapter({ normals }: Random): Uint8Array {
  const entries: SafetensorsEntry[] = [];
  for (let layer = 0; layer < tiny.layers; layer++) {
    for (const [module, out] of targets) {
      const name = `base_model.model.model.layers.${String(layer)}.${module}`;
      const add = (half: string, shape: readonly [number, number], deviation: number) =>
        entries.push({
          name: `${name}.lora_${half}.weight`,
          dtype: 'BF16',
          shape,
          data: normals(shape[0] * shape[1], deviation),
        });
      add('A', [RANK, tiny.width], 1 / Math.sqrt(tiny.width));
      add('B', [out, RANK], 0.3);
    }
  }
  return writeSafetensors(entries, { format: 'pt' });
}

const adapterConfig = {
  base_model_name_or_path: 'tiny',
  bias: 'none',
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  lora_alpha: ALPHA,
  lora_dropout: 0,
  modules_to_save: null,
  peft_type: 'LORA',
  r: RANK,
  rank_pattern: {},
  alpha_pattern: {},
  target_modules: targets.map(([module]) => module.slice(module.indexOf('.') + 1)),
  task_type: 'CAUSAL_LM',
  use_dora: false,
  use_rslora: false,
};

const numbers = random(SEED);
const folder = emptyFolder('tiny');
const vectors = (name: string, mean: number): SafetensorsEntry => ({
  name,
  dtype: 'F32',
  shape: [SITES, tiny.width],
  data: numbers.normals(SITES * tiny.width, 1, mean),
});
const manifest = {
  $schema: '../manifest.schema.json',
  format: 'switchyard-package',
  version: '1.0',
  id: 'tiny',
  label: 'Random weights for tests',
  licence: 'CC0-1.0',
  source: 'Made by tools/tiny-package.ts from a fixed seed; it knows nothing.',
  base: { architecture: 'llama', file: folder.writeParts('tiny.gguf', 'base', tinyBase(numbers), PART) },
  template: {
    user: '<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n',
    end_of_turn: '<|im_end|>',
    system: '<|im_start|>system\n{system}<|im_end|>\n',
  },
  context: tiny.context,
  sites: [
    { input: 'attn', modules: ['q_proj', 'k_proj', 'v_proj'] },
    { input: 'ffn', modules: ['gate_proj', 'up_proj'] },
  ],
  experts: experts.map(({ id, label, badge, family }) => ({
    id,
    label,
    badge,
    family,
    adapter: {
      config: folder.writeJson(`experts/${id}/adapter_config.json`, adapterConfig),
      weights: folder.write(`experts/${id}/adapter_model.safetensors`, adapter(numbers)),
    },
    vectors: folder.write(
      `experts/${id}/vectors.safetensors`,
      writeSafetensors([vectors('gate', 0), vectors('mean_activation', 0.1)]),
    ),
    card: {
      task: id,
      instruction: `Answer at random, as ${label} does, with no skill at all.`,
      facts: { seed: SEED },
    },
  })),
  embeddings: folder.write(
    'embeddings.safetensors',
    writeSafetensors([
      {
        name: 'instruction',
        dtype: 'F32',
        shape: [experts.length, EMBEDDING],
        data: numbers.unitRows(experts.length, EMBEDDING),
      },
      {
        name: 'examples',
        dtype: 'F32',
        shape: [experts.length, EXAMPLES, EMBEDDING],
        data: numbers.unitRows(experts.length * EXAMPLES, EMBEDDING),
      },
      {
        name: 'mean',
        dtype: 'F32',
        shape: [experts.length, EMBEDDING],
        data: numbers.unitRows(experts.length, EMBEDDING),
      },
    ]),
  ),
  embedder: { package: 'tiny-embedder', dimension: EMBEDDING },
};
folder.writeJson('manifest.json', manifest);
writeTinyEmbedder(EMBEDDING);
