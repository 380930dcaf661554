import { describe, expect, test } from 'vitest';
import { readBytes, readReference, readText } from '../../tools/model-files.ts';
import { FormatError } from './errors.ts';
import { readGguf } from './gguf.ts';
import { readLlama } from './llama.ts';
import { parsePackageManifest } from './manifest.ts';
import { readAdapter } from './peft.ts';
import { readSafetensors, safetensorsF32, writeSafetensors, type SafetensorsEntry } from './safetensors.ts';

const manifest = parsePackageManifest(readText('tiny/manifest.json'));
const { shape } = readLlama(readGguf(readReference('tiny', manifest.base.file), 'tiny.gguf'));
const config = readText('tiny/experts/alpha/adapter_config.json');
const weights = readBytes('tiny/experts/alpha/adapter_model.safetensors');
const PREFIX = 'base_model.model.model.layers';

const alpha = () => readAdapter({ id: 'alpha', config, weights }, shape);
const withConfig = (change: Readonly<Record<string, unknown>>) => () =>
  readAdapter({ id: 'x', config: JSON.stringify({ ...(JSON.parse(config) as object), ...change }), weights }, shape);

/** The adapter's tensors, changed, written again. */
function withTensors(change: (entries: SafetensorsEntry[]) => readonly SafetensorsEntry[]) {
  const source = readSafetensors(weights, 'x');
  const entries = [...source.tensors.values()].map(({ name, dtype, shape: dims }) => ({
    name,
    dtype,
    shape: dims,
    data: safetensorsF32(source, name),
  }));
  return () => readAdapter({ id: 'x', config, weights: writeSafetensors(change(entries)) }, shape);
}

const renamed = (from: string, to: string) =>
  withTensors((entries) => entries.map((entry) => ({ ...entry, name: entry.name.replace(from, to) })));

test('an adapter: modules in order, shapes, scale', () => {
  const adapter = alpha();
  expect(adapter).toMatchObject({ id: 'alpha', rank: 4, alpha: 8, scale: 2 });
  expect(adapter.modules.map((m) => `${String(m.layer)}.${m.name}`)).toEqual(
    [0, 1].flatMap((layer) =>
      ['q_proj', 'k_proj', 'v_proj', 'gate_proj', 'up_proj'].map((m) => `${String(layer)}.${m}`),
    ),
  );
  expect(adapter.modules.map((m) => [m.A.length / 4, m.B.length / 4])).toEqual(
    [0, 1].flatMap(() => [
      [32, 32],
      [32, 16],
      [32, 16],
      [32, 64],
      [32, 64],
    ]),
  );
  const up = safetensorsF32(readSafetensors(weights, 'x'), `${PREFIX}.1.mlp.up_proj.lora_B.weight`);
  expect(adapter.modules.at(-1)?.B).toEqual(up);
});

test('rsLoRA scales by the root of the rank', () => {
  expect(withConfig({ use_rslora: true })().scale).toBe(4);
});

test('settings that do nothing are accepted', () => {
  expect(
    withConfig({
      bias: 'none',
      use_dora: false,
      rank_pattern: {},
      modules_to_save: null,
      megatron_config: null,
      eva_config: null,
    })().modules,
  ).toHaveLength(10);
});

test('names with the adapter’s name in them, as PEFT holds them in memory, are read', () => {
  expect(renamed('.weight', '.default.weight')().modules).toHaveLength(10);
});

test('a module that the adapter leaves alone is absent', () => {
  const adapter = withTensors((entries) => entries.filter((e) => !e.name.includes('1.mlp.up_proj')))();
  expect(adapter.modules).toHaveLength(9);
});

describe('what is wrong is named', () => {
  test.each([
    ['another kind of adapter', withConfig({ peft_type: 'IA3' }), 'x/adapter_config.json: peft_type is "IA3"'],
    ['biases', withConfig({ bias: 'all' }), 'bias is "all"; this is not computed: train with "none"'],
    ['DoRA', withConfig({ use_dora: true }), 'use_dora is true'],
    ['ranks by module', withConfig({ rank_pattern: { q_proj: 2 } }), 'rank_pattern is {"q_proj":2}'],
    ['alphas by module', withConfig({ alpha_pattern: { q_proj: 2 } }), 'alpha_pattern is'],
    ['whole modules', withConfig({ modules_to_save: ['lm_head'] }), 'modules_to_save is ["lm_head"]'],
    ['transposed weights', withConfig({ fan_in_fan_out: true }), 'fan_in_fan_out is true'],
    ['copied layers', withConfig({ layer_replication: [[0, 2]] }), 'layer_replication is'],
    ['a rank of nothing', withConfig({ r: 0 }), 'r is 0; a whole number from 1 to 1024 is needed'],
    ['another rank', withConfig({ r: 8 }), 'is "[4, 32]"; [8, 32] is needed'],
    ['no alpha', withConfig({ lora_alpha: '16' }), 'lora_alpha is "16"'],
    ['o_proj', renamed('self_attn.q_proj', 'self_attn.o_proj'), 'o_proj has no routing site'],
    ['down_proj', renamed('mlp.up_proj', 'mlp.down_proj'), 'down_proj has no routing site'],
    ['a name of another kind', renamed('lora_A', 'lora_embedding_A'), 'save the adapter by PEFT'],
    ['a layer too many', renamed(`${PREFIX}.1.`, `${PREFIX}.2.`), 'the base has 2 layers'],
    ['no tensors', withTensors(() => []), 'tensors is 0'],
    ['B without A', withTensors((entries) => entries.slice(1)), 'lora_A of layer 0 q_proj is missing'],
    [
      'the same matrix twice',
      withTensors((entries) => [
        ...entries,
        ...entries.slice(0, 1).map((e) => ({ ...e, name: e.name.replace('.weight', '.default.weight') })),
      ]),
      'it is the same matrix as',
    ],
    [
      'an adapter of another width',
      withTensors((entries) =>
        entries.map((e) => (e.name.includes('k_proj.lora_B') ? { ...e, shape: [8, 4], data: e.data.slice(0, 32) } : e)),
      ),
      `shape of ${PREFIX}.0.self_attn.k_proj.lora_B.weight is "[8, 4]"; [16, 4] is needed`,
    ],
    [
      'NaN',
      withTensors((entries) =>
        entries.map((e, i) => (i === 3 ? { ...e, data: e.data.map((v, k) => (k === 5 ? NaN : v)) } : e)),
      ),
      `${PREFIX}.0.self_attn.k_proj.lora_B.weight[5] is NaN`,
    ],
    [
      'infinity',
      withTensors((entries) => entries.map((e, i) => (i === 0 ? { ...e, data: e.data.map(() => -Infinity) } : e))),
      `${PREFIX}.0.self_attn.q_proj.lora_A.weight[0] is -Infinity`,
    ],
    ['a configuration that is no JSON', () => readAdapter({ id: 'x', config: '{', weights }, shape), 'content is "{"'],
    ['a configuration that is a list', () => readAdapter({ id: 'x', config: '[]', weights }, shape), 'content is []'],
  ])('%s', (_, read, message) => {
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });
});
