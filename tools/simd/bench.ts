/**
 * `node tools/with-jiti.mjs tools/simd/bench.ts [what …]`: what the parts of the SIMD backend cost under Node, plain kernels, by default on
 * one thread. Everything that is compared runs in turns, and what is printed first are ratios, which hold on a busy machine;
 * milliseconds beside them are of the quickest round, and of processor time where one thread computes.
 *   experts   prefill of 128 tokens and decode with top-2 of 12, 24 and 128 experts, against none
 *   options   four options of a question behind 100 tokens: each behind a fork, and all in one block; fork and truncate alone
 *   context   decode behind 64, 1,000 and 2,000 tokens
 *   prefill   of 512 to 4,096 tokens in one block
 */
import { parseArgs } from 'node:util';
import { nodeKernels, spawnNodeHelper } from '../../src/cli/node-kernels.ts';
import { presetPolicy } from '../../src/core/experiment/policies.ts';
import type { PolicyRun } from '../../src/core/routing/policy.ts';
import { RULES } from '../../src/core/routing/rules.ts';
import type { Backend, Pass, Sequence } from '../../workers/backends/backend.ts';
import { createSimdBackend } from '../../workers/backends/simd/create.ts';
import { emptyBlock } from '../../workers/host/blocks.ts';
import { coreRouting } from '../../workers/host/routing.ts';
import { walk } from '../../workers/host/walk.ts';
import { readPackage, withExperts, type ManyExperts } from './many-experts.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' }, threads: { type: 'string', default: '1' } },
});
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const loaded = await readPackage();

const open = ({ llama, adapters }: ManyExperts, context = 8192): Promise<Backend> =>
  createSimdBackend({
    kernels: nodeKernels,
    spawn: spawnNodeHelper,
    threads,
    model: { ...llama, shape: { ...llama.shape, context } },
    adapters,
    relaxed: false,
  });

function policyOf(id: string, { library }: ManyExperts): PolicyRun {
  const preset = RULES.presets.find((p) => p.id === id);
  if (preset === undefined) throw new Error(`no preset ${id}`);
  return coreRouting.compile(presetPolicy(RULES, preset), { library, seed: 0, promptTokens: 0 });
}

const idsOf = (count: number, salt = 0): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => 1000 + ((i * 7919 + (salt + 100) * 104_729) % 40_000));

const noPause = (): Promise<void> => Promise.resolve();

/** Milliseconds: of the processor where one thread computes, so that other programs on the machine count little. */
function now(): number {
  if (threads > 1) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of a block of tokens, logits of the last one included. */
async function feed(sequence: Sequence, ids: Int32Array, model: ManyExperts, policy: PolicyRun): Promise<number> {
  const { sites } = model.library;
  const { slots, units } = policy;
  const began = now();
  const pass = await sequence.begin(ids);
  const block = emptyBlock({ sites: sites.length, first: pass.first, tokens: pass.tokens, slots, units });
  await walk(pass, policy, sites, block, noPause, { policy: 0 });
  await pass.logits('last');
  pass.release();
  return now() - began;
}

const median = (list: readonly number[]): number => {
  const s = [...list].sort((a, b) => a - b);
  return ((s[(s.length - 1) >> 1] ?? NaN) + (s[s.length >> 1] ?? NaN)) / 2;
};

/** Runs what is compared in turns; ratios are taken within a round, to the first. */
async function compare(
  title: string,
  parts: Readonly<Record<string, (round: number) => Promise<number>>>,
): Promise<void> {
  const times = Object.entries(parts).map(([name, run]) => ({ name, run, ms: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    for (const { run, ms } of times) {
      const one = await run(round);
      if (round >= 0) ms.push(one);
    }
  }
  console.log(title);
  const base = times[0]?.ms ?? [];
  for (const { name, ms } of times) {
    const ratios = ms.map((t, i) => t / (base[i] ?? NaN));
    const least = Math.min(...ms);
    console.log(
      `  ${name.padEnd(34)} ratio ${median(ratios).toFixed(3)}, of the quickest ${(least / Math.min(...base)).toFixed(3)}; ${least.toPrecision(4)} ms`,
    );
  }
}

async function experts(): Promise<void> {
  for (const count of [12, 24, 128]) {
    const model = withExperts(loaded, count);
    const backend = await open(model);
    const policies = { none: policyOf('none', model), 'top-2': policyOf('phatgoose', model) };
    const prefill = (policy: PolicyRun) => async (round: number) => {
      const sequence = await backend.open();
      const ms = await feed(sequence, idsOf(128, round), model, policy);
      sequence.release();
      return ms;
    };
    const decode = (policy: PolicyRun) => async (round: number) => {
      const sequence = await backend.open();
      await feed(sequence, idsOf(32, round), model, policies.none);
      let ms = 0;
      for (let i = 0; i < 16; i++) ms += await feed(sequence, idsOf(1, 16 * round + i), model, policy);
      sequence.release();
      return ms / 16;
    };
    const each = (run: (policy: PolicyRun) => (round: number) => Promise<number>) =>
      Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, run(policy)]));
    await compare(`${String(count)} experts, prefill of 128`, each(prefill));
    await compare(`${String(count)} experts, decode behind 32 tokens`, each(decode));
    await backend.dispose();
  }
}

async function context(): Promise<void> {
  const model = withExperts(loaded, 12);
  const backend = await open(model);
  const policy = policyOf('phatgoose', model);
  const held = new Map<number, Sequence>();
  for (const length of [64, 1000, 2000]) {
    const sequence = await backend.open();
    for (let at = 0; at < length; at += 128) await feed(sequence, idsOf(Math.min(128, length - at), at), model, policy);
    held.set(length, sequence);
  }
  const decodes = [...held].map(([length, sequence]) => [
    `behind ${String(length)}`,
    async (round: number) => {
      let ms = 0;
      for (let i = 0; i < 8; i++) {
        ms += await feed(sequence, idsOf(1, 8 * round + i), model, policy);
        sequence.truncate(length);
      }
      return ms / 8;
    },
  ]);
  await compare(
    'decode with top-2 of 12',
    Object.fromEntries(decodes) as Record<string, (round: number) => Promise<number>>,
  );
  await backend.dispose();
}

async function prefill(): Promise<void> {
  const model = withExperts(loaded, 12);
  const backend = await open(model);
  const policy = policyOf('phatgoose', model);
  const prefills = [512, 1024, 2048, 4096].map((length) => [
    `${String(length)} tokens, for each 512`,
    async (round: number) => {
      const sequence = await backend.open();
      const ms = await feed(sequence, idsOf(length, round), model, policy);
      sequence.release();
      return (ms * 512) / length;
    },
  ]);
  await compare(
    'prefill in one block with top-2 of 12',
    Object.fromEntries(prefills) as Record<string, (round: number) => Promise<number>>,
  );
  await backend.dispose();
}

/** Log-likelihoods of four options of six tokens: the head at every row of them, and at the last of what is before. */
async function options(): Promise<void> {
  const model = withExperts(loaded, 12);
  const backend = await open(model);
  const policy = policyOf('phatgoose', model);
  const sequence = await backend.open();
  await feed(sequence, idsOf(100), model, policy);
  const lists = [0, 1, 2, 3].map((option) => idsOf(6, option));
  const score = async (pass: Pass): Promise<void> => {
    const { tokens } = pass;
    const { slots, units } = policy;
    const block = emptyBlock({ sites: model.library.sites.length, first: pass.first, tokens, slots, units });
    await walk(pass, policy, model.library.sites, block, noPause, { policy: 0 });
    await pass.candidates?.(lists[0] ?? new Int32Array(), 'all', true);
    pass.release();
  };
  const timed = (work: () => Promise<void>) => async () => {
    const began = now();
    await work();
    return now() - began;
  };
  await compare('four options of 6 tokens behind 100', {
    'in one block': timed(async () => {
      if (sequence.branch !== undefined) await score(await sequence.branch(lists));
    }),
    'each behind a fork': timed(async () => {
      for (const ids of lists) {
        const fork = await sequence.fork();
        await score(await fork.begin(ids));
        fork.release();
      }
    }),
    'each, cut off again': timed(async () => {
      for (const ids of lists) {
        await score(await sequence.begin(ids));
        sequence.truncate(100);
      }
    }),
  });
  const many = 1000;
  const repeated = (work: () => Promise<void>) => async () => {
    const began = now();
    for (let i = 0; i < many; i++) await work();
    return (now() - began) / many;
  };
  await compare('alone', {
    fork: repeated(async () => {
      (await sequence.fork()).release();
    }),
    truncate: repeated(() => {
      sequence.truncate(100);
      return Promise.resolve();
    }),
  });
  await backend.dispose();
}

const parts: Readonly<Record<string, () => Promise<void>>> = { experts, options, context, prefill };
for (const name of positionals.length === 0 ? Object.keys(parts) : positionals) {
  const part = parts[name];
  if (part === undefined) throw new Error(`there is no ${name}: ${Object.keys(parts).join(', ')}`);
  await part();
}
process.exit(0);
