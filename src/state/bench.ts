/** The bench of this device: our own ways to compute, one engine after the other, so that the memory of one suffices. */
import { median, policyOf, promptOf, timeRun, withLast, type TimedRun } from '../engine/timing.ts';
import type { Engine } from '../engine/client.ts';
import type { BackendId } from '../protocol/engine.ts';
import { BACKENDS } from './backends.ts';
import { failureFrom } from './failures.ts';

export interface BenchVariant {
  readonly backend: BackendId;
  readonly label: string;
  readonly experts: number;
  readonly method: 'none' | 'phatgoose';
}

/** Milliseconds, by round. */
export interface BenchFigure {
  readonly measure: string;
  readonly values: readonly number[];
}

export interface BenchRow extends BenchVariant {
  readonly threads: number;
  /** Milliseconds to load from memory, by phase. */
  readonly load: Readonly<Record<string, number>>;
  /** Of weights and experts, in bytes. */
  readonly bytes: number;
  readonly figures: readonly BenchFigure[];
  /** Why the figures are missing or end early. */
  readonly failed?: string;
}

export interface BenchOptions {
  readonly spawn: () => Engine;
  readonly manifest: string;
  /** Whether this device has a graphics processor of its own. */
  readonly hasGpu: () => Promise<boolean>;
  /** A row that is done. */
  readonly onRow: (row: BenchRow) => void;
  /** What is being measured, and the share of all that is done. */
  readonly onStep: (what: string, done: number) => void;
}

export const BENCH_ROUNDS = 3;
const PREFILL = [32, 128, 512] as const;
const CONTEXTS = [64, 1000] as const;
/** Tokens decoded behind a context. */
const DECODED = 16;

/** In this order; 128 experts only where they are computed alone when chosen, as a dense product of all would not fit. */
const EXPERTS: readonly Pick<BenchVariant, 'experts' | 'method'>[] = [
  { experts: 0, method: 'none' },
  { experts: 24, method: 'phatgoose' },
  { experts: 128, method: 'phatgoose' },
];

export const variantsFor = (backends: readonly BackendId[]): readonly BenchVariant[] =>
  BACKENDS.filter(({ id }) => backends.includes(id)).flatMap(({ id, short }) =>
    EXPERTS.filter(({ experts }) => id === 'simd' || experts <= 24).map(({ experts, method }) => ({
      backend: id,
      experts,
      method,
      label: `${short}, ${experts === 0 ? 'no experts' : `top-2 of ${String(experts)}`}`,
    })),
  );

/** Resolves when all is measured; after an abort with what there is by then. Failures of a variant are in its row. */
export async function benchDevice(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const backends: readonly BackendId[] = [
    'simd',
    'onnx-wasm',
    ...((await options.hasGpu()) ? (['onnx-webgpu'] as const) : []),
  ];
  const variants = variantsFor(backends);
  for (const [i, variant] of variants.entries()) {
    if (signal.aborted) return;
    options.onStep(variant.label, i / variants.length);
    options.onRow(await benchVariant(options, variant, signal));
  }
}

async function benchVariant(options: BenchOptions, variant: BenchVariant, signal: AbortSignal): Promise<BenchRow> {
  const engine = options.spawn();
  const figures = new Map<string, number[]>();
  let loaded = { threads: 0, load: {}, bytes: 0 };
  const row = (failed?: string): BenchRow => ({
    ...variant,
    ...loaded,
    figures: [...figures].map(([measure, values]) => ({ measure, values })),
    ...(failed === undefined ? {} : { failed }),
  });
  try {
    const { backend, experts } = variant;
    const request = { manifest: options.manifest, backend, experts };
    const { backend: report } = await engine.load(signal, request, () => undefined);
    loaded = { threads: report.threads, load: report.milliseconds, bytes: report.bytes };
    await measure(engine, variant, signal, (name, value) => {
      figures.set(name, [...(figures.get(name) ?? []), value]);
    });
    return row();
  } catch (thrown) {
    return row(failureFrom(thrown).why);
  } finally {
    engine.dispose();
  }
}

async function measure(
  engine: Pick<Engine, 'run'>,
  { method }: BenchVariant,
  signal: AbortSignal,
  note: (measure: string, value: number) => void,
): Promise<void> {
  const policy = policyOf(method);
  let salt = 0;
  const run = (text: string, maxTokens: number): Promise<TimedRun> =>
    timeRun(engine, signal, { text, maxTokens, policy });
  await run(promptOf(32, salt), 4);
  for (let round = 0; round < BENCH_ROUNDS; round++) {
    for (const tokens of PREFILL) {
      const { reading, first } = await run(promptOf(tokens, ++salt), 1);
      note(`prefill ${String(tokens)}`, reading);
      if (tokens === 32) note('first token', first);
    }
  }
  for (const context of CONTEXTS) {
    const text = promptOf(context, ++salt);
    for (let round = 0; round < BENCH_ROUNDS; round++) {
      const { token } = await run(withLast(text, round), DECODED);
      if (token !== undefined) note(`decode at ${String(context)}`, token);
    }
  }
}

/** Median of a measure's rounds; undefined when it was not measured. */
export function medianOf(row: BenchRow, measure: string): number | undefined {
  const values = row.figures.find((figure) => figure.measure === measure)?.values;
  return values === undefined ? undefined : median(values);
}

/** The measures of the table, in its order. */
export const BENCH_MEASURES: readonly string[] = [
  'first token',
  ...PREFILL.map((tokens) => `prefill ${String(tokens)}`),
  ...CONTEXTS.map((context) => `decode at ${String(context)}`),
];
