/**
 * Jobs: one record in memory says what is to be done in how many chunks; the threads take chunks from a counter. Which
 * thread computes a chunk changes nothing in its numbers, so that any number of threads gives the same bits.
 *
 * The control block has a cache line each for the job's number (helpers wait for it to change), the chunks left and the
 * chunks done; then the record. Its words are written by `machine.ts` in the order of the classes below.
 */
import { attend, attentionScratch } from './attention';
import { gemmFloat, gemvFloat } from './float';
import { gemm } from './gemm';
import { gemvQ4, gemvQ8 } from './gemv';
import { Entry, loraDown, loraUp } from './lora';
import { rmsNorm, swiglu } from './norm';
import { quantiseSingle, quantiseTiled } from './quantise';
import { ropeAndStore } from './rope';
import { exponentialSum, finishScores } from './scores';

const LEFT: usize = 64;
const DONE: usize = 128;
const STOP: usize = 164;
const RECORD: usize = 192;

/** Nanoseconds; a wake-up that was missed costs no more. */
const LONGEST_SLEEP: i64 = 1000000;

/** Tokens in a chunk of work that goes row by row: whole tiles of four. */
const TOKENS = 16;

@unmanaged
class Job {
  chunks: i32;
  kind: i32;
}

/** Kinds 1 (one token after the other) and 2 (tiles of four). `format`: 0 Q4, 1 Q8, 2 float. */
@unmanaged
class MatrixJob extends Job {
  format: i32;
  weights: usize;
  /** Blocks of 32 columns, or columns of float weights. */
  blocks: i32;
  /** Rows in all and in a chunk, multiples of 8. */
  rows: i32;
  chunk: i32;
  tokens: i32;
  /** Quantised: values, scales, sums, biases. Float: the input itself, and its stride. */
  values: usize;
  scales: usize;
  sums: usize;
  biases: usize;
  stride: i32;
  y: usize;
  outputs: i32;
  add: i32;
  /** Of the first thread; the others' follow. */
  expanded: usize;
  expandedBytes: i32;
}

/** `layout` of the quantised values: 0 none, 1 single, 2 tiled. */
@unmanaged
class RowsJob extends Job {
  x: usize;
  stride: i32;
  width: i32;
  tokens: i32;
  layout: i32;
  blocks: i32;
  values: usize;
  scales: usize;
  sums: usize;
  biases: usize;
  /** What is written beside the quantised values; 0 where `x` is only quantised. */
  out: usize;
  weight: usize;
  epsilon: f32;
}

@unmanaged
class RopeJob extends Job {
  qkv: usize;
  stride: i32;
  tokens: i32;
  first: i32;
  cos: usize;
  sin: usize;
  heads: i32;
  kvHeads: i32;
  headDim: i32;
  keys: i32;
  values: i32;
  pages: usize;
  layer: usize;
}

@unmanaged
class AttentionJob extends Job {
  q: usize;
  stride: i32;
  tokens: i32;
  first: i32;
  kvHeads: i32;
  group: i32;
  headDim: i32;
  scale: f32;
  pages: usize;
  layer: usize;
  headBytes: usize;
  out: usize;
  outStride: i32;
  scratch: usize;
  /** Tokens in a chunk. */
  tile: i32;
}

@unmanaged
class LoraJob extends Job {
  modules: i32;
  widths: usize;
  entries: usize;
  count: i32;
  tokens: usize;
  gates: usize;
  h: usize;
  u: usize;
  uStride: i32;
  columns: i32;
  y: usize;
  yStride: i32;
  /** Tokens of an entry (down) or columns of the output (up) in a chunk. */
  chunk: i32;
}

@unmanaged
class ScoresJob extends Job {
  u: usize;
  stride: i32;
  width: i32;
  tokens: i32;
  scores: usize;
  units: i32;
  input: i32;
  absolute: i32;
  epsilon: f32;
}

@unmanaged
class SumJob extends Job {
  logits: usize;
  stride: i32;
  count: i32;
  out: usize;
}

function matrix(job: MatrixJob, i: i32, thread: i32): void {
  const from = i * job.chunk;
  const to = min(job.rows, from + job.chunk);
  if (job.format == 2) {
    if (job.tokens == 1) gemvFloat(job.weights, job.blocks, from, to, job.values, job.y, job.add);
    else gemmFloat(job.weights, job.blocks, from, to, job.values, job.stride, job.tokens, job.y, job.outputs, job.add);
    return;
  }
  if (job.kind == 2) {
    gemm(
      job.format,
      job.weights,
      job.blocks,
      from,
      to,
      job.values,
      job.scales,
      job.sums,
      job.tokens,
      job.y,
      job.outputs,
      job.expanded + <usize>thread * <usize>job.expandedBytes,
      job.add,
    );
    return;
  }
  for (let t = 0; t < job.tokens; t++) {
    const block = <usize>t * <usize>job.blocks * 4;
    const values = job.values + 16 * block;
    const y = job.y + <usize>t * <usize>job.outputs * 4;
    if (job.format == 0) {
      gemvQ4(job.weights, job.blocks, from, to, values, job.scales + block, job.sums + block, y, job.add);
    } else {
      gemvQ8(job.weights, job.blocks, from, to, values, job.scales + block, job.biases + block, y, job.add);
    }
  }
}

/** Quantises rows of a chunk that begins at token `from`. */
function quantise(job: RowsJob, x: usize, from: i32, tokens: i32): void {
  const block = <usize>from * <usize>job.blocks * 4;
  const values = job.values + 16 * block;
  const scales = job.scales + block;
  const sums = job.sums + block;
  if (job.layout == 1) {
    quantiseSingle(x, job.stride, job.blocks, tokens, values, scales, sums, job.biases + block);
  } else if (job.layout == 2) quantiseTiled(x, job.stride, job.blocks, tokens, values, scales, sums);
}

function normRows(job: RowsJob, from: i32, tokens: i32): void {
  const at = <usize>from * <usize>job.stride * 4;
  rmsNorm(job.x + at, job.weight, job.out + at, tokens, job.width, job.stride, job.epsilon);
  quantise(job, job.out + at, from, tokens);
}

function swigluRows(job: RowsJob, from: i32, tokens: i32): void {
  const at = <usize>from * <usize>job.stride * 4;
  swiglu(job.x + 2 * at, job.stride, tokens, job.out + at);
  quantise(job, job.out + at, from, tokens);
}

function rope(job: RopeJob, from: i32, tokens: i32): void {
  const half = <usize>from * <usize>(job.headDim >> 1) * 4;
  ropeAndStore(
    job.qkv + <usize>from * <usize>job.stride * 4,
    job.stride,
    tokens,
    job.first + from,
    job.cos + half,
    job.sin + half,
    job.heads,
    job.kvHeads,
    job.headDim,
    job.keys,
    job.values,
    job.pages,
    job.layer,
  );
}

function attention(job: AttentionJob, i: i32, thread: i32): void {
  const tile = i / job.kvHeads;
  const head = <usize>(i - tile * job.kvHeads);
  const from = tile * job.tile;
  const shared = head * <usize>(job.group * job.headDim) * 4;
  attend(
    job.q + <usize>from * <usize>job.stride * 4 + shared,
    job.stride,
    min(job.tile, job.tokens - from),
    job.first + from,
    job.group,
    job.headDim,
    job.scale,
    job.pages,
    job.layer + head * job.headBytes,
    job.out + <usize>from * <usize>job.outStride * 4 + shared,
    job.outStride,
    job.scratch + <usize>thread * attentionScratch(job.tile * job.group, job.headDim),
  );
}

function down(job: LoraJob, i: i32): void {
  const slice = i / job.count;
  const entry = changetype<Entry>(job.entries + <usize>(i - slice * job.count) * offsetof<Entry>());
  const skip = slice * job.chunk;
  if (skip >= entry.count) return;
  const at = <usize>(entry.first + skip);
  loraDown(
    job.modules,
    entry.pairs,
    job.u,
    job.uStride,
    job.columns,
    job.tokens + 4 * at,
    job.gates + 32 * at,
    min(job.chunk, entry.count - skip),
    entry.a,
    job.h + at * <usize>job.modules * 32,
  );
}

function up(job: LoraJob, i: i32): void {
  const from = i * job.chunk;
  loraUp(
    job.modules,
    job.widths,
    job.entries,
    job.count,
    job.tokens,
    job.h,
    job.y,
    job.yStride,
    from,
    from + job.chunk,
  );
}

function scores(job: ScoresJob, from: i32, tokens: i32): void {
  finishScores(
    job.u + <usize>from * <usize>job.stride * 4,
    job.stride,
    job.width,
    tokens,
    job.scores + <usize>from * <usize>job.units * 4,
    job.units,
    job.input,
    job.absolute,
    job.epsilon,
  );
}

function execute(control: usize, i: i32, thread: i32): void {
  const record = control + RECORD;
  const kind = changetype<Job>(record).kind;
  if (kind <= 2) {
    matrix(changetype<MatrixJob>(record), i, thread);
  } else if (kind <= 5) {
    const job = changetype<RowsJob>(record);
    const from = i * TOKENS;
    const tokens = min(TOKENS, job.tokens - from);
    if (kind == 3) normRows(job, from, tokens);
    else if (kind == 4) quantise(job, job.x + <usize>from * <usize>job.stride * 4, from, tokens);
    else swigluRows(job, from, tokens);
  } else if (kind == 6) {
    const job = changetype<RopeJob>(record);
    const from = i * TOKENS;
    rope(job, from, min(TOKENS, job.tokens - from));
  } else if (kind == 7) {
    attention(changetype<AttentionJob>(record), i, thread);
  } else if (kind == 8) {
    down(changetype<LoraJob>(record), i);
  } else if (kind == 9) {
    up(changetype<LoraJob>(record), i);
  } else if (kind == 10) {
    const job = changetype<ScoresJob>(record);
    const from = i * TOKENS;
    scores(job, from, min(TOKENS, job.tokens - from));
  } else {
    const job = changetype<SumJob>(record);
    exponentialSum(job.logits + <usize>i * <usize>job.stride * 4, job.count, job.out + <usize>i * 8);
  }
}

/** Every chunk on this thread. */
export function runAlone(control: usize): void {
  const chunks = changetype<Job>(control + RECORD).chunks;
  for (let i = 0; i < chunks; i++) execute(control, i, 0);
}

/**
 * Takes chunks until none is left. Who gets a number above 0 has a chunk of the job whose record stands there, since that
 * job is not over before the chunk is done; a helper that comes late gets 0 or less and goes back to sleep.
 */
function work(control: usize, thread: i32): void {
  for (;;) {
    const left = atomic.sub<i32>(control + LEFT, 1);
    if (left <= 0) return;
    const chunks = changetype<Job>(control + RECORD).chunks;
    execute(control, chunks - left, thread);
    if (atomic.add<i32>(control + DONE, 1) == chunks - 1) atomic.notify(control + DONE, 1);
  }
}

/**
 * Chunks on this thread and on whichever helpers come; returns when all chunks are done. Nobody is waited for who has
 * not begun: where other programs keep the helpers from running, this thread does the work alone.
 * @param sleep 1 where this thread may sleep, which a page's own thread may not
 */
export function runTogether(control: usize, helpers: i32, spins: i32, sleep: i32): void {
  const chunks = changetype<Job>(control + RECORD).chunks;
  atomic.store<i32>(control + DONE, 0);
  atomic.store<i32>(control + LEFT, chunks);
  atomic.add<i32>(control, 1);
  atomic.notify(control, helpers);
  work(control, 0);
  let i = 0;
  for (;;) {
    const done = atomic.load<i32>(control + DONE);
    if (done >= chunks) return;
    if (sleep && ++i > spins) atomic.wait<i32>(control + DONE, done, LONGEST_SLEEP);
  }
}

/** Lets every helper return from `help`. */
export function dismiss(control: usize, helpers: i32): void {
  atomic.store<i32>(control + STOP, 1);
  atomic.add<i32>(control, 1);
  atomic.notify(control, helpers);
}

/** A helper thread's life: looks `spins` times for the next job, then sleeps until it is woken. */
export function help(control: usize, thread: i32, spins: i32): void {
  let last = 0;
  for (;;) {
    let i = 0;
    let now = atomic.load<i32>(control);
    while (now == last) {
      if (++i > spins) {
        atomic.wait<i32>(control, last, -1);
        i = 0;
      }
      now = atomic.load<i32>(control);
    }
    last = now;
    if (atomic.load<i32>(control + STOP)) return;
    work(control, thread);
  }
}
